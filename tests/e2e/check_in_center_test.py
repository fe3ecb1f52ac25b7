"""A check-in at an own reader while the center does whatever it does: each fault has a known end, no
proof is sent twice, the next patient is served, and nobody else waits."""

import time
import unittest

import grpc

from clinic import Clinic, wait_until
from patient import READER, Patient, State
from pcsc import SECOND, Card, Pcsc, wait_for_reader, why_not

WHY_NOT = why_not()
RIGHT = "1234"
SLACK = 8


@unittest.skipIf(WHY_NOT, WHY_NOT)
class CheckInCenter(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pcsc = cls.enterClassContext(Pcsc())

    def setUp(self):
        self.clinic = self.enterContext(Clinic())
        for key, value in (("answer_within", '"4s"'), ("connect_within", '"2s"'),
                           ("try_again_after", '"1s"')):
            self.clinic.set_key("center", key, value)
        self.start_sim()
        self.clinic.start_daemon(prefix=self.pcsc.inside())
        self.desk = Patient(grpc.insecure_channel(self.clinic.target))
        self.addCleanup(self.desk.channel.close)
        wait_for_reader(self.clinic, "EMPTY")

    def start_sim(self):
        self.clinic.start_sim("--answer-after", "20ms")

    def insert(self, slot=0, persona="valid-with-consents", behave="tries=3"):
        card = Card(self.clinic, self.pcsc, persona, behave, slot=slot)
        self.addCleanup(card.program.kill)
        wait_for_reader(self.clinic, "CARD", READER if slot == 0 else SECOND)
        return card

    def card_present(self, reader=READER):
        return self.desk.wait(self.desk.start(reader), State.RECEPTION_STATE_CARD_PRESENT)

    def identified(self, reader=READER):
        reception = self.card_present(reader)
        self.assertIsNone(self.desk.submit(reception, RIGHT))
        return self.desk.wait(reception, State.RECEPTION_STATE_IDENTIFIED)

    def asked(self, state):
        reception = self.identified()
        self.assertIsNone(self.desk.call("RecordConsent", reception))
        return self.desk.wait(reception, state)

    def answered(self):
        """A whole check-in; None when the center is not asked again yet."""
        reception = self.card_present()
        number = self.desk.submit(reception, RIGHT)
        if number is None:
            reception = self.desk.wait(reception, State.RECEPTION_STATE_IDENTIFIED)
            number = self.desk.call("RecordConsent", reception)
        if number is None:
            reception = self.desk.wait_for_end(reception)
            if reception.state == State.RECEPTION_STATE_ANSWERED:
                return reception
        self.desk.cancel(reception)
        return None

    def proofs(self):
        """What identifies each question about a card that has reached the center."""
        return [entry["identifier"] for entry in self.clinic.requests()]

    # How the question that carries the proof ends: the state, and the number where there is one.
    ENDS = {
        "center-refuses": ("PENDING", None),
        "center-certificate-expired": ("PENDING", None),
        "center-hangs": ("OUTCOME_UNKNOWN", None),
        "center-resets": ("OUTCOME_UNKNOWN", None),
        "center-fails": ("OUTCOME_UNKNOWN", None),
        "center-garbage": ("OUTCOME_UNKNOWN", None),
        "answer-never": ("OUTCOME_UNKNOWN", None),
        "answer-late": ("OUTCOME_UNKNOWN", None),
        "answer-truncated": ("OUTCOME_UNKNOWN", None),
        "answer-unreadable": ("OUTCOME_UNKNOWN", None),
        "answer-foreign": ("OUTCOME_UNKNOWN", None),
        "answer-institution": ("REFUSED", "MDG-1209"),
        "answer-error": ("REFUSED", "MDG-1406"),
        "card-revoked": ("REFUSED", "MDG-1432"),
        "card-suspended": ("REFUSED", "MDG-1433"),
        "card-not-enrolled": ("NOT_ENROLLED", None),
        "center-token-expired": ("ANSWERED", None),
        "center-slow": ("ANSWERED", None),
        "consent-lost": ("ANSWERED", None),
    }

    def test_every_fault_of_the_question_with_the_proof(self):
        self.insert()
        for fault, (state, number) in self.ENDS.items():
            with self.subTest(fault):
                reception = self.identified()
                before = len(self.proofs())
                self.clinic.fault("set", fault)
                if state == "PENDING":
                    # A connection that is kept does not see what new ones see.
                    self.clinic.sim.stop()
                    self.start_sim()
                self.assertIsNone(self.desk.call("RecordConsent", reception))
                ended = self.desk.wait_for_end(reception)
                self.assertEqual(State.Name(ended.state), f"RECEPTION_STATE_{state}")
                self.assertEqual(ended.ended_because.number or None, number)
                self.assertTrue(ended.next_step.text_ja)
                self.assertEqual(len(ended.usable_consents), 0)
                self.clinic.fault("clear")
                # The next patient is served, and what was signed was never sent again.
                wait_until(self.answered, every=0.3)
                sent = self.proofs()[before:]
                # A token that does not count is told before the question is looked at.
                twice = 1 if fault == "center-token-expired" else 0
                self.assertEqual(len(sent), len(set(sent)) + twice, fault)
                again = self.desk.look(reception)
                if state in ("PENDING", "OUTCOME_UNKNOWN"):
                    self.assertEqual(State.Name(again.state), f"RECEPTION_STATE_{state}")
        self.assertTrue(self.clinic.daemon.running())

    def test_every_fault_of_the_challenge(self):
        self.insert()
        for fault in ("center-refuses", "center-certificate-expired", "center-hangs", "center-resets",
                      "center-fails", "center-garbage"):
            with self.subTest(fault):
                self.clinic.fault("set", fault)
                if fault in ("center-refuses", "center-certificate-expired"):
                    self.clinic.sim.stop()
                    self.start_sim()
                reception = self.card_present()
                before = self.desk.look(reception).pin_attempts_left
                begun = time.monotonic()
                number = self.desk.submit(reception, RIGHT)
                # No PIN was spent on it: the card is asked when there is something to sign.
                self.assertIn(number, ("MDG-1413", "MDG-1221", "MDG-1222", "MDG-1225", "MDG-1226",
                                       "MDG-1227"), fault)
                self.assertLess(time.monotonic() - begun, 4 + SLACK)
                self.assertEqual(self.desk.look(reception).pin_attempts_left, before)
                self.desk.cancel(reception)
                self.clinic.fault("clear")
                wait_until(self.answered, every=0.3)

    def test_a_center_that_hangs_holds_up_nobody_else(self):
        text = self.clinic.config.read_text(encoding="utf-8")
        self.clinic.config.write_text(
            text.replace('answer_within = "4s"', 'answer_within = "30s"'), encoding="utf-8")
        self.clinic.stop_daemon()
        self.clinic.start_daemon(prefix=self.pcsc.inside())
        wait_for_reader(self.clinic, "EMPTY")
        self.insert()
        self.insert(slot=1, persona="elderly-2wari")
        watch = self.clinic.watch()
        asking = self.identified()
        other = self.identified(SECOND)
        self.clinic.fault("set", "center-hangs")
        for one in (asking, other):
            self.assertIsNone(self.desk.call("RecordConsent", one))
            self.desk.wait(one, State.RECEPTION_STATE_ASKING)
        begun = time.monotonic()
        # The next patient at the same reader, somebody at the face reader, whoever looks.
        waiting = self.card_present()
        self.clinic.tap("two-qualifications")
        watch.wait_for(lambda line: "RECEPTION_STATE_ANSWERED" in line, SLACK)
        self.assertEqual(self.desk.look(asking).state, State.RECEPTION_STATE_ASKING)
        self.assertIsNone(self.desk.cancel(waiting))
        self.assertLess(time.monotonic() - begun, SLACK)
        begun = time.monotonic()
        self.assertEqual(self.clinic.stop_daemon(), 0)
        self.assertLess(time.monotonic() - begun, SLACK)

    def test_one_card_is_revoked_and_others_count(self):
        card = self.insert()
        self.clinic.card_standing("valid-with-consents", "revoked")
        refused = self.asked(State.RECEPTION_STATE_REFUSED)
        self.assertEqual(refused.ended_because.number, "MDG-1432")
        card.change("--persona", "elderly-2wari", "--behave", "tries=3")
        self.assertEqual(self.asked(State.RECEPTION_STATE_ANSWERED).ended_because.number, "")
        self.clinic.card_standing("valid-with-consents", "good")
        card.change("--persona", "valid-with-consents", "--behave", "tries=3")
        self.asked(State.RECEPTION_STATE_ANSWERED)


if __name__ == "__main__":
    unittest.main()
