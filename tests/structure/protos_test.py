"""The .proto files keep buf's STANDARD rules. buf comes from npm, pinned, into the build tree."""

import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import sources

HERE = pathlib.Path(__file__).resolve().parent / "buf"


def buf():
    """Path of the pinned buf, installed when it is not there yet."""
    folder = sources.BUILD / "buf"
    program = folder / "node_modules" / ".bin" / "buf"
    wanted, installed = HERE / "package.json", folder / "package.json"
    if program.exists() and installed.read_bytes() == wanted.read_bytes():
        return program
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(wanted, installed)
    # No lock file: buf has no dependencies but its own binary of the very same version.
    done = subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund",
                           "--loglevel=error"], cwd=folder, capture_output=True, text=True,
                          timeout=240, check=False)
    if done.returncode != 0:
        installed.unlink()  # so that the next run tries again
        raise AssertionError(f"npm could not install buf:\n{done.stdout}{done.stderr}")
    return program


def lint(folder):
    return subprocess.run([str(buf()), "lint"], cwd=folder, capture_output=True, text=True,
                          timeout=120, check=False)


class Protos(unittest.TestCase):
    def test_the_rules_are_standard(self):
        self.assertIn("STANDARD", sources.read(pathlib.Path("proto/buf.yaml")))
        self.assertIn("@bufbuild/buf", json.loads((HERE / "package.json").read_text())["dependencies"])

    def test_buf_has_nothing_to_say(self):
        done = lint(sources.ROOT / "proto")
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))

    def test_a_planted_violation_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(sources.ROOT / "proto", folder, dirs_exist_ok=True)
            planted = pathlib.Path(folder, "madoguchi/v1/types.proto")
            planted.write_text(planted.read_text() + "message bad_name { string BadField = 1; }\n")
            self.assertNotEqual(0, lint(folder).returncode)


if __name__ == "__main__":
    unittest.main()
