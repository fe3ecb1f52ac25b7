"""How tests are registered and run: each has a deadline, none may be skipped in CI."""

import json
import subprocess
import tempfile
import pathlib
import unittest

import no_skips
import sources


class Registration(unittest.TestCase):
    def test_every_test_has_a_timeout_and_a_label_and_none_may_skip(self):
        out = subprocess.run(["ctest", "--show-only=json-v1"], cwd=sources.BUILD, check=True,
                             capture_output=True, text=True).stdout
        tests = json.loads(out)["tests"]
        self.assertGreater(len(tests), 5)
        for test in tests:
            has = {p["name"]: p["value"] for p in test.get("properties", [])}
            with self.subTest(test=test["name"]):
                self.assertTrue(0 < has.get("TIMEOUT", 0) <= 3600)
                self.assertTrue(has.get("LABELS"))
                for skip in ("DISABLED", "SKIP_RETURN_CODE", "SKIP_REGULAR_EXPRESSION"):
                    self.assertNotIn(skip, has)


class Skips(unittest.TestCase):
    def _found(self, log):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "LastTest.log")
            path.write_text(log, encoding="utf-8")
            return no_skips.skipped(path)

    def test_a_log_without_skips(self):
        self.assertEqual([], self._found("1/1 Testing: a\n[       OK ] A.B (0 ms)\nTest Passed.\n"))

    def test_each_way_to_skip_is_seen(self):
        for line in ["[  SKIPPED ] A.B (0 ms)", "OK (skipped=2)", "test_x ... skipped 'no samba'",
                     "Test Skipped.", "***Skipped", "Test not available without command"]:
            with self.subTest(line=line):
                self.assertTrue(self._found(f"1/1 Testing: a\n{line}\n"))

    def test_no_log_is_no_success(self):
        with self.assertRaises(FileNotFoundError):
            no_skips.skipped(pathlib.Path("/nonexistent/LastTest.log"))


if __name__ == "__main__":
    unittest.main()
