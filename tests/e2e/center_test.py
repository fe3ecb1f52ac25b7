"""The web API of OQS: what the daemon does when it answers, and whatever else it does."""

import concurrent.futures
import json
import subprocess
import time
import unittest

import grpc
from asking import Desk, State, number_of, people_of

from clinic import PATIENCE, Clinic, wait_until

# The daemon's patience with one answer here, and what a busy machine may add to it.
WITHIN = 2
SLACK = 6


def state_of(reception):
    return State.Name(reception.state).removeprefix("RECEPTION_STATE_")


class OverTheWeb(unittest.TestCase):
    def start(self, by_web=True, terminals=1, answer_after="20ms", sim=(), **center):
        self.clinic = Clinic(terminals=terminals, by_web=by_web)
        self.clinic.by_web = True  # The line looked at is the web's.
        self.addCleanup(self.clinic.close)
        settings = {"answer_within": f'"{WITHIN}s"', "connect_within": '"2s"',
                    "try_again_after": '"1s"', **center}
        for key, value in settings.items():
            self.clinic.set_key("center", key, value)
        self.clinic.start_sim("--answer-after", answer_after, *sim)
        self.clinic.start_daemon()
        self.people = people_of(self.clinic)
        self.desk = Desk(self.clinic)
        self.web = terminals
        self.desk.wait_for_line("ONLINE")

    def restart(self):
        """Another daemon, and a client that knows nothing of the one before."""
        self.clinic.restart_daemon()
        self.desk = Desk(self.clinic)

    def forget_connections(self):
        """Restarts the simulator, which ends every connection."""
        self.clinic.sim.stop()
        self.clinic.start_sim("--answer-after", "20ms")

    def log(self, what):
        """How many lines of the center's own log say so."""
        path = self.clinic.folder / "sim" / "center.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return sum(json.loads(line)["what"] == what for line in lines)

    def asked_about(self, person):
        return [entry for entry in self.clinic.requests() if entry["patient"] == person["patient"]]

    def assert_error(self, number, call, *args, **fields):
        with self.assertRaises(grpc.RpcError) as caught:
            call(*args, **fields)
        self.assertEqual(number_of(caught.exception), number, caught.exception)
        return caught.exception

    def confirm_right(self, person, **fields):
        answer = self.desk.confirm(person, wait_seconds=20, **fields)
        self.assertEqual(answer.confirmation.qualifications[0].name, person["name"])
        return answer


class Answers(OverTheWeb):
    def test_an_answer_with_and_without_a_reception(self):
        self.start()
        self.confirm_right(self.people[0])
        reception = self.confirm_right(self.people[1], open_reception=True).reception
        self.assertEqual(state_of(reception), "ANSWERED")
        self.assertEqual(reception.terminal, "web")
        self.assertEqual([entry["terminal"] for entry in self.clinic.requests()], ["web"] * 2)
        self.assertEqual(self.log("login"), 1)
        line = self.desk.line()
        self.assertEqual((line.asked, line.answered, line.unanswered), (2, 2, 0))

    def test_many_at_once_use_one_login(self):
        self.start()
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(
                lambda person: self.desk.confirm(person, wait_seconds=30), self.people[:40]))
        self.assertEqual([answer.confirmation.qualifications[0].name for answer in answers],
                         [person["name"] for person in self.people[:40]])
        self.assertEqual(len(self.clinic.requests()), 40)
        self.assertEqual(self.log("login"), 1)

    def test_tokens_are_renewed_before_they_end(self):
        self.start(sim=("--token-for", "3s"), token_lifetime='"2s"')
        wait_until(lambda: self.log("renew") >= 2)
        self.confirm_right(self.people[0])
        self.assertEqual((self.log("login"), self.log("refused")), (1, 0))

    def test_a_token_that_ended_early_costs_one_login(self):
        self.start()
        self.confirm_right(self.people[0])
        self.clinic.fault("set", "center-token-expired")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(
                lambda person: self.desk.confirm(person, wait_seconds=20), self.people[1:9]))
        self.assertTrue(all(answer.confirmation.qualifications for answer in answers))
        self.assertEqual(self.log("login"), 2)
        answered = [entry["identifier"] for entry in self.clinic.requests()
                    if entry["outcome"] == "answered"]
        self.assertEqual(len(answered), len(set(answered)))

    def test_the_configuration_says_who_answers_what(self):
        self.start(by_web=False)
        self.confirm_right(self.people[0])
        self.assertEqual([entry["terminal"] for entry in self.clinic.requests()], ["terminal-1"])

    def test_the_environment_counts_for_nothing(self):
        self.clinic = Clinic(by_web=True)
        self.addCleanup(self.clinic.close)
        keys = self.clinic.folder / "keylog"
        self.clinic.start_sim("--answer-after", "20ms")
        self.clinic.start_daemon(env={"https_proxy": "http://127.0.0.1:9", "ALL_PROXY": "socks5://x",
                                      "SSLKEYLOGFILE": str(keys), "PATH": "/usr/bin:/bin"})
        self.desk = Desk(self.clinic)
        self.desk.wait_for_line("ONLINE")
        self.confirm_right(people_of(self.clinic)[0])
        self.assertFalse(keys.exists())

    def test_nothing_secret_is_in_log_status_or_command_line(self):
        self.start()
        self.confirm_right(self.people[0])
        password = (self.clinic.folder / "pki/center-password").read_text(encoding="utf-8").strip()
        shown = self.clinic.daemon.stderr() + str(self.desk.status())
        with open(f"/proc/{self.clinic.daemon.pid}/cmdline", encoding="utf-8") as line:
            shown += line.read()
        self.assertNotIn(password, shown)
        self.assertNotIn(self.people[0]["name"], shown)


class Faults(OverTheWeb):
    # How one question ends, by fault: the number without a reception, the state with one.
    ENDS = {
        "center-refuses": ("MDG-1221", "PENDING"),
        "center-certificate-expired": ("MDG-1222", "PENDING"),
        "center-hangs": ("MDG-1414", "OUTCOME_UNKNOWN"),
        "center-resets": ("MDG-1414", "OUTCOME_UNKNOWN"),
        "center-fails": ("MDG-1414", "OUTCOME_UNKNOWN"),
        "center-garbage": ("MDG-1414", "OUTCOME_UNKNOWN"),
        "answer-never": ("MDG-1414", "OUTCOME_UNKNOWN"),
        "answer-late": ("MDG-1414", "OUTCOME_UNKNOWN"),
        "answer-truncated": ("MDG-1414", "OUTCOME_UNKNOWN"),
        "answer-unreadable": ("MDG-1414", "OUTCOME_UNKNOWN"),
        "answer-foreign": ("MDG-1414", "OUTCOME_UNKNOWN"),
        "center-other-person": ("MDG-1412", "REFUSED"),
        "answer-institution": ("MDG-1209", "REFUSED"),
        "answer-error": (None, "REFUSED"),
        "center-slow": (None, "ANSWERED"),
    }

    def test_every_fault_has_a_known_end_and_nothing_is_asked_twice(self):
        self.start(answer_within='"4s"')
        for place, (fault, (number, state)) in enumerate(self.ENDS.items()):
            with self.subTest(fault):
                self.desk.wait_for_line("ONLINE", "DEGRADED")
                before = len(self.clinic.requests())
                # A connection that is kept does not see what new ones see.
                self.clinic.fault("set", fault)
                if state == "PENDING":
                    self.forget_connections()
                first, second = self.people[2 * place], self.people[2 * place + 1]
                try:
                    answer = self.desk.confirm(first, wait_seconds=WITHIN + SLACK)
                    self.assertIsNone(number)
                    self.assertEqual(answer.confirmation.HasField("header"), True)
                except grpc.RpcError as error:
                    self.assertIn(number_of(error), {number, "MDG-1413"}, error)
                    if number == "MDG-1414":
                        self.assertEqual(number_of(error), number)
                reception = self.desk.confirm(second, open_reception=True, wait_seconds=20).reception
                self.assertEqual(state_of(reception), state, reception.next_step)
                identifiers = [entry["identifier"] for entry in self.clinic.requests()[before:]]
                self.assertEqual(len(identifiers), len(set(identifiers)), fault)
                self.clinic.fault("clear")
                if state == "PENDING":
                    self.desk.wait_for_state(reception.reception_id, "ANSWERED")
                else:
                    self.heal()
        self.assertTrue(self.clinic.daemon.running())

    def heal(self):
        """Asks until there is an answer: two in a row without one shut the line for a second."""
        def answered():
            try:
                return self.desk.confirm(self.people[-1], wait_seconds=5)
            except grpc.RpcError:
                return None
        wait_until(answered, every=0.3)

    def test_a_hung_center_holds_up_nobody_else(self):
        self.start(answer_within='"30s"')
        self.clinic.fault("set", "center-hangs")
        watch = self.clinic.watch()
        waiting = [self.desk.confirm_later(person, wait_seconds=25, timeout=PATIENCE)
                   for person in self.people[:12]]
        wait_until(lambda: self.desk.line().in_flight >= 8)
        begun = time.monotonic()
        tap = self.clinic.tap("valid-with-consents")
        watch.wait_for(lambda line: '"ANSWERED"' in line or "RECEPTION_STATE_ANSWERED" in line, 10)
        self.assertTrue(self.clinic.receptions())
        self.desk.status()
        self.assertLess(time.monotonic() - begun, 5, tap)
        # The end does not wait for the center either.
        begun = time.monotonic()
        self.assertEqual(self.clinic.stop_daemon(), 0)
        self.assertLess(time.monotonic() - begun, 8)
        for call in waiting:
            self.assertRaises(grpc.RpcError, call.result, PATIENCE)
        self.assertNotIn("web_line_abandoned", self.clinic.daemon.stderr())

    def test_a_restart_knows_that_the_outcome_is_unknown(self):
        self.start(answer_within='"30s"')
        self.clinic.fault("set", "answer-late")
        reception = self.desk.confirm(self.people[0], open_reception=True).reception
        wait_until(lambda: self.asked_about(self.people[0]))
        self.clinic.kill_daemon()
        self.clinic.fault("clear")
        self.clinic.start_daemon()
        self.desk = Desk(self.clinic)
        self.desk.wait_for_state(reception.reception_id, "OUTCOME_UNKNOWN")
        self.assertEqual(len(self.asked_about(self.people[0])), 1)
        # A person decides to ask once more.
        self.desk.wait_for_line("ONLINE", "DEGRADED")
        self.desk.retry(reception.reception_id)
        self.desk.wait_for_state(reception.reception_id, "ANSWERED")

    def test_a_refused_login_is_told_and_not_hammered(self):
        self.start()
        self.clinic.fault("set", "center-login-refused")
        self.restart()
        self.desk.wait_for_line("OFFLINE")
        line = self.desk.line()
        self.assertEqual(line.cause.number, "MDG-1223")
        self.assertTrue(line.cause.next_step_ja)
        logins = self.log("login")
        self.assert_error("MDG-1413", self.desk.confirm, self.people[0], wait_seconds=2)
        self.assertLessEqual(self.log("login"), logins + 1)
        self.assertFalse(self.clinic.requests())

    def test_a_terminal_takes_over_what_certainly_did_not_leave(self):
        self.start()
        # Both answer: the web first, the terminal when nothing has left.
        text = self.clinic.config.read_text(encoding="utf-8")
        self.clinic.config.write_text(
            text.replace('extra_folders = ["oqs/trash"]',
                         'extra_folders = ["oqs/trash"]\nreq = "oqs/req"\nres = "oqs/res"'),
            encoding="utf-8")
        self.restart()
        self.desk.wait_for_line("ONLINE")
        self.confirm_right(self.people[0])
        self.clinic.fault("set", "center-refuses")
        self.forget_connections()
        self.confirm_right(self.people[1])
        self.clinic.fault("clear")
        self.assertEqual([entry["terminal"] for entry in self.clinic.requests()],
                         ["web", "terminal-1"])

    def test_a_certificate_that_ends_soon_is_told(self):
        self.start()
        expires = self.desk.status().connections[self.web].certificate_expires
        self.assertGreater(expires.seconds, time.time() + 600 * 86400)
        self.assertFalse([one for one in self.desk.status().warnings if one.number == "MDG-1228"])
        self.issue_client_certificate(days=20)
        self.restart()
        self.desk.wait_for_line("ONLINE")
        warned = [one for one in self.desk.status().warnings if one.number == "MDG-1228"]
        self.assertEqual(len(warned), 1)
        self.assertIn("30 days", warned[0].text_en)
        self.confirm_right(self.people[0])

    def issue_client_certificate(self, days):
        pki = self.clinic.folder / "pki"
        for words in (["req", "-new", "-key", pki / "center-client.key", "-subj", "/CN=again",
                       "-out", pki / "again.csr"],
                      ["x509", "-req", "-in", pki / "again.csr", "-CA", pki / "center-ca.pem",
                       "-CAkey", pki / "center-ca.key", "-days", days,
                       "-out", pki / "center-client.pem"]):
            subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


if __name__ == "__main__":
    unittest.main(verbosity=2)
