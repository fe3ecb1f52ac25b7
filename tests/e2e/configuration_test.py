"""The configuration that the documentation shows is one the daemon accepts, and the keys its pages
list are the keys there are."""

import pathlib
import re
import subprocess
import tempfile
import unittest

from clinic import BIN, PATIENCE, ROOT

EXAMPLE = ROOT / "docs" / "samples" / "config" / "madoguchi.toml"


def check(text):
    """Exit code of `madoguchid --check` for a configuration, and what it said."""
    with tempfile.TemporaryDirectory(prefix="mdg-") as folder:
        path = pathlib.Path(folder, "madoguchi.toml")
        path.write_text(text, encoding="utf-8")
        done = subprocess.run([str(BIN / "madoguchid"), "--config", str(path), "--check"],
                              capture_output=True, text=True, encoding="utf-8", timeout=PATIENCE,
                              check=False)
        return done.returncode, done.stdout + done.stderr


class Documentation(unittest.TestCase):
    def test_the_example_is_accepted(self):
        code, said = check(EXAMPLE.read_text(encoding="utf-8"))
        self.assertEqual(0, code, said)

    def test_the_example_without_its_comments_on_keys_is_accepted_too(self):
        text = EXAMPLE.read_text(encoding="utf-8").replace("# tls13_only", "tls13_only")
        self.assertEqual(0, check(text)[0])

    def test_a_mistake_is_named_with_line_key_and_what_is_allowed(self):
        text = EXAMPLE.read_text(encoding="utf-8").replace('"9910000017"', '"99100"')
        code, said = check(text)
        self.assertEqual(2, code)
        self.assertIn("madoguchi.toml:3", said)
        self.assertIn("site.institution", said)
        self.assertIn("99100", said)
        self.assertIn("10 digits", said)

    def test_every_key_of_the_example_is_explained_in_both_languages(self):
        keys = set(re.findall(r"^(?:# )?(\w+) = ", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
        self.assertGreater(len(keys), 15)
        for language in ("en", "ja"):
            page = (ROOT / "docs" / language / "configuration.md").read_text(encoding="utf-8")
            explained = set(re.findall(r"`(\w+)`", "\n".join(
                line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))))
            self.assertEqual(set(), keys - explained, language)


if __name__ == "__main__":
    unittest.main()
