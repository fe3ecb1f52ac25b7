"""Every C++ file is as .clang-format wants it."""

import subprocess
import unittest

import sources


class Format(unittest.TestCase):
    def test_every_file(self):
        names = [str(path) for path in sources.files(".cc", ".h")]
        self.assertGreater(len(names), 10)
        done = subprocess.run(["clang-format", "--dry-run", "--Werror", *names], cwd=sources.ROOT,
                              capture_output=True, text=True, check=False)
        wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines()
                        if "clang-format-violations" in line})
        self.assertEqual((0, []), (done.returncode, wrong), "run clang-format -i on these")

    def test_a_planted_violation_is_found(self):
        done = subprocess.run(["clang-format", "--dry-run", "--Werror", "--assume-filename=a.cc"],
                              cwd=sources.ROOT, input="int  a ;\n", capture_output=True, text=True,
                              check=False)
        self.assertNotEqual(0, done.returncode)


if __name__ == "__main__":
    unittest.main()
