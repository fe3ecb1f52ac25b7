"""Files of hostile programs in a terminal's folder: each is a catalogued error or a stated skip, the
daemon lives, others are not disturbed, nothing outside is opened, the folder stays as it was."""

import datetime
import os
import pathlib
import shutil
import subprocess
import unittest

from clinic import Clinic, wait_until

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "oqs" / "02-face-push" / "face"
JAPAN = datetime.timezone(datetime.timedelta(hours=9))


def name(number):
    """A face file's name stamped now."""
    stamp = datetime.datetime.now(JAPAN).strftime("%Y%m%d%H%M%S")
    return f"OQSsiquc01res_face_9910000017{number:020x}_{stamp}.xml"


def good():
    return sorted(FIXTURES.glob("*.xml"))[0].read_bytes()


def bomb():
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10 if i else "ha"}">' for i in range(10))
    return f'<?xml version="1.0"?><!DOCTYPE x [{entities}]><XmlMsg>&e9;</XmlMsg>'.encode()


# Content, and the numbers that may be told for it.
CONTENTS = {
    "dtd bomb": (bomb(), {"MDG-1303"}),
    "100 MB": (b"<XmlMsg>" + b" " * (100 << 20) + b"</XmlMsg>", {"MDG-1206"}),
    "deep": (b"<XmlMsg>" + b"<a>" * 500000 + b"</a>" * 500000 + b"</XmlMsg>", {"MDG-1305"}),
    "NUL bytes": (good().replace(b"<Name>", b"<Name>\0\0"), {"MDG-1302"}),
    "invalid CP932": (b'<?xml version="1.0" encoding="Shift_JIS"?><XmlMsg><MessageHeader>'
                      b"\xff\xfe\x81</MessageHeader></XmlMsg>", {"MDG-1304"}),
    "not closed": (good()[:-20], {"MDG-1207"}),
    "other XML": (b"<html><body>x</body></html>", {"MDG-1306", "MDG-1302", "MDG-1207"}),
    "empty": (b"", {"MDG-1207"}),
}


def problems(clinic, terminal=1):
    status = clinic.cli("status").messages[0]["connections"][terminal - 1]
    return {entry["fileName"]: entry["problem"]["number"] for entry in status.get("problems", [])}


def listing(folder):
    return sorted((entry.name, entry.stat(follow_symlinks=False).st_mode,
                   entry.stat(follow_symlinks=False).st_mtime_ns) for entry in os.scandir(folder))


class HostileFiles(unittest.TestCase):
    def test_contents(self):
        with Clinic(terminals=2) as clinic:
            clinic.start_daemon()
            face = clinic.folder / "oqs" / "face"
            wanted = {}
            for number, (content, numbers) in enumerate(CONTENTS.values()):
                file = name(number + 1)
                (face / file).write_bytes(content)
                wanted[file] = numbers
            folder = name(100)
            (face / folder).mkdir()
            wanted[folder] = {"MDG-1208"}
            # The other terminal and good files of the same one go on.
            clinic.tap(terminal=2)
            clinic.tap(terminal=1)
            wait_until(lambda: len(clinic.receptions()) == 2, 10)
            told = wait_until(
                lambda: (lambda now: now if set(wanted) <= set(now) else None)(problems(clinic)), 60)
            for file, numbers in wanted.items():
                self.assertIn(told[file], numbers, list(CONTENTS)[list(wanted).index(file)]
                              if file in wanted and file != folder else "folder")
            self.assertEqual(problems(clinic, 2), {})
            self.assertEqual(len(clinic.receptions()), 2)
            self.assertEqual(clinic.stop_daemon(), 0)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("bindfs") and os.path.exists("/dev/fuse"),
                         "needs root and bindfs")
    def test_behind_bindfs_as_an_ordinary_user(self):
        with Clinic(terminals=2) as clinic:
            top = clinic.folder.parent
            real = top / "real"
            shutil.copytree(clinic.folder / "oqs", real)
            mount = top / "mnt"
            mount.mkdir()
            text = clinic.config.read_text()
            clinic.config.write_text(text.replace('"oqs/', f'"{mount}/'))
            subprocess.run(["bindfs", "-o", "allow_other,ro", real, mount], check=True)
            try:
                self.special_files(clinic, real)
            finally:
                if clinic.daemon:
                    clinic.daemon.kill()
                subprocess.run(["fusermount", "-u", "-z", mount], check=False)

    def special_files(self, clinic, real):
        face = real / "face"
        secret = clinic.folder.parent / "secret.xml"
        secret.write_bytes(good())
        os.mkfifo(face / name(1))
        os.symlink(secret, face / name(2))
        os.symlink("/etc/passwd", face / name(3))
        (face / "OQSsiquc01res_face_9910000017\n\x1b[31m_20260101000000.xml").write_bytes(good())
        unreadable = face / name(4)
        unreadable.write_bytes(good())
        unreadable.chmod(0)
        with open(face / name(5), "wb") as sparse:
            sparse.truncate(1 << 40)
        for number in range(20000):
            (face / f"junk-{number}.tmp").touch()
        os.utime(secret, ns=(1, 1))
        growing = open(face / name(6), "wb", buffering=0)
        growing.write(b"<?xml version='1.0'?><XmlMsg>")
        subprocess.run(["chown", "-R", "--no-dereference", "daemon:daemon", clinic.folder, real],
                       check=True)
        os.chown(clinic.folder.parent, os.stat(clinic.folder).st_uid, -1)
        unreadable_owner = os.stat(unreadable)
        os.chown(unreadable, 0, 0)
        before = [entry for entry in listing(face) if not entry[0].endswith(name(6)[-20:])]
        clinic.start_daemon(prefix=["setpriv", "--reuid=daemon", "--regid=daemon",
                                    "--clear-groups"])
        clinic.tap(terminal=2)
        shutil.copy(sorted(FIXTURES.glob("*.xml"))[1], face / name(50))
        wait_until(lambda: len(clinic.receptions()) == 2, 20)
        for _ in range(40):
            growing.write(b"<a>more</a>" * 10000)
        numbers = {"MDG-1208": 3, "MDG-1204": 1}
        told = wait_until(
            lambda: (lambda now: now if all(list(now.values()).count(number) >= count
                                            for number, count in numbers.items())
                     and "MDG-1206" in now.values() else None)(problems(clinic)), 60)
        for file in told:
            self.assertNotIn("\n", file)
            self.assertNotIn("\x1b", file)
        self.assertEqual(len(clinic.receptions()), 2)
        self.assertEqual(os.stat(secret).st_atime_ns, 1, "a link to the outside was opened")
        self.assertIsNotNone(unreadable_owner)
        after = {entry[0]: entry for entry in listing(face)}
        for entry in before:
            if not entry[0].startswith("OQSsiquc01res_face_991000001700000000000000000006"):
                self.assertEqual(after.get(entry[0]), entry)
        growing.close()
        self.assertTrue(clinic.daemon.running())
        self.assertEqual(clinic.stop_daemon(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
