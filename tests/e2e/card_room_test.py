"""One card at a time on the project's own reader room, on a real pcscd: how few exchanges, what is
never touched, which card is told from which, and where a PIN is."""

import json
import pathlib
import re
import shutil
import ssl
import unittest

from card_desk import Desk, seal
from clinic import Clinic, wait_until
from pcsc import Card, Pcsc, card_log, forbidden, why_not

NEEDED = ("pkcs11-tool", "openssl")
WHY_NOT = why_not() or ("" if all(map(shutil.which, NEEDED)) else f"needs {', '.join(NEEDED)}")
FIRST, SECOND = "valid-with-consents", "twins-no-branch"
PIN, WRONG = "1234", "9999"
VERIFY = bytes.fromhex("0020009804")
MOST_REGION = 1 << 28
# What one authentication with PIN status may cost.
MOST_EXTENDED, MOST_SHORT = 5, 11


def found_in_memory(pid, wanted):
    """How often bytes are in the writable memory of a process."""
    count = 0
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            start, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            size = int(end, 16) - int(start, 16)
            # What a sanitizer maps for itself is too large to look through.
            if not rights.startswith("rw") or size > MOST_REGION:
                continue
            try:
                memory.seek(int(start, 16))
                count += memory.read(size).count(wanted)
            except OSError:
                continue  # unmapped meanwhile, or a device
    return count


@unittest.skipIf(WHY_NOT, WHY_NOT)
class CardRoom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pcsc = cls.enterClassContext(Pcsc())

    def setUp(self):
        self.clinic = Clinic()
        self.addCleanup(self.clinic.close)

    def begin(self, behave="", persona=FIRST):
        """A desk that sees a card."""
        self.card = Card(self.clinic, self.pcsc, persona, behave)
        self.desk = Desk(self.clinic, self.pcsc)
        self.desk.wait_for_card(self.card.reader)

    def open(self, *flags):
        return self.desk.open(self.card.reader, "R1", *flags)

    def pin(self, pin=PIN, *flags):
        return self.desk.pin(self.card.reader, pin, "R1", *flags)

    def authenticate(self):
        """Opens, sends the PIN, returns the result."""
        self.assertEqual(self.open()["error"], "OK")
        return self.pin()

    def exchanges(self):
        return card_log(self.clinic, "exchange")

    def folder(self, persona):
        number = next(one["patient"] for one in self.clinic.population()
                      if one["persona"] == persona)
        return self.clinic.folder / "sim" / "cards" / f"{number:06d}"

    def certificate(self, persona):
        pem = (self.folder(persona) / "user.pem").read_text()
        return ssl.PEM_cert_to_DER_cert(pem).hex()

    def attempts_left(self, persona=FIRST):
        return json.loads((self.folder(persona) / "pins.json").read_text())["auth_left"]

    def test_five_exchanges_where_opensc_takes_many(self):
        self.begin()
        facts = self.open()
        self.assertEqual((facts["error"], facts["check"], facts["left"]), ("OK", "OK", 3))
        self.assertFalse(facts["pad"])
        self.assertEqual(self.desk.reader(self.card.reader)["holder"], "R1")
        proof = self.pin()
        self.assertEqual(proof["error"], "OK")
        self.assertEqual(proof["certificate"], self.certificate(FIRST))
        # Powered off before the answer: the PIN is left verified for nobody.
        self.assertEqual(card_log(self.clinic)[-1]["event"], "power-off")
        ours = self.exchanges()
        self.assertEqual(len(ours), MOST_EXTENDED)
        self.assertEqual(proof["exchanges"], len(ours))
        self.assertEqual([one["act"] for one in ours],
                         ["select-application", "read", "pin-status", "verify", "sign"])
        self.assertEqual(forbidden(card_log(self.clinic)), set())
        self.desk.stop()
        # The same by a program for every card there is, in the same run.
        text = self.clinic.folder / "text"
        text.write_bytes(b"who am I")
        self.pcsc.run(["env", f"PIN={PIN}", "pkcs11-tool", "--slot-index", "0", "--login", "--pin",
                       "env:PIN", "--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", "01",
                       "--input-file", text, "--output-file", self.clinic.folder / "signature"])
        theirs = len(self.exchanges()) - len(ours)
        print(f"exchanges for one authentication: {len(ours)}, OpenSC {theirs}")
        self.assertGreater(theirs, 10 * len(ours))

    def test_what_a_reader_cannot_do_is_learnt_with_one_command(self):
        self.begin("no-extended")
        first, second = self.authenticate(), self.authenticate()
        self.assertEqual(first["error"], "OK")
        self.assertLessEqual(second["exchanges"], MOST_SHORT)
        self.assertEqual(first["exchanges"], second["exchanges"] + 1)
        self.assertEqual(forbidden(card_log(self.clinic)), set())

    def test_without_short_ids(self):
        self.begin("no-short-ids")
        first, second = self.authenticate(), self.authenticate()
        self.assertEqual(second["error"], "OK")
        self.assertEqual(first["exchanges"], second["exchanges"] + 1)
        # Three files are selected instead.
        self.assertEqual(second["exchanges"], MOST_EXTENDED + 3)

    def test_without_either(self):
        self.begin("no-extended,no-short-ids")
        first, second = self.authenticate(), self.authenticate()
        self.assertEqual(second["error"], "OK")
        # One wasted command each; that a file had to be selected again is no third.
        self.assertLessEqual(first["exchanges"], second["exchanges"] + 3)
        self.assertEqual(forbidden(card_log(self.clinic)), set())

    def test_answers_in_other_forms(self):
        for behave in ("first-6f00", "end-6282", "le-6c", "chain-61", "atr=contact"):
            with self.subTest(behave):
                clinic = self.enterContext(Clinic())
                self.clinic = clinic
                self.begin(behave)
                proof = self.authenticate()
                self.assertEqual(proof["error"], "OK")
                self.assertEqual(proof["certificate"], self.certificate(FIRST))
                self.desk.stop()
                self.card.program.kill()

    def test_cards_that_are_no_use_are_named(self):
        self.begin()
        for behave, opened, check in (
                ("other-card", "MDG-2105", None), ("no-certificate", "MDG-2107", None),
                ("expired", "OK", "MDG-2108"), ("not-yet-valid", "OK", "MDG-2109"),
                ("wrong-usage", "OK", "MDG-2110"), ("unknown-issuer", "OK", "MDG-2111"),
                ("unknown-issuer,label=old", "MDG-2106", None)):
            with self.subTest(behave):
                self.card.change("--behave", behave)
                facts = self.open()
                self.assertEqual((facts["error"], facts.get("check")), (opened, check))
                if check:
                    # Nothing is sent to a card that cannot be believed.
                    self.assertEqual(self.pin()["error"], check)
        self.assertEqual([one for one in self.exchanges() if one["act"] == "verify"], [])
        self.assertEqual(self.attempts_left(), 3)
        self.card.change("--behave", "wrong-key")
        self.assertEqual(self.authenticate()["error"], "MDG-2117")
        self.assertEqual(forbidden(card_log(self.clinic)), set())

    def test_the_label_costs_one_more_and_only_when_asked_for(self):
        self.begin("label=android")
        facts = self.open("label")
        self.assertTrue(facts["label"])
        self.assertEqual(facts["exchanges"], 4)
        self.desk.close(self.card.reader)
        facts = self.open()
        self.assertFalse(facts["label"])
        self.assertEqual(facts["exchanges"], 3)

    def test_wrong_pins_until_the_last(self):
        self.begin()
        self.assertEqual(self.open()["error"], "OK")
        said = self.pin(WRONG)
        self.assertEqual((said["error"], said["left"], said["open"]), ("MDG-2112", 2, True))
        self.assertEqual(self.pin("12345")["error"], "MDG-2114")
        said = self.pin("8888")
        self.assertEqual((said["error"], said["left"]), ("MDG-2112", 1))
        said = self.pin()
        self.assertEqual((said["error"], said["left"], said["open"]), ("MDG-2115", 1, True))
        self.assertEqual(self.attempts_left(), 1)
        self.assertEqual(self.pin(PIN, "spend-last")["error"], "OK")
        self.assertEqual(self.attempts_left(), 3)
        self.card.change("--behave", "tries=1")
        self.assertEqual(self.open()["left"], 1)
        said = self.pin(WRONG, "spend-last")
        self.assertEqual((said["error"], said["left"], said["open"]), ("MDG-2113", 0, False))
        self.assertEqual(self.open()["left"], 0)
        self.assertEqual(self.pin()["error"], "MDG-2113")
        for behave in ("blocked-6983,tries=0", "no-pin"):
            self.card.change("--behave", behave)
            self.assertEqual(self.open()["left"], 0, behave)
            self.desk.close(self.card.reader)
        self.assertEqual(forbidden(card_log(self.clinic)), set())

    def test_somebody_elses_card_while_the_session_waits(self):
        self.begin()
        self.card.change("--persona", SECOND)
        self.card.change("--persona", FIRST)
        wait_until(lambda: self.open()["error"] == "OK")
        # In its place within one look of pcscd.
        self.card.change("--persona", SECOND)
        said = self.pin()
        self.assertIn(said["error"], ("MDG-2104", "MDG-2116", "MDG-2118"))
        self.assertFalse(said["open"])
        self.assertEqual(self.attempts_left(SECOND), 3)
        self.assertEqual([one for one in self.exchanges()
                          if one["act"] == "verify" and one["persona"] == SECOND
                          and one["sw"] in ("9000", "63C2")], [])
        wait_until(lambda: self.open()["error"] == "OK")
        proof = self.pin()
        self.assertEqual((proof["error"], proof["certificate"]), ("OK", self.certificate(SECOND)))

    def test_taken_away_while_the_session_waits(self):
        self.begin()
        self.assertEqual(self.open()["error"], "OK")
        self.card.change("--take")
        self.assertEqual(self.desk.lost(1), [("R1", "MDG-2104")])
        self.assertEqual(self.pin()["error"], "MDG-2104")
        self.card.change("--put")
        self.desk.wait_for_card(self.card.reader)
        self.assertEqual(self.authenticate()["error"], "OK")
        self.assertEqual(self.desk.lost_so_far(), [("R1", "MDG-2104")])

    def test_a_sealed_pin_opens_once(self):
        self.begin()
        keys = [self.desk.key() for _ in range(3)]
        sealed = [seal(self.clinic.folder, key["public"], PIN) for key in keys]
        reader = self.card.reader

        def send(key, text):
            self.assertEqual(self.open()["error"], "OK")
            said = self.desk.answer(self.desk.ask("sealed", reader, "R1", key["id"], text))
            self.desk.close(reader)
            return said["error"]

        self.assertEqual(send(keys[0], sealed[0]), "OK")
        self.assertEqual(send(keys[0], sealed[0]), "MDG-2121")
        # Sealed for another key, which spends this one.
        self.assertEqual(send(keys[1], sealed[2]), "MDG-2121")
        self.assertEqual(send(keys[1], sealed[1]), "MDG-2121")
        self.assertEqual(send(keys[2], seal(self.clinic.folder, keys[2]["public"], "12345")),
                         "MDG-2114")
        self.assertEqual(send(keys[2], sealed[2]), "MDG-2121")
        self.assertEqual(len([one for one in self.exchanges() if one["act"] == "verify"]), 1)

    def test_the_pin_is_in_memory_only_while_it_is_sent(self):
        self.begin("hang=4")
        key = self.desk.key()
        sealed = seal(self.clinic.folder, key["public"], PIN)
        command = VERIFY + PIN.encode()
        self.assertEqual(self.open()["error"], "OK")
        self.assertEqual(found_in_memory(self.desk.pid, command), 0)
        tag = self.desk.ask("sealed", self.card.reader, "R1", key["id"], sealed)
        wait_until(lambda: self.exchanges()[-1]["act"] == "verify")
        self.assertFalse(self.desk.answered(tag))
        # So the search finds it where it is.
        self.assertEqual(found_in_memory(self.desk.pid, command), 1)
        self.card.change("--behave", "none")
        self.assertIn(self.desk.answer(tag)["error"], ("OK", "MDG-2116"))
        self.assertEqual(found_in_memory(self.desk.pid, command), 0)
        self.assertNotIn(PIN, self.desk.program.stderr())


if __name__ == "__main__":
    unittest.main(verbosity=2)
