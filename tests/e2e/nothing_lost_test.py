"""Nothing is lost: taps over two terminals while watchers come, go and are killed and the daemon is
killed (-9) and started again. Every watcher that resumes from its cursor has every reception's last
snapshot, in order."""

import json
import os
import random
import sys
import threading
import unittest

from clinic import BIN, Clinic, wait_until

TAPS = int(os.environ.get("MADOGUCHI_TAPS", "2000"))
KILLS = int(os.environ.get("MADOGUCHI_KILLS", "20"))
WATCHERS = 4
BATCH = 25


class Watcher:
    """`madoguchi watch`, killed now and then and started again from the last cursor it printed."""

    def __init__(self, clinic, name, seed):
        self.clinic = clinic
        self.name = name
        self.random = random.Random(seed)
        self.cursor = None
        self.seen = []  # (reception_id, revision), in the order they came
        self.starts = 0
        self.program = None
        self.read = 0

    def start(self):
        words = ["--after", self.cursor] if self.cursor else ["--today"]
        self.program = self.clinic.watch(*words, name=f"{self.name}-{self.starts}")
        self.starts += 1
        self.read = 0

    def take(self):
        """Takes in what was printed since the last time."""
        lines = self.program.lines()
        for line in lines[self.read:]:
            try:
                message = json.loads(line)
            except json.JSONDecodeError:
                break  # cut by the kill: the cursor before it stands
            self.read += 1
            self.cursor = message["cursor"]
            reception = message.get("reception")
            if reception:
                self.seen.append((reception["receptionId"], reception["revision"]))

    def kill_and_come_back(self):
        self.program.kill()
        self.take()
        self.start()

    def last_snapshots(self):
        """Each reception once, at the place of its last snapshot."""
        last = {}
        for position, (reception_id, revision) in enumerate(self.seen):
            last[reception_id] = (position, revision)
        ordered = sorted(last.items(), key=lambda item: item[1][0])
        return [(reception_id, revision) for reception_id, (_, revision) in ordered]


class NothingLost(unittest.TestCase):
    def test_every_watcher_has_every_last_snapshot_in_order(self):
        with Clinic(terminals=2) as clinic:
            clinic.start_daemon()
            watchers = [Watcher(clinic, f"watcher{i}", i) for i in range(WATCHERS)]
            for watcher in watchers:
                watcher.start()
            tapped, errors, progress = [], [], threading.Condition()

            def tap_all(terminal):
                try:
                    for _ in range(TAPS // 2 // BATCH):
                        done = clinic._run([BIN / "madoguchi-sim", "tap", clinic.folder, "--json",
                                            "--terminal", terminal, "--count", BATCH])
                        with progress:
                            tapped.extend(json.loads(line) for line in done.stdout.splitlines())
                            progress.notify_all()
                except BaseException as error:  # noqa: B902 - told by the main thread
                    with progress:
                        errors.append(error)
                        progress.notify_all()

            threads = [threading.Thread(target=tap_all, args=(k,)) for k in (1, 2)]
            for thread in threads:
                thread.start()
            total = TAPS // 2 // BATCH * BATCH * 2
            for kill in range(KILLS):
                with progress:
                    progress.wait_for(
                        lambda goal=total * (kill + 1) // (KILLS + 1): errors or len(tapped) >= goal,
                        60)
                clinic.kill_daemon()
                clinic.start_daemon()
                watchers[kill % WATCHERS].kill_and_come_back()
            for thread in threads:
                thread.join(120)
            self.assertFalse(errors, errors)
            self.assertEqual(len({tap["file"] for tap in tapped}), total)

            def all_there():
                listed = clinic.receptions()
                return listed if len(listed) >= total else None

            listed = wait_until(all_there, every=0.5)
            self.assertEqual(len(listed), total, "a tap made more than one reception")
            final = [(reception["receptionId"], reception["revision"]) for reception in listed]
            head = clinic.cli("status").messages[0]["cursor"]
            for watcher in watchers:
                watcher.program.wait_until(
                    lambda lines: lines and json.loads(lines[-1])["cursor"] == head)
                watcher.take()
                self.assertEqual(watcher.last_snapshots(), final, watcher.name)
            print(f"{total} taps, {KILLS} kills of the daemon, "
                  f"{sum(w.starts - 1 for w in watchers)} of watchers; each of {WATCHERS} watchers "
                  f"has all {len(final)} last snapshots in order "
                  f"({sum(len(w.seen) for w in watchers)} messages)", file=sys.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
