"""Four routes while everything goes wrong: destinations are killed, hang, answer nonsense, refuse,
have no space; adapter and daemon are killed (-9). Every reception arrives at each destination at
least once, in the order of its patient, none is missing. What arrived twice is counted.

MADOGUCHI_RECEPTIONS and MADOGUCHI_KILLS say how many (5000 and 30 for the whole of it)."""

import datetime
import json
import os
import pathlib
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

from clinic import Clinic, token, wait_until
from deliver import Adapter, folder_route
from bad_receivers import BUSY, GARBAGE, GOOD, HANG, REFUSE, Http, Mllp

RECEPTIONS = int(os.environ.get("MADOGUCHI_RECEPTIONS", "300"))
KILLS = int(os.environ.get("MADOGUCHI_KILLS", "6"))
BATCH = 25
# For everything to arrive once all is well again.
SETTLE = 60 + RECEPTIONS / 10

HEAD = ('[[route]]\nname = "{name}"\nformat = "{form}"\nretry_first = "100ms"\n'
        'retry_most = "1s"\ndeliver_within = "3s"\n[route.to]\n')
MLLP = HEAD + 'kind = "mllp"\nhost = "127.0.0.1"\nport = {port}\nanswer_within = "1s"\n'
HTTP = HEAD + ('kind = "http"\nurl = "http://127.0.0.1:{port}/in"\nplain = true\n'
               'answer_within = "1s"\n')
HOOK = HEAD + 'kind = "hook"\nprogram = "{program}"\narguments = ["{into}"]\nwithin = "2s"\n'


def say(text):
    print(text, file=sys.stderr, flush=True)


class Storm(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(9)
        self.clinic = Clinic(terminals=2, init=("--patients", "60"))
        self.addCleanup(self.clinic.close)
        self.clinic.start()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mdg-storm-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.out = self.folder / "out"
        self.out.mkdir()
        self.small = os.geteuid() == 0
        if self.small:
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256m", "tmpfs", self.out],
                           check=True)
            self.addCleanup(subprocess.run, ["umount", "-l", self.out], check=False)
        self.mllp = Mllp()
        self.addCleanup(self.mllp.stop)
        self.http = Http()
        self.addCleanup(self.http.stop)
        # A hook of an adapter that runs as root has to be somebody else.
        self.folder.chmod(0o755)
        (self.folder / "hooked").mkdir()
        (self.folder / "hooked").chmod(0o777)
        self.hooked = self.folder / "hooked" / "lines"
        self.hook = self.folder / "hook.sh"
        self.set_hook(GOOD)
        self.adapter = Adapter(self.clinic, self.folder, [
            folder_route("folder"),
            MLLP.format(name="mllp", form="hl7v2", port=self.mllp.port),
            HTTP.format(name="http", form="oqs-json", port=self.http.port),
            HOOK.format(name="hook", form="oqs-json", program=self.hook, into=self.hooked) +
            ('user = "nobody"\n' if os.geteuid() == 0 else "")])
        self.adapter.start()

    def set_hook(self, mode):
        """The hook appends what it was given, a line each, unless it is told otherwise."""
        body = {GOOD: 'read -r line; printf "%s\\n" "$line" >> "$1"', HANG: "exec sleep 60",
                BUSY: "exit 75", REFUSE: "exit 1", GARBAGE: "kill -9 $$"}[mode]
        fresh = self.folder / "hook.new"
        fresh.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        fresh.chmod(0o755)
        fresh.rename(self.hook)

    # --- what arrived, as the tokens of the answers, in order

    def of_json(self, text):
        return json.loads(text)["confirmation"]

    def by_folder(self):
        # Times of files are exact to some milliseconds only: within one the order is not known.
        files = [(path.stat().st_mtime_ns, self.of_json(path.read_text(encoding="utf-8")))
                 for path in self.out.iterdir() if path.suffix == ".json"]
        return [answer for _, answer in
                sorted(files, key=lambda file: (file[0], file[1]["receivedAt"]))]

    def by_http(self):
        return [self.of_json(body) for body in self.http.bodies()]

    def by_hook(self):
        if not self.hooked.exists():
            return []
        answers, self.cut = [], 0
        for line in self.hooked.read_text(encoding="utf-8").split("\n"):
            try:
                answers.append(self.of_json(line))
            except json.JSONDecodeError:
                # The adapter was killed while it handed the record over.
                self.cut += bool(line)
        return answers

    # --- bad things

    def break_something(self):
        what = self.random.randrange(5)
        mode = self.random.choice([HANG, GARBAGE, BUSY, REFUSE])
        if what == 0:
            self.mllp.mode = mode
        elif what == 1:
            self.http.mode = mode
        elif what == 2:
            self.set_hook(mode)
        elif what == 3:
            self.random.choice([self.mllp, self.http]).stop()
        elif self.small:
            with open(self.out / "filler", "wb", buffering=0) as filler:
                try:
                    while True:
                        filler.write(b"\0" * (1 << 20))
                except OSError:
                    pass

    def mend(self):
        for receiver in (self.mllp, self.http):
            receiver.mode = GOOD
            if receiver.leave.is_set():
                receiver.start()
        self.set_hook(GOOD)
        (self.out / "filler").unlink(missing_ok=True)

    def kill_something(self, number):
        if number % 2 == 0:
            self.adapter.kill()
            self.adapter.start()
        else:
            self.clinic.kill_daemon()
            self.clinic.start_daemon()

    def all_settled(self):
        settled = True
        for name, route in self.adapter.status().items():
            parked = [item for item in route["items"] if item["waits"] == "WAITS_FOR_PERSON"]
            if parked:
                self.adapter.command("resend", name, "--all", expect=None)
            settled &= not route["items"]
        return settled

    def test_everything_arrives(self):
        taps, killed, batches = [], 0, -(-RECEPTIONS // BATCH)
        begun = time.monotonic()
        for batch in range(batches):
            count = min(BATCH, RECEPTIONS - len(taps))
            for _ in range(count):
                # Nobody is at two terminals within one moment.
                patient = self.random.randrange(1, 61)
                taps.append(self.clinic.tap(patient=patient, terminal=patient % 2 + 1))
            self.mend() if batch % 3 == 2 else self.break_something()
            while killed < KILLS * (batch + 1) // batches:
                self.kill_something(killed)
                killed += 1
        self.mend()
        tokens = {token(tap) for tap in taps}
        self.assertEqual(RECEPTIONS, len(tokens))
        arrivals = {"folder": self.by_folder, "http": self.by_http, "hook": self.by_hook}
        wait_until(lambda: self.all_settled() and all(
            {one["header"]["arbitraryFileIdentifier"] for one in arrived()} == tokens
            for arrived in arrivals.values()), SETTLE, 0.5)
        took = time.monotonic() - begun
        for name, arrived in arrivals.items():
            self.check_order(name, arrived())
        self.check_mllp()
        say(f"hook: {self.cut} cut off")
        self.assertLessEqual(self.cut, KILLS)
        self.assertEqual(KILLS, killed)
        say(f"{RECEPTIONS} receptions, {killed} kills, {took:.0f} s")

    def check_order(self, name, answers):
        """Each patient's answers arrive in the order OQS gave them; repeats are counted."""
        seen, newest, repeats = set(), {}, 0
        for answer in answers:
            identifier = answer["header"]["arbitraryFileIdentifier"]
            if identifier in seen:
                repeats += 1
                continue
            seen.add(identifier)
            chart = answer["qualifications"][0].get("referenceNumber") if answer.get(
                "qualifications") else None
            if not chart:
                continue
            self.assertLessEqual(newest.get(chart, ""), answer["receivedAt"], (name, chart))
            newest[chart] = answer["receivedAt"]
        say(f"{name}: {len(seen)} receptions, {repeats} repeats")

    def check_mllp(self):
        """ADT messages name no reception; each has an id of its own."""
        seen, newest, repeats = set(), {}, 0
        for message in self.mllp.bodies():
            text = message.decode("utf-8")
            control = text.split("|")[9]
            if control in seen:
                repeats += 1
                continue
            seen.add(control)
            chart = re.search(r"\rPID\|[^|]*\|[^|]*\|([^|^~]*)", text).group(1)
            stamp = text.split("|")[6]
            if chart:
                self.assertLessEqual(newest.get(chart, ""), stamp, chart)
                newest[chart] = stamp
        withheld = int(self.adapter.status()["mllp"].get("delivered", 0))
        self.assertGreaterEqual(withheld, len(seen))
        say(f"mllp: {len(seen)} receptions, {repeats} repeats")
        nobody = sum(not answer.get("qualifications") for answer in self.by_folder_once())
        self.assertEqual(RECEPTIONS, len(seen) + nobody)

    def by_folder_once(self):
        return {one["header"]["arbitraryFileIdentifier"]: one
                for one in self.by_folder()}.values()

    def test_a_hanging_destination_delays_no_other(self):
        def arrivals(count):
            before = len(self.http.taken)
            for _ in range(count):
                self.clinic.tap(patient=self.random.randrange(1, 61))
            wait_until(lambda: len(self.http.taken) == before + count)
            late = []
            for arrived, body in self.http.taken[before:]:
                stamp = self.of_json(body)["receivedAt"].rstrip("Z")[:26]
                form = "%Y-%m-%dT%H:%M:%S" + (".%f" if "." in stamp else "")
                received = datetime.datetime.strptime(stamp, form).replace(tzinfo=datetime.UTC)
                late.append((arrived - received.timestamp()) * 1000)
            return statistics.median(late), max(late)

        count = 40
        well = arrivals(count)
        self.mllp.mode = HANG
        self.set_hook(HANG)
        hanging = arrivals(count)
        self.mend()
        say(f"http, from the answer to its arrival, median and worst of {count}: "
            f"{well[0]:.1f} and {well[1]:.1f} ms alone, {hanging[0]:.1f} and {hanging[1]:.1f} ms "
            "beside two that hang")
        # A destination that hangs does so for a second each time: none of it may be seen here.
        self.assertLess(hanging[0], well[0] + 500)


if __name__ == "__main__":
    unittest.main()
