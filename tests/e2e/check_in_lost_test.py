"""A card that is taken away before and during every exchange of a check-in by the API, and is back at once
as somebody else's: every end has a name, nobody is taken for another, no PIN is sent twice, and the
next check-in works. And pcscd, killed while a check-in waits."""

import time
import unittest

import grpc

from clinic import Clinic, wait_until
from patient import Patient, State
from pcsc import Card, Pcsc, card_log, forbidden, wait_for_reader, why_not

WHY_NOT = why_not()
RIGHT = "1234"
FIRST, SECOND = "valid-with-consents", "elderly-2wari"
# SELECT, READ and PIN status: before the PIN is asked for. Then VERIFY and the signature.
OPENING, VERIFY, SIGN = (1, 2, 3), 4, 5


@unittest.skipIf(WHY_NOT, WHY_NOT)
class CheckInLost(unittest.TestCase):
    def setUp(self):
        self.pcsc = self.enterContext(Pcsc())
        self.clinic = self.enterContext(Clinic())
        self.clinic.start_sim()
        self.clinic.start_daemon(prefix=self.pcsc.inside())
        self.patient = Patient(grpc.insecure_channel(self.clinic.target))
        self.addCleanup(self.patient.channel.close)
        self.names = {one["persona"]: one["name"] for one in self.clinic.population()
                      if one["persona"] in (FIRST, SECOND)}

    def check_in(self):
        """The name of the person who is answered about."""
        reception = self.patient.wait(self.patient.start(), State.RECEPTION_STATE_CARD_PRESENT)
        self.assertIsNone(self.patient.submit(reception, RIGHT))
        self.assertIsNone(self.patient.call("RecordConsent", reception))
        answered = self.patient.wait(reception, State.RECEPTION_STATE_ANSWERED)
        return answered.confirmation.qualifications[0].name

    def test_taken_away_and_swapped_at_every_exchange(self):
        card = Card(self.clinic, self.pcsc, FIRST, "tries=3")
        wait_for_reader(self.clinic, "CARD")
        for place in (*OPENING, VERIFY, SIGN):
            for when in ("before", "during"):
                with self.subTest(f"{when} exchange {place}"):
                    card.change("--persona", FIRST, "--behave",
                                f"tries=3,yank-{when}={place},back=100ms,swap={SECOND}")
                    wait_for_reader(self.clinic, "CARD")
                    reception = self.patient.wait(self.patient.start(),
                                                  State.RECEPTION_STATE_CARD_PRESENT)
                    if place in OPENING:
                        # The card that is there now was read from the beginning.
                        self.assertIsNone(self.patient.submit(reception, RIGHT))
                        self.assertIsNone(self.patient.call("RecordConsent", reception))
                        answered = self.patient.wait(reception, State.RECEPTION_STATE_ANSWERED)
                        self.assertEqual(answered.confirmation.qualifications[0].name,
                                         self.names[SECOND])
                        continue
                    number = self.patient.submit(reception, RIGHT)
                    self.assertIn(number, {VERIFY: ("MDG-2116",), SIGN: ("MDG-2104",)}[place])
                    ended = self.patient.wait(reception, State.RECEPTION_STATE_ABANDONED)
                    self.assertEqual(ended.ended_because.number, number)
                    begun = time.monotonic()
                    self.assertEqual(self.check_in(), self.names[SECOND])
                    # Card, reader and center together; the machine may be busy.
                    self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual(forbidden(card_log(self.clinic)), set())

    def test_pcscd_dies_while_a_check_in_waits(self):
        for state in ("WAITING_FOR_CARD", "CARD_PRESENT", "IDENTIFIED"):
            with self.subTest(state):
                reception = self.patient.start()
                if state != "WAITING_FOR_CARD":
                    card = Card(self.clinic, self.pcsc, FIRST, "tries=3")
                    reception = self.patient.wait(reception, State.RECEPTION_STATE_CARD_PRESENT)
                if state == "IDENTIFIED":
                    self.assertIsNone(self.patient.submit(reception, RIGHT))
                self.pcsc.kill()
                if state == "CARD_PRESENT":
                    ended = self.patient.wait(reception, State.RECEPTION_STATE_ABANDONED)
                    self.assertIn(ended.ended_because.number, ("MDG-2102", "MDG-2104"))
                if state != "WAITING_FOR_CARD":
                    card.program.kill()
                self.pcsc.start()
                wait_until(lambda: self.clinic.cli("readers", expect=None).messages)
                if state == "WAITING_FOR_CARD":
                    # It waits on, and the card comes.
                    card = Card(self.clinic, self.pcsc, FIRST, "tries=3")
                    reception = self.patient.wait(reception, State.RECEPTION_STATE_CARD_PRESENT)
                    self.assertIsNone(self.patient.submit(reception, RIGHT))
                    card.program.kill()
                if state != "CARD_PRESENT":
                    # The card is not needed any more.
                    self.assertIsNone(self.patient.call("RecordConsent", reception))
                    self.patient.wait(reception, State.RECEPTION_STATE_ANSWERED)


if __name__ == "__main__":
    unittest.main()
