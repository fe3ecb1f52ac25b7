"""The card readers of the daemon's machine, on a real pcscd: shown as they are, through everything that
happens to them and to the card service, and tested by a technician without a PIN."""

import json
import unittest

from clinic import BIN, Clinic, wait_until
from pcsc import (READER, SECOND, Card, Pcsc, card_log, forbidden, reader, wait_for_reader,
                  why_not)

WHY_NOT = why_not()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Readers(unittest.TestCase):
    def setUp(self):
        self.pcsc = self.enterContext(Pcsc())
        self.clinic = self.enterContext(Clinic())

    def start(self):
        self.clinic.start_daemon(prefix=self.pcsc.inside())

    def readers(self, expect=0):
        return {one["name"]: one for one in self.clinic.cli("readers", expect=expect).messages}

    def test_a_card_comes_and_goes(self):
        self.start()
        watch = self.clinic.program("readers", [BIN / "madoguchi", "--target", self.clinic.target,
                                                "--json", "readers", "--watch"])
        wait_for_reader(self.clinic, "EMPTY")
        self.assertEqual(self.readers()[READER]["counter"], self.clinic.counters()[0])
        card = Card(self.clinic, self.pcsc)
        wait_for_reader(self.clinic, "CARD")
        card.program.stop()
        wait_for_reader(self.clinic, "EMPTY")

        def states():
            seen = []
            for snapshot in watch.messages():
                for one in snapshot.get("readers", []):
                    if one["name"] == READER and seen[-1:] != [one["state"]]:
                        seen.append(one["state"])
            return seen

        wait_until(lambda: states()[-3:] == ["READER_STATE_EMPTY", "READER_STATE_CARD",
                                             "READER_STATE_EMPTY"])
        self.assertEqual(watch.stop(), 0)

    def test_a_technician_tests_reader_and_card_without_a_pin(self):
        self.start()
        card = Card(self.clinic, self.pcsc)
        wait_for_reader(self.clinic, "CARD")
        report = self.clinic.cli("reader", "test", READER).messages[0]
        self.assertEqual(report["cardKind"], "CARD_KIND_PLASTIC")
        self.assertEqual(report["pinAttemptsLeft"], 3)
        self.assertTrue(report["extendedLength"] and report["shortFileIds"])
        self.assertNotIn("certificateProblem", report)
        self.assertEqual(report["exchanges"], len(card_log(self.clinic, "exchange")))
        self.assertLessEqual(report["exchanges"], 4)
        shown = self.clinic.cli("reader", "test", READER, as_json=False).out
        self.assertIn("マイナンバーカード", shown)
        self.assertIn("暗証番号は送っていません", shown)
        self.assertEqual(forbidden(card_log(self.clinic)), set())
        # The card is free again for anybody.
        self.assertNotIn("receptionId", self.readers()[READER])

        card.change("--behave", "expired")
        wait_for_reader(self.clinic, "CARD")
        wait_until(lambda: self.certificate_number() == "MDG-2108")
        card.program.stop()
        wait_for_reader(self.clinic, "EMPTY")
        self.assertEqual(self.refusal("reader", "test", READER), "MDG-2103")
        self.assertEqual(self.refusal("reader", "test", "nobody's"), "MDG-2101")

    def certificate_number(self):
        said = self.clinic.cli("reader", "test", READER, expect=None)
        return said.messages and said.messages[0].get("certificateProblem", {}).get("number")

    def refusal(self, *words):
        return json.loads(self.clinic.cli(*words, expect=None).err)["number"]

    def test_pcscd_dies_and_starts_later(self):
        self.pcsc.kill()
        self.start()
        self.assertEqual(self.readers(expect=5), {})
        status = self.clinic.cli("status").messages[0]
        self.assertEqual(status["cardServiceProblem"]["number"], "MDG-2102")
        self.pcsc.start()
        wait_for_reader(self.clinic, "EMPTY", SECOND)
        self.pcsc.kill()
        wait_until(lambda: self.readers(expect=None) == {})
        self.pcsc.start()
        wait_for_reader(self.clinic, "EMPTY")
        self.assertNotIn("cardServiceProblem", self.clinic.cli("status").messages[0])

    def test_a_rule_gives_a_reader_to_a_counter_and_others_are_left_alone(self):
        text = self.clinic.config.read_text(encoding="utf-8")
        self.clinic.config.write_text(
            text.replace('match = "*"', f'match = "{SECOND}"')
            .replace("[cards]", '[[reader]]\nmatch = "Not there"\ncounter = "front-1"\n\n[cards]'),
            encoding="utf-8")
        self.start()
        wait_for_reader(self.clinic, "EMPTY", SECOND)
        readers = self.readers()
        self.assertEqual(set(readers), {SECOND, "Not there"})
        self.assertEqual(readers["Not there"]["state"], "READER_STATE_ABSENT")
        self.assertEqual(readers["Not there"]["problem"]["number"], "MDG-2101")
        Card(self.clinic, self.pcsc, slot=0)
        self.assertEqual(self.refusal("reader", "test", READER), "MDG-2101")
        self.assertEqual(card_log(self.clinic, "exchange"), [])

    def test_a_card_that_hangs_stops_neither_the_daemon_nor_the_list(self):
        self.clinic.set_key("cards", "exchange_within", '"1s"')
        self.start()
        Card(self.clinic, self.pcsc, behave="hang=2")
        wait_for_reader(self.clinic, "CARD")
        self.assertEqual(self.refusal("reader", "test", READER), "MDG-2120")
        wait_for_reader(self.clinic, "STUCK")
        self.assertEqual(reader(self.clinic, SECOND)["state"], "READER_STATE_EMPTY")
        self.assertEqual(self.refusal("reader", "test", READER), "MDG-2120")
        self.assertEqual(self.clinic.stop_daemon(), 0)


if __name__ == "__main__":
    unittest.main()
