"""What madoguchi-sim says is to be expected is what the daemon makes of it: for every persona and
under every fault. The two work it out apart from each other."""

import os
import shutil
import unittest

from clinic import BIN, Clinic, wait_until

FUSE = os.path.exists("/dev/fuse") and shutil.which("bindfs") and os.geteuid() == 0


def outcome(reception):
    """A reception in the words of the simulator's `expected`."""
    confirmation = reception.get("confirmation", {})
    assignment = reception.get("assignment", {})
    return {
        "state": reception["state"].removeprefix("RECEPTION_STATE_"),
        "validity": confirmation.get("validity", "UNSPECIFIED").removeprefix("VALIDITY_"),
        "assignment": assignment.get("state", "").removeprefix("ASSIGNMENT_STATE_"),
        "patient_id": assignment.get("patientId", ""),
        "qualifications": len(confirmation.get("qualifications", [])),
        "usable_consents": sorted({usable["category"].removeprefix("CONSENT_CATEGORY_")
                                   for usable in reception.get("usableConsents", [])}),
        "error": reception.get("endedBecause", {}).get("number", ""),
    }


class Simulator(unittest.TestCase):
    def setUp(self):
        self.seen = set()

    def new_receptions(self, clinic):
        return [one for one in clinic.receptions() if one["receptionId"] not in self.seen]

    def arrives_as_expected(self, clinic, **options):
        tap = clinic.tap(**options)
        came = wait_until(lambda: self.new_receptions(clinic))
        self.assertEqual(len(came), 1)
        self.seen.add(came[0]["receptionId"])
        expected = {**tap["expected"],
                    "usable_consents": sorted(tap["expected"]["usable_consents"])}
        self.assertEqual(outcome(came[0]), expected)

    def status_tells(self, clinic, number):
        wait_until(lambda: number in clinic.cli("status").out)

    def test_personas(self):
        with Clinic(terminals=2, init=("--encoding", "mixed")) as clinic:
            clinic.start()
            personas = [one["persona"] for one in clinic.population() if one["persona"]]
            for number, persona in enumerate(personas):
                with self.subTest(persona):
                    self.arrives_as_expected(clinic, persona=persona, terminal=1 + number % 2)
            self.assertEqual(len(self.seen), len(personas))

    def test_faults_of_files(self):
        with Clinic() as clinic:
            clinic.start()
            for fault in ("pieces", "wrong-encoding", "moved-away", "deleted", "written-twice"):
                with self.subTest(fault):
                    clinic.fault("set", fault)
                    self.arrives_as_expected(clinic)
                    clinic.fault("clear")
            for fault in ("truncated", "invalid-bytes", "huge"):
                with self.subTest(fault):
                    clinic.fault("set", fault)
                    tap = clinic.tap()
                    clinic.fault("clear")
                    self.assertEqual(tap["expected"]["state"], "NONE")
                    self.status_tells(clinic, tap["expected"]["error"])
            self.assertEqual(self.new_receptions(clinic), [])

    def test_share_gone(self):
        with Clinic(terminals=2) as clinic:
            clinic.start()
            clinic.fault("set", "share-gone", "--terminal", "1")
            # Only now has the daemon let go of the folder that was moved away.
            self.status_tells(clinic, "MDG-1201")
            clinic.tap(terminal=1)
            self.arrives_as_expected(clinic, terminal=2)
            clinic.fault("clear")
            wait_until(lambda: self.new_receptions(clinic))

    @unittest.skipUnless(FUSE, "needs root and bindfs")
    def test_share_hung(self):
        with Clinic(terminals=2) as clinic:
            sim = clinic.program("sim", [BIN / "madoguchi-sim", "run", clinic.folder, "--fuse"])
            sim.wait_for(lambda line: line.startswith("ready"))
            try:
                clinic.start_daemon()
                self.arrives_as_expected(clinic, terminal=1)
                clinic.fault("set", "share-hung", "--terminal", "1")
                clinic.tap(terminal=1)
                self.arrives_as_expected(clinic, terminal=2)
                self.status_tells(clinic, "MDG-1203")
                clinic.fault("clear")
                wait_until(lambda: self.new_receptions(clinic))
                self.assertEqual(clinic.stop_daemon(), 0)
            finally:
                # Before the folder is removed: it is a mount.
                self.assertEqual(sim.stop(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
