"""The daemon is killed again and again at random moments while clients ask: nobody is asked about
twice, and every client that goes on with its request_id gets the answer about its own patient."""

import random
import threading
import time
import unittest

import grpc
from asking import Desk, people_of

from clinic import PATIENCE, Clinic, wait_until

QUESTIONS = 40
KILLS = 25


class Client(threading.Thread):
    """Asks about one person, and does not give up."""

    def __init__(self, clinic, index, person, start_at):
        super().__init__(daemon=True)
        self.clinic, self.index, self.person = clinic, index, person
        self.start_at = start_at
        self.answer = None
        self.calls = 0

    def run(self):
        pause = threading.Event()
        pause.wait(max(0.0, self.start_at - time.monotonic()))
        until = time.monotonic() + PATIENCE * 3
        options = {"open_reception": True} if self.index % 2 else {}
        desk = Desk(self.clinic)
        while self.answer is None and time.monotonic() < until:
            self.calls += 1
            try:
                response = desk.confirm(self.person, request_id=f"crash-{self.index}", timeout=5,
                                        wait_seconds=4, **options)
                if response.HasField("confirmation"):
                    self.answer = response
            except grpc.RpcError:
                # Killed, or not answered yet: again, with the same request_id.
                pause.wait(0.05)


class AskingCrash(unittest.TestCase):
    def test_nobody_is_asked_about_twice_and_no_answer_is_lost(self):
        random.seed(44)
        with Clinic() as clinic:
            clinic.set_key("site", "answer_within", '"120s"')
            clinic.start_sim("--answer-after", "80ms")
            clinic.start_daemon()
            people = people_of(clinic)[:QUESTIONS]
            begin = time.monotonic()
            # Spread over the time of the kills, so that each of them meets some in every step.
            clients = [Client(clinic, index, person, begin + index * 0.25)
                       for index, person in enumerate(people)]
            for client in clients:
                client.start()
            pause = threading.Event()
            kills = 0
            while kills < KILLS or (time.monotonic() - begin < QUESTIONS * 0.25):
                pause.wait(random.uniform(0.0, 0.4))
                clinic.kill_daemon()
                clinic.start_daemon()
                kills += 1
            for client in clients:
                client.join(PATIENCE * 3)
                self.assertIsNotNone(client.answer, client.person["patient"])
                qualification = client.answer.confirmation.qualifications[0]
                self.assertEqual(qualification.name, client.person["name"])
            asked = [entry["patient"] for entry in clinic.requests()]
            self.assertEqual(sorted(asked), sorted(person["patient"] for person in people))
            receptions = clinic.receptions()
            self.assertEqual(len(receptions), QUESTIONS // 2)
            self.assertEqual({entry["state"] for entry in receptions},
                             {"RECEPTION_STATE_ANSWERED"})
            res = clinic.folder / "oqs" / "res"
            req = clinic.folder / "oqs" / "req"
            wait_until(lambda: not list(res.iterdir()) and not list(req.iterdir()))
            print(f"{kills} kills, {len(asked)} requests for {QUESTIONS} questions,"
                  f" {sum(client.calls for client in clients)} calls", flush=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
