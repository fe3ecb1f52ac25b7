"""Check-in on a card reader of our own: real pcscd, a virtual card, the web API of the simulator. The
whole way by the command line, and every way in which it ends early."""

import contextlib
import json
import signal
import subprocess
import unittest

from clinic import BIN, PATIENCE, Clinic, wait_until
from pcsc import READER, Card, Pcsc, card_log, forbidden, reader, wait_for_reader, why_not

WHY_NOT = why_not()
RIGHT, WRONG = "1234", "9999"


@unittest.skipIf(WHY_NOT, WHY_NOT)
class CheckIn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pcsc = cls.enterClassContext(Pcsc())

    def setUp(self):
        self.clinic = self.enterContext(Clinic())
        self.clinic.start_sim()
        self.clinic.start_daemon(prefix=self.pcsc.inside())
        wait_for_reader(self.clinic, "EMPTY")

    def insert(self, persona="valid-with-consents", behave="tries=3"):
        card = Card(self.clinic, self.pcsc, persona, behave)
        wait_for_reader(self.clinic, "CARD")
        self.addCleanup(card.program.kill)
        return card

    def check_in(self, *words, pins=(RIGHT,), expect=0):
        """Runs it to the end; returns the reception, or the error's number."""
        done = self.clinic.cli("reception", "start", "--reader", READER, "--pin-stdin", *words,
                               stdin="".join(f"{pin}\n" for pin in pins), expect=expect)
        return done.messages[0] if done.messages else json.loads(done.err)["number"]

    def left_nothing_behind(self):
        wait_until(lambda: "receptionId" not in reader(self.clinic))
        self.assertEqual(forbidden(card_log(self.clinic)), set())

    def test_card_pin_and_consent_to_an_answer_and_medical_data(self):
        self.insert()
        reception = self.check_in("--consent", "drug,checkup,limit")
        self.assertEqual(reception["state"], "RECEPTION_STATE_ANSWERED")
        self.assertEqual(reception["origin"], "RECEPTION_ORIGIN_OWN_READER")
        self.assertEqual(reception["identityMethod"], "IDENTITY_METHOD_PIN")
        self.assertEqual(reception["confirmation"]["validity"], "VALIDITY_VALID")
        self.assertEqual({one["category"] for one in reception["usableConsents"]},
                         {"CONSENT_CATEGORY_DRUG", "CONSENT_CATEGORY_CHECKUP"})
        self.assertLessEqual(len(card_log(self.clinic, "exchange")), 5)
        self.left_nothing_behind()
        drugs = self.clinic.cli("drugs", reception["receptionId"]).messages[0]
        self.assertTrue(drugs["drugHistory"]["drugLines"])

    def test_a_wrong_pin_first(self):
        self.insert()
        reception = self.check_in(pins=(WRONG, RIGHT))
        self.assertEqual(reception["state"], "RECEPTION_STATE_ANSWERED")
        self.assertNotIn("usableConsents", reception)
        self.left_nothing_behind()

    def test_only_wrong_pins_never_block_the_card(self):
        card = self.insert()
        self.assertEqual(self.check_in(pins=(WRONG, "8888", "7777"), expect=1), "MDG-2115")
        self.left_nothing_behind()
        # The patient wants it.
        card.change("--behave", "tries=1")
        wait_for_reader(self.clinic, "CARD")
        self.assertEqual(self.check_in(expect=1), "MDG-2115")
        reception = self.check_in("--use-last-attempt")
        self.assertEqual(reception["state"], "RECEPTION_STATE_ANSWERED")
        self.left_nothing_behind()

    def test_no_pin_but_staff(self):
        self.insert()
        done = self.clinic.cli("reception", "start", "--reader", READER, "--visual", "hanako",
                               "--consent", "limit")
        reception = done.messages[0]
        self.assertEqual(reception["state"], "RECEPTION_STATE_ANSWERED")
        self.assertEqual(reception["identityMethod"], "IDENTITY_METHOD_VISUAL")
        self.assertTrue(reception["identifiedBy"].startswith("hanako@"))
        commands = [one["command"][:4] for one in card_log(self.clinic, "exchange")
                    if "command" in one]
        self.assertNotIn("802A", commands)
        self.left_nothing_behind()

    def test_a_card_that_is_not_enrolled_enrols(self):
        self.insert("not-enrolled")
        reception = self.check_in(expect=1)
        self.assertEqual(reception["state"], "RECEPTION_STATE_NOT_ENROLLED")
        reception = self.check_in("--enroll")
        self.assertEqual(reception["state"], "RECEPTION_STATE_ANSWERED")
        self.left_nothing_behind()

    def test_cards_that_do_not_count(self):
        for behave, number in (("expired", "MDG-2108"), ("no-certificate", "MDG-2107"),
                               ("unknown-issuer", "MDG-2111"), ("wrong-usage", "MDG-2110"),
                               ("label=old,unknown-issuer", "MDG-2106")):
            with self.subTest(behave):
                card = self.insert(behave=behave)
                reception = self.check_in(expect=1)
                self.assertEqual(reception["state"], "RECEPTION_STATE_REFUSED")
                self.assertEqual(reception["endedBecause"]["number"], number)
                self.left_nothing_behind()
                card.program.stop()
                wait_for_reader(self.clinic, "EMPTY")

    def test_cards_that_differ_and_work(self):
        card = self.insert()
        for behave in ("no-extended", "no-short-ids", "no-extended,no-short-ids", "first-6f00",
                       "end-6282", "le-6c", "chain-61", "label=android",
                       "label=iphone", "slow=20ms", "atr=contactless",
                       "atr=contact"):
            with self.subTest(behave):
                card.change("--behave", f"tries=3,{behave}")
                wait_for_reader(self.clinic, "CARD")
                self.assertEqual(self.check_in()["state"], "RECEPTION_STATE_ANSWERED")
                self.left_nothing_behind()

    def test_cards_that_cannot_prove_whose_they_are(self):
        card = self.insert()
        for behave, state, number in (
                ("other-card", "REFUSED", "MDG-2105"), ("not-yet-valid", "REFUSED", "MDG-2109"),
                ("tries=0", None, "MDG-2113"), ("tries=0,blocked-6983", None, "MDG-2113"),
                ("no-pin", None, "MDG-2113"), ("tries=3,wrong-key", None, "MDG-2117")):
            with self.subTest(behave):
                card.change("--behave", behave)
                wait_for_reader(self.clinic, "CARD")
                ended = self.check_in(expect=None)
                if state is None:
                    self.assertEqual(ended, number)
                else:
                    self.assertEqual(ended["state"], f"RECEPTION_STATE_{state}")
                    self.assertEqual(ended["endedBecause"]["number"], number)
                self.left_nothing_behind()

    def start(self):
        """A reception that waits for a PIN: the CLI reads it from a pipe that says nothing."""
        program = self.clinic.program("start", [
            BIN / "madoguchi", "--target", self.clinic.target, "--json", "reception", "start",
            "--reader", READER, "--pin-stdin"], stdin=subprocess.PIPE)
        self.addCleanup(program.process.stdin.close)
        return program

    def test_ctrl_c_at_any_moment_leaves_nothing_open(self):
        for place in range(16):
            program = self.start()
            # Somewhere in its first 150 ms: before, during and after the call that opens it.
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.process.wait(place / 100)
            program.process.send_signal(signal.SIGINT)
            program.process.wait(PATIENCE)
            self.assertFalse([one for one in self.clinic.cli("reception", "list").messages
                              if one["state"] == "RECEPTION_STATE_WAITING_FOR_CARD"])

    def opened(self, state):
        found = []

        def is_there():
            found[:] = [one for one in self.clinic.cli("reception", "list").messages
                        if one["state"] == state]
            return found

        wait_until(is_there)
        return found[-1]

    def test_taken_away_before_the_pin(self):
        card = self.insert()
        program = self.start()
        reception = self.opened("RECEPTION_STATE_CARD_PRESENT")
        self.assertEqual(reader(self.clinic)["receptionId"], reception["receptionId"])
        card.program.stop()
        ended = self.opened("RECEPTION_STATE_ABANDONED")
        self.assertEqual(ended["endedBecause"]["number"], "MDG-2104")
        program.process.stdin.write(f"{RIGHT}\n")
        program.process.stdin.flush()
        self.assertEqual(program.wait(), 1)
        self.insert("twins-no-branch")
        self.assertEqual(self.check_in()["state"], "RECEPTION_STATE_ANSWERED")
        self.left_nothing_behind()

    def test_one_reception_at_a_reader(self):
        program = self.start()
        waiting = self.opened("RECEPTION_STATE_WAITING_FOR_CARD")
        self.assertEqual(self.check_in(expect=1), "MDG-1441")
        self.clinic.cli("reception", "cancel", waiting["receptionId"])
        self.assertEqual(program.wait(), 1)
        self.insert()
        self.assertEqual(self.check_in()["state"], "RECEPTION_STATE_ANSWERED")

    def test_a_restart_ends_it_and_the_next_begins(self):
        self.insert()
        self.start()
        self.opened("RECEPTION_STATE_CARD_PRESENT")
        self.clinic.kill_daemon()
        self.clinic.start_daemon(prefix=self.pcsc.inside())
        ended = self.opened("RECEPTION_STATE_ABANDONED")
        self.assertEqual(ended["endedBecause"]["number"], "MDG-1443")
        wait_for_reader(self.clinic, "CARD")
        self.assertEqual(self.check_in()["state"], "RECEPTION_STATE_ANSWERED")


if __name__ == "__main__":
    unittest.main()
