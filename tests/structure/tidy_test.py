"""clang-tidy has nothing to say about any of our files (see .clang-tidy for the checks)."""

import tempfile
import pathlib
import unittest

import sources
import tidy


class Tidy(unittest.TestCase):
    def test_every_file(self):
        commands = tidy.compile_commands()
        # What only the tsan preset compiles is made of symbols that no other compiler line knows.
        missing = [path.as_posix() for path in sources.files(".cc")
                   if path.as_posix() not in commands and path.parts[:2] != ("tests", "tsan")]
        self.assertEqual([], missing, "not compiled, so not checked")
        findings = tidy.run()
        self.assertEqual([], findings, "\n".join(findings))

    def test_planted_findings_are_found_in_a_batch(self):
        with tempfile.TemporaryDirectory(dir=sources.BUILD) as folder:
            tidy.CACHE.mkdir(parents=True, exist_ok=True)
            clean, bad = pathlib.Path(folder, "clean.cc"), pathlib.Path(folder, "bad.cc")
            clean.write_text("int Fine() { return 1; }\n")
            bad.write_text("#include <string>\n"
                           "int Copies(std::string text) { return static_cast<int>(text.size()); }\n")
            arguments = ("-std=c++20",)
            self.assertEqual("", tidy.look_at(arguments, [str(clean)], folder))
            self.assertIn("performance-unnecessary-value-param",
                          tidy.look_at(arguments, [str(clean), str(bad)], folder))


if __name__ == "__main__":
    unittest.main()
