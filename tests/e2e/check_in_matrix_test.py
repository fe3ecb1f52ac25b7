"""A check-in at an own reader by gRPC: every method in every state, two programs at one reception, and a
program that vanishes at each step."""

import subprocess
import threading
import unittest

import grpc

from clinic import BIN, Clinic, wait_until
from patient import Patient, Reception, State
from pcsc import READER, Card, Pcsc, wait_for_reader, why_not

WHY_NOT = why_not()
RIGHT = "1234"
# What is not for the moment.
WRONG_STATE = "MDG-1402"


@unittest.skipIf(WHY_NOT, WHY_NOT)
class CheckInMatrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pcsc = cls.enterClassContext(Pcsc())

    def setUp(self):
        self.clinic = self.enterContext(Clinic())
        self.clinic.set_key("site", "answer_within", '"4s"')
        self.clinic.start_sim()
        self.clinic.start_daemon(prefix=self.pcsc.inside())
        self.desk = Patient(grpc.insecure_channel(self.clinic.target))
        self.addCleanup(self.desk.channel.close)
        wait_for_reader(self.clinic, "EMPTY")
        self.card = None

    def insert(self, persona="valid-with-consents", behave="tries=3"):
        self.remove()
        self.card = Card(self.clinic, self.pcsc, persona, behave)
        self.addCleanup(self.card.program.kill)
        wait_for_reader(self.clinic, "CARD")

    def remove(self):
        if self.card is not None:
            self.card.program.stop()
            self.card = None
        wait_for_reader(self.clinic, "EMPTY")

    # --- how each state is reached

    def waiting_for_card(self):
        self.remove()
        return self.desk.start()

    def card_present(self, **card):
        self.insert(**card)
        return self.desk.wait(self.desk.start(), State.RECEPTION_STATE_CARD_PRESENT)

    def identified(self, **card):
        reception = self.card_present(**card)
        self.assertIsNone(self.desk.submit(reception, RIGHT))
        return self.desk.wait(reception, State.RECEPTION_STATE_IDENTIFIED)

    def asked(self, state, fault=None, **card):
        if fault:
            self.clinic.fault("set", fault)
        reception = self.identified(**card)
        self.assertIsNone(self.desk.call("RecordConsent", reception))
        return self.desk.wait(reception, state)

    def tried(self, reception):
        """{method: the number it is refused with, None when it is not}, from what ends nothing."""
        return {method: self.desk.call(method, reception, **fields) for method, fields in (
            ("SubmitPin", {"key_id": "none", "sealed_pin": b"0" * 256}),
            ("RetryReception", {}), ("CompletePending", {}),
            ("EnrollCard", {"patient_agrees": False}),
            ("AssignPatient", {"patient_id": ""}))}

    def check(self, reception, **allowed):
        """Methods not named are refused for the moment; those named, for another reason or none."""
        name = State.Name(reception.state)
        for method, number in self.tried(reception).items():
            expected = allowed.get(method, {
                "EnrollCard": "MDG-1446", "AssignPatient": "MDG-1001"}.get(method, WRONG_STATE))
            self.assertEqual(number, expected, f"{method} in {name}")
        listed = set(reception.next_step.methods)
        for method, fields in (("ConfirmIdentity", {"method": 2}), ("RecordConsent", {}),
                               ("EnrollCard", {"patient_agrees": True})):
            if method not in listed:
                self.assertEqual(self.desk.call(method, reception, **fields), WRONG_STATE,
                                 f"{method} in {name}")
        if "CancelReception" not in listed and name != "RECEPTION_STATE_CANCELLED":
            self.assertEqual(self.desk.cancel(reception), WRONG_STATE, f"cancel in {name}")

    def test_every_method_in_every_state(self):
        spent = "MDG-2121"
        reception = self.waiting_for_card()
        self.check(reception)
        self.assertIsNone(self.desk.cancel(reception))
        self.check(self.desk.wait(reception, State.RECEPTION_STATE_CANCELLED))
        reception = self.card_present()
        self.check(reception, SubmitPin=spent)
        self.remove()
        self.check(self.desk.wait(reception, State.RECEPTION_STATE_ABANDONED))
        reception = self.identified()
        self.check(reception)
        self.assertIsNone(self.desk.cancel(reception))
        self.check(self.asked(State.RECEPTION_STATE_ANSWERED))
        self.check(self.asked(State.RECEPTION_STATE_NOT_ENROLLED, persona="not-enrolled"))
        self.check(self.asked(State.RECEPTION_STATE_REFUSED, fault="card-revoked"))
        self.clinic.fault("clear")
        asking = self.identified()
        self.clinic.fault("set", "center-hangs")
        self.assertIsNone(self.desk.call("RecordConsent", asking))
        self.check(self.desk.wait(asking, State.RECEPTION_STATE_ASKING))
        self.check(self.desk.wait(asking, State.RECEPTION_STATE_OUTCOME_UNKNOWN))

    def test_two_programs_at_one_reception(self):
        other = Patient(grpc.insecure_channel(self.clinic.target))
        self.addCleanup(other.channel.close)
        for _ in range(5):
            reception = self.card_present()
            said = []
            threads = [threading.Thread(target=lambda one=one: said.append(
                one.submit(reception, RIGHT))) for one in (self.desk, other)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(said.count(None), 1, said)
            self.assertTrue(set(said) <= {None, "MDG-1445", WRONG_STATE}, said)
            identified = self.desk.wait(reception, State.RECEPTION_STATE_IDENTIFIED)
            self.assertIsNone(self.desk.cancel(identified))

    # --- programs that vanish

    def next_patient_is_served(self):
        self.assertEqual(self.asked(State.RECEPTION_STATE_ANSWERED).state,
                         State.RECEPTION_STATE_ANSWERED)

    def started(self, state, pin="", seconds=None):
        """A program that checks in, and where its reception is; it says nothing after `pin`."""
        program = self.clinic.program("start", [
            BIN / "madoguchi", "--target", self.clinic.target, "--json", "reception", "start",
            "--reader", READER, "--pin-stdin"], stdin=subprocess.PIPE)
        self.addCleanup(program.process.stdin.close)
        if pin:
            program.process.stdin.write(f"{pin}\n")
            program.process.stdin.flush()
        left = wait_until(lambda: [
            one for one in self.clinic.cli("reception", "list").messages
            if one["state"] == f"RECEPTION_STATE_{state}"], seconds=seconds)[-1]
        return program, left["receptionId"]

    def test_a_program_killed_before_anything_was_asked(self):
        for state in ("WAITING_FOR_CARD", "CARD_PRESENT"):
            with self.subTest(state):
                if state == "CARD_PRESENT":
                    self.insert()
                program, left = self.started(state)
                program.kill()
                # Staff ends what nobody goes on with; the next patient begins at once.
                self.clinic.cli("reception", "cancel", left)
                self.next_patient_is_served()

    def test_a_program_killed_while_its_pin_is_checked(self):
        self.insert(behave="tries=3,hang=4")
        program, left = self.started("CARD_PRESENT", RIGHT)
        # Whoever else has a PIN is told that one is on its way.
        wait_until(lambda: self.desk.call("SubmitPin", Reception(reception_id=left), key_id="none",
                                          sealed_pin=b"0" * 256) == "MDG-1445")
        program.kill()
        self.card.change("--behave", "tries=3")
        # The card was asked: whoever comes next finds a reception that goes on, or is told why not.
        ended = wait_until(lambda: self.settled(left))
        self.assertIn(ended["state"], ("RECEPTION_STATE_IDENTIFIED", "RECEPTION_STATE_ABANDONED"))
        if ended["state"] == "RECEPTION_STATE_IDENTIFIED":
            self.clinic.cli("reception", "cancel", left)
        self.next_patient_is_served()

    def settled(self, reception_id):
        found = self.clinic.cli("reception", "show", reception_id).messages[0]
        return found if found["state"] != "RECEPTION_STATE_CARD_PRESENT" else None

    def test_a_connection_that_ends_after_the_pin(self):
        reception = self.identified()
        self.desk.channel.close()
        self.desk = Patient(grpc.insecure_channel(self.clinic.target))
        self.addCleanup(self.desk.channel.close)
        # Somebody else at the counter goes on with it.
        self.assertIsNone(self.desk.call("RecordConsent", reception))
        self.desk.wait(reception, State.RECEPTION_STATE_ANSWERED)
        self.next_patient_is_served()

    def test_a_program_killed_while_the_center_is_asked(self):
        self.clinic.fault("set", "answer-late")
        self.insert()
        program, left = self.started("ASKING", RIGHT)
        program.kill()
        # The reader is the next patient's, and the answer comes without the program.
        other = self.card_present()
        self.clinic.fault("clear")
        wait_until(lambda: self.clinic.cli("reception", "show", left).messages[0]["state"]
                   in ("RECEPTION_STATE_ANSWERED", "RECEPTION_STATE_OUTCOME_UNKNOWN"))
        self.assertIsNone(self.desk.cancel(other))
        self.next_patient_is_served()

    def test_a_connection_that_ends_at_a_card_that_is_not_enrolled(self):
        reception = self.asked(State.RECEPTION_STATE_NOT_ENROLLED, persona="not-enrolled")
        self.desk.channel.close()
        self.desk = Patient(grpc.insecure_channel(self.clinic.target))
        self.addCleanup(self.desk.channel.close)
        self.next_patient_is_served()
        # The proof is kept for minutes, whoever comes back.
        self.assertIsNone(self.desk.call("EnrollCard", reception, patient_agrees=True))
        self.desk.wait(reception, State.RECEPTION_STATE_ANSWERED)


if __name__ == "__main__":
    unittest.main()
