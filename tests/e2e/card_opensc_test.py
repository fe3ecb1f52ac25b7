"""The virtual My Number Card under programs that were written for real ones: OpenSC on a real pcscd.

It also counts what OpenSC spends on one authentication, the measure for our own reader."""

import json
import os
import pathlib
import shutil
import subprocess
import time
import unittest

from clinic import BIN, PATIENCE, Clinic, wait_until
from pcsc import Card, Pcsc, card_log, forbidden, why_not

NEEDED = ("opensc-tool", "pkcs15-tool", "pkcs11-tool", "openssl")
WHY_NOT = why_not() or ("" if all(map(shutil.which, NEEDED)) else f"needs {', '.join(NEEDED)}")
PIN, WRONG_PIN = "1234", "9999"


def openssl(*words, stdin=b""):
    return subprocess.run(["openssl", *map(str, words)], input=stdin, capture_output=True,
                          timeout=PATIENCE, check=True).stdout


def exchanges(clinic):
    return card_log(clinic, "exchange")


@unittest.skipIf(WHY_NOT, WHY_NOT)
class CardUnderOpenSc(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pcsc = cls.enterClassContext(Pcsc())

    def setUp(self):
        self.clinic = Clinic()
        self.addCleanup(self.clinic.close)

    def sign(self, pin, expect=0):
        """pkcs11-tool signs a file; returns its bytes, the signature and what was said."""
        text = self.clinic.folder / "text"
        text.write_bytes(b"who am I")
        signature = self.clinic.folder / "signature"
        signature.unlink(missing_ok=True)
        # The PIN of the first token by the environment: not on a command line.
        said = self.pcsc.run(
            ["env", f"PIN={pin}", "pkcs11-tool", "--slot-index", "0", "--login", "--pin", "env:PIN",
             "--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", "01",
             "--input-file", text, "--output-file", signature], expect=None)
        self.assertEqual(said.returncode == 0, expect == 0, said.stderr)
        return text, signature, said.stdout + said.stderr

    def person_folder(self, persona):
        number = next(one["patient"] for one in self.clinic.population()
                      if one["persona"] == persona)
        return self.clinic.folder / "sim" / "cards" / f"{number:06d}"

    def certificate(self):
        """What OpenSC reads, in PEM."""
        return self.pcsc.run(["pkcs15-tool", "--read-certificate", "01"]).stdout

    def test_certificate(self):
        Card(self.clinic, self.pcsc)
        self.assertIn("jpki", self.pcsc.run(["opensc-tool", "--name"]).stdout)
        read = openssl("x509", "-outform", "DER", stdin=self.certificate().encode())
        made = openssl("x509", "-outform", "DER", "-in",
                       self.person_folder("valid-with-consents") / "user.pem")
        self.assertEqual(read, made)
        self.assertTrue(1450 <= len(read) <= 1600, len(read))
        told = openssl("verify", "-CAfile", self.clinic.folder / "pki" / "jpki-user-root.pem",
                       self.person_folder("valid-with-consents") / "user.pem").decode()
        self.assertIn(": OK", told)
        text = openssl("x509", "-noout", "-text", "-nameopt", "oneline,utf8",
                       stdin=self.certificate().encode()).decode()
        self.assertIn("O = JPKI-TEST, OU = JPKI for user authentication", text)
        self.assertIn("1.2.392.200149.8.5.1.3.30", text)
        usage = text.split("X509v3 Key Usage: critical")[1].split("\n")[1].strip()
        self.assertEqual(usage, "Digital Signature")
        # The signature certificate stays shut.
        self.assertNotEqual(
            self.pcsc.run(["pkcs15-tool", "--read-certificate", "02"], expect=None).returncode, 0)
        self.assertIn("sign-certificate", forbidden(card_log(self.clinic)))

    def test_wrong_pin_then_the_right_one(self):
        Card(self.clinic, self.pcsc)
        _, signature, said = self.sign(WRONG_PIN, expect=1)
        self.assertFalse(signature.exists() and signature.read_bytes())
        self.assertIn("CKR_PIN_INCORRECT", said)
        tried = [one for one in exchanges(self.clinic) if one["act"] == "verify"]
        self.assertEqual([one["status_word"] for one in tried], ["63C2"])
        self.assertEqual(self.pins()["auth_left"], 2)

        before = len(exchanges(self.clinic))
        text, signature, _ = self.sign(PIN)
        spent = exchanges(self.clinic)[before:]
        self.assertEqual(self.pins()["auth_left"], 3)
        public = self.clinic.folder / "public.pem"
        public.write_bytes(openssl("x509", "-noout", "-pubkey",
                                   stdin=self.certificate().encode()))
        self.assertEqual(openssl("dgst", "-sha256", "-verify", public, "-signature", signature,
                                 text), b"Verified OK\n")
        verifies = [one for one in spent if one["act"] == "verify"]
        self.assertEqual([one["status_word"] for one in verifies], ["9000"])
        print(f"one PKCS#11 login and signature: {len(spent)} exchanges, "
              f"{sum(one['sent'] for one in spent)} bytes to the card, "
              f"{sum(one['received'] for one in spent)} back", flush=True)
        # What our own reader must never do, and the card does see.
        wait_until(lambda: "left-verified" in forbidden(card_log(self.clinic)))
        self.assertTrue({"other-application", "sign-certificate", "sign-pin"}
                        <= forbidden(card_log(self.clinic)))
        log = (self.clinic.folder / "sim" / "card.jsonl").read_text()
        self.assertNotIn(PIN.encode().hex(), log)

    def pins(self):
        return json.loads((self.person_folder("valid-with-consents") / "pins.json").read_text())

    def test_blocked_pin_stays_blocked(self):
        card = Card(self.clinic, self.pcsc, behave="tries=1")
        self.sign(WRONG_PIN, expect=1)
        self.assertEqual(card.program.stop(), 0)
        # OpenSC knows what 6983 means, and not 6984.
        card = Card(self.clinic, self.pcsc, behave="blocked-6983")
        *_, said = self.sign(PIN, expect=1)
        self.assertIn("CKR_PIN_LOCKED", said)
        card.change("--behave", "none")
        *_, said = self.sign(PIN, expect=1)
        self.assertIn("CKR_GENERAL_ERROR", said)
        self.assertEqual(self.pins()["auth_left"], 0)

    def test_a_key_that_is_not_the_certificates(self):
        Card(self.clinic, self.pcsc, behave="wrong-key")
        text, signature, _ = self.sign(PIN)
        public = self.clinic.folder / "public.pem"
        public.write_bytes(openssl("x509", "-noout", "-pubkey",
                                   stdin=self.certificate().encode()))
        with self.assertRaises(subprocess.CalledProcessError):
            openssl("dgst", "-sha256", "-verify", public, "-signature", signature, text)

    def test_taken_away_swapped_and_put_back(self):
        card = Card(self.clinic, self.pcsc, behave="yank-during=32,back=0s,swap=twins-no-branch")
        first = self.person_folder("valid-with-consents")
        self.pcsc.run(["pkcs15-tool", "--read-certificate", "01"], expect=None)
        self.assertIn("twins-no-branch", card.ready())
        done = exchanges(self.clinic)
        self.assertEqual([one["n"] for one in done if not one["answered"]], [32])
        self.assertEqual(card_log(self.clinic, "removed")[-1]["why"], "yanked")
        twin = self.person_folder("twins-no-branch")
        read = openssl("x509", "-outform", "DER", stdin=self.certificate().encode())
        self.assertEqual(read, openssl("x509", "-outform", "DER", "-in", twin / "user.pem"))

        card.change("--behave", "yank-before=31")
        self.pcsc.run(["pkcs15-tool", "--read-certificate", "01"], expect=None)
        wait_until(lambda: card_log(self.clinic, "removed")[-1]["why"] == "yanked"
                   and exchanges(self.clinic)[-1]["n"] == 30)
        wait_until(lambda: "Yes" not in self.pcsc.run(["opensc-tool", "-l"]).stdout)
        card.change("--put", "--persona", "valid-with-consents")
        read = openssl("x509", "-outform", "DER", stdin=self.certificate().encode())
        self.assertEqual(read, openssl("x509", "-outform", "DER", "-in", first / "user.pem"))
        card.change("--take")
        wait_until(lambda: "Yes" not in self.pcsc.run(["opensc-tool", "-l"]).stdout)
        self.assertIn("allowed are label=", card.change("--behave", "gremlins", expect=2))
        self.assertEqual(card.program.stop(), 0)

    def test_hangs_until_told_and_ends_on_sigterm(self):
        card = Card(self.clinic, self.pcsc, behave="hang=3")
        asker = self.clinic.program("asker", self.pcsc.inside("opensc-tool", "--name"))
        wait_until(lambda: len(exchanges(self.clinic)) == 3)
        card.change("--behave", "hang=3")
        wait_until(lambda: len(exchanges(self.clinic)) == 6)
        self.assertTrue(asker.running())
        card.change("--behave", "none")
        self.assertEqual(asker.wait(), 0)
        self.assertIn("jpki", asker.lines())
        card.change("--behave", "hang=1")
        asker = self.clinic.program("asker", self.pcsc.inside("opensc-tool", "--name"))
        wait_until(lambda: exchanges(self.clinic)[-1]["n"] == 1)
        self.assertEqual(card.program.stop(), 0)
        asker.wait()

    def test_pcscd_dies_and_comes_back(self):
        card = Card(self.clinic, self.pcsc)
        for end in (self.pcsc.kill, self.pcsc.stop):
            end()
            card.program.wait_for(lambda line: line.startswith("waiting"))
            used = self.processor_time(card)
            started = time.monotonic()
            self.pcsc.start()
            card.ready()
            print(f"taken in {time.monotonic() - started:.2f} s after pcscd came back")
            self.assertLess(self.processor_time(card) - used, 0.5)
            self.assertIn("jpki", self.pcsc.run(["opensc-tool", "--name"]).stdout)

    @staticmethod
    def processor_time(card):
        fields = pathlib.Path(f"/proc/{card.program.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def test_two_cards_at_once_and_one_per_place(self):
        slow = Card(self.clinic, self.pcsc, behave="slow=50ms")
        Card(self.clinic, self.pcsc, persona="twins-no-branch", slot=1)
        listed = self.pcsc.run(["opensc-tool", "-l"]).stdout
        self.assertEqual(listed.count("Yes"), 2)
        started = time.monotonic()
        self.pcsc.run(["opensc-tool", "--reader", "1", "--name"])
        quick = time.monotonic() - started
        started = time.monotonic()
        self.pcsc.run(["opensc-tool", "--reader", "0", "--name"])
        self.assertGreater(time.monotonic() - started, 30 * 0.05)
        self.assertLess(quick, 30 * 0.05)
        third = subprocess.run([BIN / "madoguchi-sim", "card", self.clinic.folder, "--port",
                                str(self.pcsc.port)], capture_output=True, text=True, check=False,
                               timeout=PATIENCE)
        self.assertEqual(third.returncode, 2)
        self.assertIn("is there already", third.stderr)
        self.assertTrue(slow.program.running())


if __name__ == "__main__":
    unittest.main(verbosity=2)
