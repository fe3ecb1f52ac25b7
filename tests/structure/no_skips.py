"""Fails when the log of a ctest run shows a skipped test and CI=true.

    no_skips.py BUILD_TREE
"""

import os
import pathlib
import re
import sys

_SKIPPED = re.compile(
    r"^(?:\[  SKIPPED \].*|.*\(.*\bskipped=\d+.*\)|.* \.\.\. skipped\b.*|Test Skipped\..*"
    r"|.*\*\*\*Skipped.*|.*\*\*\*Not Run.*|Test not available without command.*)$", re.MULTILINE)


def skipped(log):
    """The lines of a LastTest.log that tell of skipped tests."""
    return _SKIPPED.findall(log.read_text(encoding="utf-8", errors="replace"))


def main(arguments):
    log = pathlib.Path(arguments[0]) / "Testing" / "Temporary" / "LastTest.log"
    lines = skipped(log)
    for line in lines:
        print(f"skipped: {line.strip()}", file=sys.stderr)
    return 1 if lines and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
