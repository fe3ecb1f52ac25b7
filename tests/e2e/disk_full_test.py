"""The disk is full while patients tap, then there is space again: everyone arrives, once, without a
restart."""

import os
import subprocess
import unittest

from clinic import Clinic, wait_until

PATIENTS = 20


def store(clinic):
    return clinic.cli("status").messages[0].get("store", {})


@unittest.skipUnless(os.geteuid() == 0, "needs root to mount a small tmpfs")
class DiskFull(unittest.TestCase):
    def test_all_arrive_once_when_there_is_space_again(self):
        with Clinic() as clinic:
            state = clinic.folder / "state"
            state.mkdir(exist_ok=True)
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs", state],
                           check=True)
            try:
                self.fill_and_free(clinic, state)
            finally:
                if clinic.daemon:
                    clinic.daemon.kill()
                subprocess.run(["umount", "-l", state], check=True)

    def fill_and_free(self, clinic, state):
        clinic.start_daemon()
        watch = clinic.watch()
        before = clinic.tap(persona="valid-with-consents")
        watch.wait_until(lambda lines: any("reception" in line for line in lines))
        filler = state / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
        taps = [clinic.tap(patient=number) for number in range(1, PATIENTS + 1)]
        wait_until(lambda: store(clinic).get("state") == "CONNECTION_STATE_OFFLINE")
        status = store(clinic)
        self.assertEqual(status["cause"]["number"], "MDG-1501")
        self.assertIn("空き", status["cause"]["textJa"])
        self.assertTrue(status["since"])
        # What is there can still be read, and a change is refused with a catalogued error.
        known = clinic.receptions()
        self.assertLess(len(known), PATIENTS + 1)
        refused = clinic.cli("reception", "cancel", known[0]["receptionId"], expect=5)
        self.assertIn("MDG-1501", refused.err)
        # Other programs move the files away meanwhile: what was seen is not lost.
        for tap in taps:
            face = clinic.folder / "oqs" / "face" / tap["file"].rsplit("/", 1)[-1]
            face.unlink()
        filler.unlink()
        listed = wait_until(
            lambda: (lambda all: all if len(all) > PATIENTS else None)(clinic.receptions()))
        self.assertEqual(len(listed), PATIENTS + 1)
        wait_until(lambda: store(clinic).get("state") == "CONNECTION_STATE_ONLINE")
        ids = {reception["receptionId"] for reception in listed}
        watch.wait_until(lambda lines: ids <= {line.split('"receptionId":"')[1].split('"')[0]
                                               for line in lines if '"receptionId":"' in line})
        self.assertTrue(clinic.daemon.running())
        self.assertIsNotNone(before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
