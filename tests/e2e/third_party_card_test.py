"""A card that nobody of ours has made (other_card.py): the site is told to trust its root (`init
--trust-card-ca`), and it checks in as one of the population. What it signs is what the daemon made,
whatever a center asks for."""

import hashlib
import pathlib
import tempfile
import unittest

import grpc

from between_center import BetweenCenter
from clinic import Clinic, wait_until
from other_card import PIN, OtherCard, make_keys
from patient import READER, Patient, State
from pcsc import Pcsc, why_not

WHY_NOT = why_not()
def field(text):
    return f"{len(text):04X}:{text}\n"


@unittest.skipIf(WHY_NOT, WHY_NOT)
class ThirdPartyCard(unittest.TestCase):
    def setUp(self):
        self.pcsc = self.enterContext(Pcsc())
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.key = folder / "card.key"
        self.certificate = make_keys(folder)
        self.clinic = self.enterContext(Clinic(init=("--trust-card-ca", folder / "ca.pem")))

    def start(self):
        self.clinic.start_sim()
        self.clinic.start_daemon(prefix=self.pcsc.inside())
        patient = Patient(grpc.insecure_channel(self.clinic.target))
        self.addCleanup(patient.channel.close)
        wait_until(lambda: any(one["name"] == READER
                               for one in self.clinic.cli("readers").messages))
        card = OtherCard(self.pcsc.port, self.certificate, self.key)
        self.addCleanup(card.socket.close)
        return patient, card

    def test_it_checks_in(self):
        patient, card = self.start()
        names = []
        for _ in range(2):
            reception = patient.wait(patient.start(), State.RECEPTION_STATE_CARD_PRESENT)
            self.assertIsNone(patient.submit(reception, PIN.decode()))
            self.assertIsNone(patient.call("RecordConsent", reception))
            answered = patient.wait(reception, State.RECEPTION_STATE_ANSWERED)
            names.append(answered.confirmation.qualifications[0].name)
        # One of the population, and the same each time.
        self.assertTrue(names[0])
        self.assertEqual(names[0], names[1])
        self.assertLessEqual(len(card.commands), 10)

    def test_consent_that_is_not_echoed_opens_nothing(self):
        center = BetweenCenter(self.clinic)
        self.addCleanup(center.server.shutdown)
        patient, _ = self.start()
        for refuses in (False, True):
            center.refuses_consents = refuses
            reception = patient.wait(patient.start(), State.RECEPTION_STATE_CARD_PRESENT)
            self.assertIsNone(patient.submit(reception, PIN.decode()))
            # Medicines.
            self.assertIsNone(patient.call("RecordConsent", reception,
                                           answers=[{"category": 1, "granted": True}]))
            answered = patient.wait(reception, State.RECEPTION_STATE_ANSWERED)
            self.assertEqual(len(answered.consent_answers), 1)
            self.assertEqual(len(answered.usable_consents), 0 if refuses else 1)

    def test_a_center_cannot_have_its_own_bytes_signed(self):
        center = BetweenCenter(self.clinic)
        self.addCleanup(center.server.shutdown)
        transcript = hashlib.sha256(b"a TLS handshake of somebody else").hexdigest()
        # What fits into a number used once is used as that; the rest is refused before the PIN.
        refused = "3031300d060960864801650304020105000420" + transcript
        patient, card = self.start()
        for nonce in (transcript, "A" * 64, refused, "\u0000" * 32):
            with self.subTest(nonce[:8]):
                center.nonce = nonce
                signed = len(card.signed)
                reception = patient.wait(patient.start(), State.RECEPTION_STATE_CARD_PRESENT)
                number = patient.submit(reception, PIN.decode())
                if len(nonce) > 64 or "\u0000" in nonce:
                    self.assertEqual(number, "MDG-1227")
                    self.assertEqual(len(card.signed), signed)
                    self.assertIsNone(patient.cancel(reception))
                    continue
                self.assertIsNone(number)
                self.assertIsNone(patient.call("RecordConsent", reception))
                patient.wait(reception, State.RECEPTION_STATE_REFUSED)
                asked = center.cards[-1]["card"]
                structure = "".join(map(field, (
                    "madoguchi JPKI login 1", "9910000017", asked["center"], nonce,
                    asked["challengedAt"])))
                self.assertEqual(card.signed[-1][-32:], hashlib.sha256(structure.encode()).digest())
                self.assertNotEqual(card.signed[-1][-32:].hex(), transcript)


if __name__ == "__main__":
    unittest.main()
