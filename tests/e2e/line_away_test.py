"""A line to OQS that is away for a while, or comes and goes: who is received meanwhile waits, and is
asked about once, in the order of coming."""

import collections
import threading
import time
import unittest

import grpc
from asking import Desk, State, number_of, people_of

from clinic import PATIENCE, Clinic, wait_until


def state_of(reception):
    return State.Name(reception.state).removeprefix("RECEPTION_STATE_")


class LineAway(unittest.TestCase):
    def start(self, within=60):
        self.clinic = Clinic()
        self.addCleanup(self.clinic.close)
        self.clinic.set_key("site", "answer_within", f'"{within}s"')
        self.clinic.set_key("terminal", "try_again_after", '"1s"')
        self.clinic.start_sim("--answer-after", "50ms")
        self.clinic.start_daemon()
        self.people = people_of(self.clinic)
        self.desk = Desk(self.clinic)
        self.desk.wait_for_line("ONLINE")

    def test_who_came_while_it_was_away_is_asked_about_in_order(self):
        self.start()
        self.clinic.fault("set", "exchange-gone")
        line = self.desk.wait_for_line("OFFLINE")
        self.assertTrue(line.cause.next_step_ja)
        self.assertEqual(line.cause.number, "MDG-1201")
        complete, incomplete = [], []
        for index, person in enumerate(self.people[:50]):
            # Every other certificate lacks the number.
            lacks = {"number": ""} if index % 2 else {}
            reception = self.desk.confirm({**person, **lacks}, open_reception=True,
                                          wait_seconds=1).reception
            self.assertEqual(state_of(reception), "PENDING")
            (incomplete if lacks else complete).append((reception.reception_id, person))
        self.assertEqual(self.desk.status().pending_receptions, 50)
        # Without a reception nothing is promised.
        with self.assertRaises(grpc.RpcError) as refused:
            self.desk.confirm(self.people[49], wait_seconds=1)
        self.assertEqual(number_of(refused.exception), "MDG-1413")
        # They outlive the daemon.
        self.clinic.kill_daemon()
        self.clinic.start_daemon()
        self.desk = Desk(self.clinic)
        self.desk.wait_for_line("OFFLINE")
        self.assertEqual(self.clinic.requests(), [])
        self.clinic.fault("clear")
        back_at = time.monotonic()
        for reception_id, person in complete:
            answered = self.desk.wait_for_state(reception_id, "ANSWERED", seconds=60)
            self.assertEqual(answered.confirmation.qualifications[0].name, person["name"])
        took = time.monotonic() - back_at
        asked = self.clinic.requests()
        self.assertEqual([entry["patient"] for entry in asked],
                         [person["patient"] for _, person in complete])
        print(f"{len(complete)} asked in order within {took:.1f} s of the line's return",
              flush=True)
        # Not all at once: at most two a second.
        self.assertGreater(took, len(complete) / 2 - 1)
        for reception_id, person in incomplete:
            self.assertEqual(state_of(self.desk.get(reception_id)), "PENDING")
        for reception_id, person in incomplete:
            self.desk.complete(reception_id, person, request_id="c" + reception_id[:30])
        for reception_id, person in incomplete:
            answered = self.desk.wait_for_state(reception_id, "ANSWERED", seconds=60)
            self.assertEqual(answered.confirmation.qualifications[0].name, person["name"])
        counted = collections.Counter(entry["patient"] for entry in self.clinic.requests())
        self.assertEqual(set(counted.values()), {1})
        self.assertEqual(len(counted), 50)

    def test_a_line_that_comes_and_goes_makes_no_storm(self):
        self.start(within=20)
        waiting = []
        self.clinic.fault("set", "exchange-gone")
        self.desk.wait_for_line("OFFLINE")
        for person in self.people[:10]:
            waiting.append(self.desk.confirm(person, open_reception=True).reception)
        self.clinic.fault("clear")
        self.clinic.fault("set", "line-flapping")
        # Meanwhile a clerk asks about somebody else every now and then.
        pause = threading.Event()
        until = time.monotonic() + 15
        asked = list(waiting)
        people = iter(self.people[10:])
        while time.monotonic() < until:
            asked.append(self.desk.confirm(next(people), open_reception=True).reception)
            pause.wait(0.7)
        during = len(self.clinic.requests())
        states = collections.Counter(
            state_of(self.desk.get(reception.reception_id)) for reception in asked)
        self.clinic.fault("clear")
        self.assertLessEqual(during, len(asked))
        # Those that wait are not tried again with every coming and going.
        self.assertEqual({state_of(self.desk.get(reception.reception_id))
                          for reception in waiting} - {"PENDING", "ASKING", "ANSWERED"}, set())
        for reception in asked:
            self.desk.wait_for_state(reception.reception_id, "ANSWERED", "OUTCOME_UNKNOWN",
                                     seconds=60)
        counted = collections.Counter(entry["patient"] for entry in self.clinic.requests())
        print(f"{len(asked)} questions, {during} requests in 15 s of flapping ({dict(states)}),"
              f" {len(counted)} after it", flush=True)
        self.assertEqual(set(counted.values()), {1}, "one was asked about twice")

    def test_an_unknown_outcome_is_tried_again_by_a_person_only(self):
        self.start(within=2)
        person = self.people[0]
        self.clinic.fault("set", "request-eaten")
        reception = self.desk.confirm(person, open_reception=True, wait_seconds=10).reception
        self.assertEqual(state_of(reception), "OUTCOME_UNKNOWN")
        self.clinic.fault("clear")
        line = self.desk.line()
        self.assertEqual(line.unanswered, 1)
        self.assertEqual(line.cause.number, "MDG-1213")
        self.assertTrue(line.cause.next_step_ja)
        # Another question goes out and is answered meanwhile: this one does not follow it.
        self.desk.confirm(self.people[1], wait_seconds=10)
        self.assertEqual(state_of(self.desk.get(reception.reception_id)), "OUTCOME_UNKNOWN")
        first = self.desk.retry(reception.reception_id, request_id="again")
        self.assertEqual(state_of(first), "ASKING")
        self.desk.wait_for_state(reception.reception_id, "ANSWERED")
        # Repeated, it says what it said, and does not ask.
        self.assertEqual(self.desk.retry(reception.reception_id, request_id="again"), first)
        with self.assertRaises(grpc.RpcError) as refused:
            self.desk.retry(reception.reception_id)
        self.assertEqual(number_of(refused.exception), "MDG-1402")
        self.assertEqual(len([entry for entry in self.clinic.requests()
                              if entry["patient"] == person["patient"]]), 2)

    def test_a_terminal_that_swallows_everything_is_left_alone(self):
        self.start(within=1)
        self.clinic.fault("set", "request-eaten")
        for person in self.people[:2]:
            self.desk.confirm(person, open_reception=True, wait_seconds=10)
        self.desk.wait_for_line("OFFLINE")
        receptions = [self.desk.confirm(person, open_reception=True).reception
                      for person in self.people[2:20]]
        self.assertIn("PENDING", {state_of(reception) for reception in receptions})
        pause = threading.Event()
        before = len(self.clinic.requests())
        pause.wait(6)
        tried = len(self.clinic.requests()) - before
        # One at a time, a second for its answer and one before the next.
        self.assertLessEqual(tried, 5)
        self.clinic.fault("clear")
        states = [state_of(self.desk.wait_for_state(reception.reception_id, "ANSWERED",
                                                    "OUTCOME_UNKNOWN", seconds=PATIENCE * 2))
                  for reception in receptions]
        print(f"{tried} tries in 6 s; then {dict(collections.Counter(states))}", flush=True)
        self.assertGreaterEqual(states.count("ANSWERED"), 8)
        wait_until(lambda: self.desk.line().state == 1, PATIENCE)


if __name__ == "__main__":
    unittest.main(verbosity=2)
