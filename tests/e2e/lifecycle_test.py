"""Start, stop, refusal: what a technician and a service manager see of the programs."""

import json
import os
import re
import subprocess
import unittest

from clinic import BIN, Clinic, wait_until


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          encoding="utf-8", timeout=60, check=False, **options)


class Lifecycle(unittest.TestCase):
    def test_a_second_daemon_on_the_site_exits_2(self):
        with Clinic() as clinic:
            clinic.start_daemon()
            second = run(BIN / "madoguchid", "--config", clinic.config)
            self.assertEqual(second.returncode, 2)
            self.assertIn("MDG-1602", second.stderr)
            self.assertEqual(second.stdout, "")
            clinic.tap()
            wait_until(lambda: len(clinic.receptions()) == 1)

    def test_sigterm_ends_in_order_with_open_watchers(self):
        with Clinic() as clinic:
            clinic.start_daemon()
            watchers = [clinic.watch("--now", name=f"w{i}") for i in range(5)]
            for watcher in watchers:
                watcher.wait_until(lambda lines: lines)
            status = clinic.program("status", [BIN / "madoguchi", "--target", clinic.target,
                                               "--json", "status", "--watch"])
            status.wait_until(lambda lines: lines)
            self.assertEqual(clinic.daemon.stop(10), 0)
            self.assertEqual(status.wait(), 5)
            self.assertFalse(clinic.socket.exists())
            for watcher in watchers:
                wait_until(lambda one=watcher: "MDG-1004" in one.stderr(), 10)
                self.assertTrue(watcher.running(), "it waits for the daemon to come back")
            clinic.start_daemon()
            clinic.tap()
            for watcher in watchers:
                watcher.wait_for(lambda line: '"reception"' in line)
                self.assertEqual(watcher.stop(), 0)

    def test_a_socket_left_by_a_killed_daemon_is_replaced(self):
        with Clinic() as clinic:
            clinic.start_daemon()
            clinic.kill_daemon()
            self.assertTrue(clinic.socket.exists())
            clinic.start_daemon()
            clinic.cli("status")

    def test_a_bad_configuration_exits_2_and_names_the_place(self):
        with Clinic() as clinic:
            good = run(BIN / "madoguchid", "--config", clinic.config, "--check")
            self.assertEqual(good.returncode, 0, good.stderr)
            text = clinic.config.read_text()
            clinic.config.write_text(text.replace('counter = "front-1"', 'counter = "front 1"'))
            line = 1 + clinic.config.read_text().split('counter = "front 1"')[0].count("\n")
            for words in ((), ("--check",)):
                bad = run(BIN / "madoguchid", "--config", clinic.config, *words)
                self.assertEqual(bad.returncode, 2)
                self.assertIn(f"{clinic.config}:{line}: terminal.counter = 'front 1'", bad.stderr)
                self.assertIn("A-Z a-z 0-9", bad.stderr)

    def test_exit_codes_of_the_command_line(self):
        with Clinic() as clinic:
            clinic.cli("status", expect=3)
            clinic.start_daemon()
            clinic.cli("reception", "show", "no-such-reception", expect=1)
            clinic.cli("reception", "show", "not/a/name", expect=2)
            self.assertEqual(run(BIN / "madoguchi", "nonsense").returncode, 2)
            self.assertEqual(run(BIN / "madoguchi", "watch", "--count", "x").returncode, 2)
            self.assertEqual(run(BIN / "madoguchi", "--help").returncode, 0)
            for program in ("madoguchi", "madoguchid", "madoguchi-sim"):
                self.assertRegex(run(BIN / program, "--help").stdout, "--")

    @unittest.skipUnless(os.geteuid() == 0, "needs root to become somebody else")
    def test_a_stranger_on_the_machine_is_refused(self):
        with Clinic() as clinic:
            text = clinic.config.read_text()
            clinic.config.write_text(text.replace("[listen]", '[listen]\nunix_mode = "0666"'))
            for folder in (clinic.folder.parent, clinic.folder):
                folder.chmod(0o755)
            clinic.start_daemon()
            stranger = run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
                           BIN / "madoguchi", "--target", clinic.target, "status")
            self.assertEqual(stranger.returncode, 4, stranger.stderr)
            self.assertIn("MDG-1101", stranger.stderr)

    def test_certificates_give_roles_and_are_renewed_without_a_restart(self):
        with Clinic(tcp=True) as clinic:
            clinic.start_daemon()
            pki = clinic.folder / "pki"

            def call(name, *words, ca=pki / "ca.pem"):
                return run(BIN / "madoguchi", "--target", f"127.0.0.1:{clinic.port}",
                           "--cert", pki / f"{name}.pem", "--key", pki / f"{name}.key",
                           "--ca", ca, "--json", *words)
            self.assertEqual(call("emr", "reception", "list").returncode, 0)
            denied = call("technician", "reception", "list")
            self.assertEqual(denied.returncode, 4, denied.stderr)
            self.assertIn("MDG-1102", denied.stderr)
            self.assertEqual(call("technician", "status").returncode, 0)
            # A certificate of a CA of one's own is worth nothing.
            own = clinic.folder / "own"
            for words in (("init",), ("client", "emr")):
                made = run(BIN / "madoguchi", "pki", *words, "--dir", own)
                self.assertEqual(made.returncode, 0, made.stderr)
            foreign = run(BIN / "madoguchi", "--target", f"127.0.0.1:{clinic.port}", "--cert",
                          own / "emr.pem", "--key", own / "emr.key", "--ca", pki / "ca.pem",
                          "status")
            self.assertEqual(foreign.returncode, 3, foreign.stderr)
            # The server's certificate is renewed under an open stream.
            watch = clinic.watch("--now")
            watch.wait_until(lambda lines: lines)
            expires = clinic.cli("status").messages[0]["tcpListener"]["certificateExpires"]
            renewed = run(BIN / "madoguchi", "pki", "server", "localhost", "--also", "127.0.0.1",
                          "--days", "100", "--force", "--dir", pki)
            self.assertEqual(renewed.returncode, 0, renewed.stderr)
            wait_until(lambda: clinic.cli("status").messages[0]["tcpListener"]
                       ["certificateExpires"] != expires)
            self.assertEqual(call("emr", "status").returncode, 0)
            self.assertTrue(watch.running())

    def test_no_personal_data_in_log_and_state_names(self):
        with Clinic() as clinic:
            clinic.start_daemon()
            for person in ("valid-with-consents", "maru-name", "not-enrolled", "twins-no-branch"):
                clinic.tap(persona=person)
            wait_until(lambda: len(clinic.receptions()) == 4)
            listed = clinic.receptions()
            clinic.cli("reception", "cancel", listed[0]["receptionId"], "--reason", "架空の理由")
            clinic.stop_daemon()
            log = clinic.daemon.stderr()
            self.assertIn("started", log)
            words = set()
            for reception in listed:
                for entry in reception.get("confirmation", {}).get("qualifications", []):
                    words |= {entry["name"], entry["nameKana"], entry["birthDate"]["text"],
                              entry["insured"]["number"], entry.get("referenceNumber") or "架空"}
            self.assertGreater(len(words), 5)
            for word in words | {"架空の理由"}:
                self.assertIsNone(re.search(rf"(?<![0-9a-f]){re.escape(word)}(?![0-9a-f])", log),
                                  "personal data in the log")

    def test_convert_goes_on_past_a_bad_file(self):
        with Clinic() as clinic:
            clinic.tap(persona="preschool")
            face = next((clinic.folder / "oqs" / "face").glob("*.xml"))
            bad = clinic.folder / "OQSsiquc01res_bad.xml"
            bad.write_text("<XmlMsg><a></b></XmlMsg>")
            missing = clinic.folder / "missing.xml"
            opaque = clinic.folder / "OQSsiurl01res_1.xml"
            opaque.write_bytes(b"\xff\x00")
            done = run(BIN / "madoguchi", "convert", "--to", "json", bad, face, missing, opaque)
            self.assertEqual(done.returncode, 1)
            message, carried = [json.loads(line) for line in done.stdout.splitlines()]
            self.assertEqual(message["family"], "MESSAGE_FAMILY_OQSSIQUC01_FACE")
            self.assertEqual(carried["opaque"], {"familyName": "OQSsiurl01", "content": "/wA="})
            of_bad, of_missing = done.stderr.splitlines()
            self.assertTrue(of_bad.startswith(f"{bad}: MDG-1302 "), of_bad)
            self.assertTrue(of_bad.endswith("(character 13)"), of_bad)
            self.assertTrue(of_missing.startswith(f"{missing}: MDG-1702 "), of_missing)


if __name__ == "__main__":
    unittest.main(verbosity=2)
