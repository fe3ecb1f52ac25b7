"""Every recipe of docs/*/adapter-destinations.md is a configuration the adapter takes as it stands, and
both pages have one for every kind of destination."""

import os
import re
import subprocess
import unittest

from clinic import BIN, PATIENCE, ROOT

SAMPLES = ROOT / "docs/samples/adapter"
KINDS = {"folder", "mirror", "mllp", "http", "fhir", "orca", "hook", "ssmix2"}
# A program of a route needs a user of its own only where the adapter runs as root, as it should not.
AS_SOMEBODY = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []


class Recipes(unittest.TestCase):
    def check(self, path):
        return subprocess.run([*AS_SOMEBODY, str(BIN / "madoguchi-adapter"), "--config",
                               str(path), "check", "--file-only"],
                              stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", timeout=PATIENCE,
                              check=False)

    def test_each_is_right(self):
        for path in sorted(SAMPLES.glob("*.toml")):
            with self.subTest(path.name):
                done = self.check(path)
                self.assertEqual(0, done.returncode, done.stderr)

    def test_both_pages_have_every_kind(self):
        for page in ("docs/en/adapter-destinations.md", "docs/ja/adapter-destinations.md"):
            text = (ROOT / page).read_text(encoding="utf-8")
            self.assertEqual(KINDS, set(re.findall(r'^kind = "(\w+)"$', text, re.MULTILINE)), page)

    def test_every_key_of_a_recipe_is_explained(self):
        for page in ("docs/en/adapter-destinations.md", "docs/ja/adapter-destinations.md"):
            text = (ROOT / page).read_text(encoding="utf-8")
            for path in sorted(SAMPLES.glob("*.toml")):
                to = path.read_text(encoding="utf-8").split("[route.to]")[1]
                for key in set(re.findall(r"^(?:# )?(\w+) = ", to, re.MULTILINE)) - {"kind"}:
                    self.assertIn(f"`{key}", text, f"{page}: {key}")


if __name__ == "__main__":
    unittest.main()
