"""The sample clients of docs/samples do what their pages promise, against the real programs: they
show every reception, survive a restart of the daemon, go on from their cursor, and ask OQS once."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import stubs
from clinic import PATIENCE, ROOT, Clinic, wait_until

BUILD = pathlib.Path(os.environ.get("MADOGUCHI_BUILD", ROOT / "build"))
SAMPLES = ROOT / "docs" / "samples"


def node_sample(name):
    """A script in a copy of its place in the project, with the locked packages beside it."""
    top = BUILD / "samples"
    folder = top / "docs" / "samples" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    locked = SAMPLES / "node" / "package-lock.json"
    done = folder / "installed-lock.json"
    for file in (name, "package.json", "package-lock.json"):
        shutil.copy(SAMPLES / "node" / file, folder)
    if not done.exists() or done.read_bytes() != locked.read_bytes():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder,
                       check=True, timeout=PATIENCE * 4, stdout=subprocess.DEVNULL)
        shutil.copy(locked, done)
    shutil.rmtree(top / "proto", ignore_errors=True)
    shutil.copytree(ROOT / "proto", top / "proto")
    return folder / name


class WatchSamples(unittest.TestCase):
    """Both watchers go through the same morning."""

    def morning(self, clinic, start):
        clinic.start()
        watcher = start("watch1")
        clinic.tap(persona="valid-with-consents")
        first = watcher.wait_for(lambda line: line.endswith(" 900001"))
        self.assertRegex(first, r"^\S+ ANSWERED \S+ 900001$")

        # The daemon is restarted under the watcher, politely and not.
        clinic.restart_daemon()
        clinic.tap(persona="lost-with-newer")
        watcher.wait_for(lambda line: line.endswith(" 900005"))
        clinic.kill_daemon()
        clinic.start_daemon()
        clinic.tap(persona="preschool")
        watcher.wait_for(lambda line: line.endswith(" 900012"))
        self.assertTrue(watcher.running())

        # What happens while the watcher is away comes when it is back, and nothing else.
        watcher.kill()
        clinic.tap(persona="two-qualifications")
        clinic.tap(persona="valid-no-reference-number")
        again = start("watch2")

        def charts(lines):
            return {line.split()[3] for line in lines}
        again.wait_until(lambda lines: {"900008", "-"} <= charts(lines))
        # The one it was killed at may come twice (it saves its cursor after showing), no older one.
        self.assertLessEqual(charts(again.lines()), {"900008", "-", "900012"})

    def test_python_over_the_unix_socket(self):
        env = dict(os.environ, PYTHONPATH=stubs.FOLDER, PYTHONDONTWRITEBYTECODE="1")
        with Clinic() as clinic:
            cursor = clinic.folder / "emr.cursor"
            self.morning(clinic, lambda name: clinic.program(name, [
                "/usr/bin/python3", SAMPLES / "python" / "watch.py", clinic.target, cursor],
                env=env))
            out = subprocess.run(
                ["/usr/bin/python3", str(SAMPLES / "python" / "qualifications.py"), clinic.target],
                env=env, capture_output=True, text=True, encoding="utf-8", check=True,
                timeout=PATIENCE).stdout
            self.assertEqual(5, sum(not line.startswith(" ") for line in out.splitlines()))
            self.assertEqual(6, sum(line.startswith(" ") for line in out.splitlines()))
            self.assertIn("INVALID_NEWER_EXISTS", out)

    def test_node_over_mutual_tls(self):
        script = node_sample("watch.mjs")
        with Clinic(tcp=True) as clinic:
            cursor = clinic.folder / "emr.cursor"
            self.morning(clinic, lambda name: clinic.program(name, [
                "node", script, f"127.0.0.1:{clinic.port}", clinic.folder / "pki", "emr",
                cursor]))


class AskSamples(unittest.TestCase):
    """Both ask about somebody while the daemon is killed, and about somebody while the line is down."""

    def questions(self, clinic, command, env=None):
        clinic.start()
        people = [entry for entry in clinic.population()
                  if not entry.get("persona") and entry["insurer_number"]]

        def start(index):
            about = clinic.folder / f"person-{index}.json"
            about.write_text(json.dumps({**people[index], "counter": "front-1"}), encoding="utf-8")
            with open(about, encoding="utf-8") as stdin:
                return clinic.program(f"ask{index}", [*command, f"visit-{index}"], env=env,
                                      stdin=stdin)

        clinic.fault("set", "answer-late")
        asking = start(0)
        wait_until(lambda: len(clinic.requests()) == 1)
        clinic.kill_daemon()
        clinic.start_daemon()
        clinic.fault("clear")
        self.assertEqual(asking.wait(), 0, asking.stderr())
        first, second = asking.lines()
        self.assertRegex(first, r"^\S+ ANSWERED VALID$")
        self.assertIn(people[0]["name"], second)
        self.assertEqual(len(clinic.requests()), 1)

        clinic.fault("set", "exchange-gone")
        waiting = start(1)
        self.assertEqual(waiting.wait(), 0, waiting.stderr())
        self.assertRegex(waiting.lines()[0], r"^\S+ PENDING UNSPECIFIED$")
        clinic.fault("clear")
        # The same command again: the daemon has asked by itself meanwhile.
        wait_until(lambda: len(clinic.requests()) == 2)
        self.assertEqual(start(1).wait(), 0)
        self.assertEqual(len(clinic.requests()), 2)

    def test_python_over_the_unix_socket(self):
        env = dict(os.environ, PYTHONPATH=stubs.FOLDER, PYTHONDONTWRITEBYTECODE="1")
        with Clinic() as clinic:
            self.questions(clinic, ["/usr/bin/python3", SAMPLES / "python" / "ask.py",
                                    clinic.target], env)

    def test_node_over_mutual_tls(self):
        script = node_sample("ask.mjs")
        with Clinic(tcp=True) as clinic:
            self.questions(clinic, ["node", script, f"127.0.0.1:{clinic.port}",
                                    clinic.folder / "pki", "emr"])


class DrugHistorySamples(unittest.TestCase):
    """Both go from card reads to medicines, and pass over who did not agree."""

    def visits(self, clinic, command, env=None):
        clinic.start()
        clinic.tap(persona="valid-without-consents", consent="none")
        clinic.tap(persona="valid-with-consents", consent="drug")
        sample = clinic.program("history", [*command, "2"], env=env)
        sample.wait_for(lambda line: line.endswith(" 900001"))
        sample.wait_for(lambda line: "みほん市立病院" in line)
        clinic.tap(persona="card-expiring", consent="all")
        sample.wait_for(lambda line: line.endswith(" 900022"))
        self.assertEqual(0, sample.wait(), sample.stderr())
        self.assertNotIn("900002", " ".join(sample.lines()))
        self.assertEqual(2, len(clinic.requests()))

    def test_python_over_the_unix_socket(self):
        env = dict(os.environ, PYTHONPATH=stubs.FOLDER, PYTHONDONTWRITEBYTECODE="1")
        with Clinic() as clinic:
            self.visits(clinic, ["/usr/bin/python3", SAMPLES / "python" / "drug_history.py",
                                 clinic.target], env)

    def test_node_over_mutual_tls(self):
        script = node_sample("drug_history.mjs")
        with Clinic(tcp=True) as clinic:
            self.visits(clinic, ["node", script, f"127.0.0.1:{clinic.port}",
                                 clinic.folder / "pki", "dispensing"])


if __name__ == "__main__":
    unittest.main()
