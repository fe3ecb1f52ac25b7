"""A terminal's folders over a real SMB share: taps arrive without file events; the server dies for a
while and comes back: the other terminal never notices, nothing is lost, the status tells."""

import os
import shutil
import subprocess
import threading
import time
import unittest

from clinic import Clinic, wait_until

SERVER_AWAY = float(os.environ.get("MADOGUCHI_SMB_AWAY", "30"))
NEEDED = ("smbd", "smbnetfs", "fusermount")


class Share:
    """An smbd on loopback and a FUSE client that mounts it."""

    def __init__(self, clinic, folder):
        self.clinic = clinic
        self.top = clinic.folder.parent / "smb"
        self.mount = self.top / "mnt"
        self.server = None
        for part in ("state", "mnt", "home/.smb"):
            (self.top / part).mkdir(parents=True)
        state = self.top / "state"
        folders = "\n".join(f" {key} = {state}" for key in (
            "private dir", "lock directory", "state directory", "cache directory",
            "pid directory", "ncalrpc dir"))
        self.config = self.top / "smb.conf"
        self.config.write_text(f"""[global]
 server role = standalone server
 map to guest = Bad User
 guest account = root
 interfaces = 127.0.0.1
 bind interfaces only = yes
 smb ports = 445
 disable netbios = yes
{folders}
 log file = {self.top}/log
[OQS]
 path = {folder}
 guest ok = yes
 read only = no
 force user = root
""")
        shutil.copy(self.config, self.top / "home/.smb/smb.conf")
        auth = self.top / "home/.smb/smbnetfs.conf"
        auth.write_text('auth "guest" ""\n')
        auth.chmod(0o600)

    def start_server(self):
        self.server = self.clinic.program(
            "smbd", ["smbd", "-F", "--no-process-group", "-s", self.config])

    def children(self):
        """The processes that serve connections are children of the one we started."""
        return subprocess.run(["pgrep", "-P", str(self.server.pid)], capture_output=True,
                              text=True, check=False).stdout.split()

    def signal(self, number):
        """To all of them: stopped, they answer nothing and close nothing."""
        for process in (str(self.server.pid), *self.children()):
            subprocess.run(["kill", f"-{int(number)}", process], check=False,
                           stderr=subprocess.DEVNULL)

    def kill_server(self):
        children = self.children()
        self.server.kill()
        for child in children:
            subprocess.run(["kill", "-9", child], check=False, stderr=subprocess.DEVNULL)

    def mount_it(self):
        environment = dict(os.environ, HOME=str(self.top / "home"))
        subprocess.run(["smbnetfs", self.mount, "-o", "allow_other,direct_io"],
                       env=environment, check=True)
        return self.mount / "127.0.0.1" / "OQS"

    def close(self):
        subprocess.run(["fusermount", "-u", "-z", self.mount], check=False)


def terminal(clinic, number):
    return clinic.cli("status").messages[0]["connections"][number - 1]


@unittest.skipUnless(os.geteuid() == 0 and os.path.exists("/dev/fuse")
                     and all(shutil.which(name) for name in NEEDED),
                     "needs root, /dev/fuse, samba and smbnetfs")
class SmbShare(unittest.TestCase):
    def test_the_server_dies_and_comes_back(self):
        with Clinic(terminals=2) as clinic:
            share = Share(clinic, clinic.folder / "oqs")
            share.start_server()
            try:
                seen = share.mount_it()
                wait_until(lambda: os.path.isdir(seen / "face"))
                text = clinic.config.read_text()
                changed = text.replace('"oqs/face"', f'"{seen}/face"').replace(
                    '"oqs/trash"', f'"{seen}/trash"')
                self.assertNotEqual(text, changed)
                clinic.config.write_text(changed)
                self.run_it(clinic, share)
            finally:
                if clinic.daemon:
                    clinic.daemon.kill()
                share.close()

    def run_it(self, clinic, share):
        clinic.start_daemon()
        watch = clinic.watch("--now")
        for _ in range(5):
            clinic.tap(terminal=1)
            clinic.tap(terminal=2)
        wait_until(lambda: len(clinic.receptions()) == 10)
        before = terminal(clinic, 1)
        self.assertEqual(before["state"], "CONNECTION_STATE_ONLINE")

        share.kill_server()
        # Taps go on at both terminals while the share is away.
        taps = 10
        for _ in range(5):
            clinic.tap(terminal=1)
        wait_until(lambda: terminal(clinic, 1)["state"] == "CONNECTION_STATE_OFFLINE",
                   SERVER_AWAY + 30)
        told = terminal(clinic, 1)
        self.assertIn(told["cause"]["number"], ("MDG-1201", "MDG-1202", "MDG-1203"))
        self.assertTrue(told["cause"]["nextStepJa"])
        self.assertTrue(told["since"])
        quiet = terminal(clinic, 2)
        self.assertEqual(quiet["state"], "CONNECTION_STATE_ONLINE")

        # As long as the server is away, a tap at the other terminal arrives at once.
        end = time.monotonic() + SERVER_AWAY
        pause = threading.Event()
        slowest = 0.0
        while time.monotonic() < end:
            started = time.monotonic()
            tap = clinic.tap(terminal=2)
            taps += 1
            wait_until(lambda want=taps: len(clinic.receptions()) == want, 5, every=0.01)
            slowest = max(slowest, time.monotonic() - started)
            self.assertTrue(tap["file"])
            pause.wait(1)
        self.assertEqual(terminal(clinic, 2)["since"], quiet["since"])

        share.start_server()
        wait_until(lambda: len(clinic.receptions()) == taps + 5, 120)
        wait_until(lambda: terminal(clinic, 1)["state"] == "CONNECTION_STATE_ONLINE", 60)
        self.assertTrue(watch.running())
        self.assertEqual(clinic.stop_daemon(), 0)
        print(f"server away {SERVER_AWAY:.0f} s; the other terminal's slowest tap took "
              f"{slowest * 1000:.0f} ms; all {taps + 5} receptions are there")


if __name__ == "__main__":
    unittest.main(verbosity=2)
