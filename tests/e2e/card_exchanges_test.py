"""What the virtual My Number Card does on a real pcscd, exchange by exchange: how few are enough, what
power ends, and what a client is told when the card goes away in the middle."""

import hashlib
import json
import subprocess
import unittest

from clinic import PATIENCE, Clinic, wait_until
from pcsc import Card, Client, Pcsc, card_log, forbidden, why_not

WHY_NOT = why_not()
SELECT = "00A4040C0AD392F000260100000001"
READ_ALL, READ_PAGE = "00B08A00000000", "00B08A0000"
PIN_STATUS, VERIFY, WRONG = "00200098", "002000980431323334", "002000980439393939"
DIGEST_INFO = "3031300D060960864801650304020105000420" + hashlib.sha256(b"who am I").hexdigest()
SIGN = f"802A009733{DIGEST_INFO}00"
FULL = (SELECT, READ_ALL, PIN_STATUS, VERIFY, SIGN)
FIRST, SECOND = "valid-with-consents", "twins-no-branch"


def lost(answer):
    """A card that has gone: an answer without a status word, or an error of PC/SC."""
    return answer == "-" or answer.startswith("error")


def certificate_of(answer):
    """The certificate in what was read, by the length its own header tells."""
    read = bytes.fromhex(answer)
    return read[:4 + int.from_bytes(read[2:4], "big")]


@unittest.skipIf(WHY_NOT, WHY_NOT)
class CardExchanges(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pcsc = cls.enterClassContext(Pcsc())

    def setUp(self):
        self.clinic = Clinic()
        self.addCleanup(self.clinic.close)
        self.client = Client(self.clinic, self.pcsc)

    def exchanges(self):
        return card_log(self.clinic, "exchange")

    def attempts_left(self, persona=FIRST):
        return json.loads((self.person_folder(persona) / "pins.json").read_text())["auth_left"]

    def person_folder(self, persona):
        number = next(one["patient"] for one in self.clinic.population()
                      if one["persona"] == persona)
        return self.clinic.folder / "sim" / "cards" / f"{number:06d}"

    def check_signature(self, certificate, answer):
        self.assertEqual(answer[-4:], "9000")
        folder = self.clinic.folder
        (folder / "signature").write_bytes(bytes.fromhex(answer[:-4]))
        key = subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-pubkey"],
                             input=certificate, capture_output=True, check=True, timeout=PATIENCE)
        (folder / "public.pem").write_bytes(key.stdout)
        subprocess.run(["openssl", "dgst", "-sha256", "-verify", folder / "public.pem", "-signature",
                        folder / "signature"], input=b"who am I", capture_output=True, check=True,
                       timeout=PATIENCE)

    def test_five_exchanges_are_enough(self):
        card = Card(self.clinic, self.pcsc, FIRST)
        self.client.connect(card.reader)
        answers = [self.client.send(command) for command in FULL]
        self.client.end("unpower")
        self.assertEqual(answers[2:4], ["63C3", "9000"])
        self.check_signature(certificate_of(answers[1]), answers[4])
        self.assertEqual(len(self.exchanges()), 5)
        wait_until(lambda: card_log(self.clinic)[-1]["event"] == "power-off")
        self.assertEqual(forbidden(card_log(self.clinic)), set())

    def test_eleven_with_short_lengths(self):
        card = Card(self.clinic, self.pcsc, FIRST, behave="no-extended")
        self.client.connect(card.reader)
        self.client.send(SELECT)
        read = self.client.send(READ_PAGE)[:-4]
        size = 4 + int(read[4:8], 16)
        while len(read) < 2 * size:
            at = len(read) // 2
            read += self.client.send(f"00B0{at:04X}{min(256, size - at) % 256:02X}")[:-4]
        self.assertEqual(self.client.send(PIN_STATUS), "63C3")
        self.assertEqual(self.client.send(VERIFY), "9000")
        self.check_signature(bytes.fromhex(read), self.client.send(SIGN))
        self.client.end("unpower")
        self.assertIn(len(self.exchanges()), (10, 11))
        self.client.connect(card.reader)
        self.client.send(SELECT)
        self.assertEqual(self.client.send(READ_ALL), "6700")

    def test_only_power_off_ends_a_verified_pin(self):
        card = Card(self.clinic, self.pcsc, FIRST)
        self.client.connect(card.reader)
        for command in (SELECT, VERIFY, SELECT):
            self.assertEqual(self.client.send(command), "9000")
        self.client.end("reset")
        self.client.connect(card.reader)
        self.client.send(SELECT)
        self.assertEqual(self.client.send(SIGN)[-4:], "9000")
        self.client.end("unpower")
        self.assertEqual(forbidden(card_log(self.clinic)), {"left-verified"})
        self.client.connect(card.reader)
        self.client.send(SELECT)
        self.assertEqual(self.client.send(SIGN), "6982")
        self.assertEqual(self.client.send(VERIFY), "9000")
        self.client.end("leave")
        # pcscd does it by itself half a second later, which is too late.
        wait_until(lambda: card_log(self.clinic)[-1]["event"] == "power-off")
        self.assertEqual(card_log(self.clinic)[-1]["forbidden"], ["left-verified"])

    def test_taken_away_at_every_exchange(self):
        card = Card(self.clinic, self.pcsc, FIRST)
        for place in range(len(FULL)):
            for when in ("before", "during"):
                with self.subTest(f"{when} {FULL[place][:8]}"):
                    card.change("--behave", f"tries=3,yank-{when}={place + 1},back=0s")
                    self.client.connect(card.reader)
                    for command in FULL[:place]:
                        self.assertEqual(self.client.send(command)[-4:],
                                         "63C3" if command == PIN_STATUS else "9000")
                    self.assertTrue(lost(self.client.send(FULL[place])))
                    self.client.end("unpower")
                    card.ready()
                    self.assertEqual(card_log(self.clinic, "removed")[-1]["why"], "yanked")
                    done = place if when == "before" else place + 1
                    self.assertEqual(self.exchanges()[-1]["n"] if done else 0, done)
        self.assertEqual(self.attempts_left(), 3)

    def test_a_wrong_pin_counts_although_nobody_heard(self):
        card = Card(self.clinic, self.pcsc, FIRST, behave="yank-during=2,back=0s")
        self.client.connect(card.reader)
        self.client.send(SELECT)
        self.assertTrue(lost(self.client.send(WRONG)))
        self.client.end("unpower")
        self.assertEqual(self.attempts_left(), 2)
        card.ready()
        self.client.connect(card.reader)
        self.client.send(SELECT)
        self.assertEqual(self.client.send(PIN_STATUS), "63C2")
        self.assertEqual(forbidden(card_log(self.clinic)), set())

    def test_another_persons_card_in_its_place(self):
        card = Card(self.clinic, self.pcsc, FIRST, behave=f"yank-before=5,back=50ms,swap={SECOND}")
        self.client.connect(card.reader)
        first = certificate_of([self.client.send(command) for command in FULL[:4]][1])
        self.assertTrue(lost(self.client.send(SIGN)))
        # Within one look of pcscd: the same handle may work again, on the other card. Its PIN is not
        # verified, and its certificate is another.
        card.ready()
        after = self.client.send(SIGN)
        self.assertTrue(lost(after) or after in ("6986", "6982"), after)
        self.client.end("unpower")
        self.client.connect(card.reader)
        self.client.send(SELECT)
        second = certificate_of(self.client.send(READ_ALL))
        self.assertNotEqual(first, second)
        self.assertEqual(self.client.send(SIGN), "6982")
        self.assertEqual({one["persona"] for one in self.exchanges()}, {FIRST, SECOND})


if __name__ == "__main__":
    unittest.main(verbosity=2)
