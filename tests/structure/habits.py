"""Habits of the house that a look at the text can check. Each rule yields sentences, one a finding."""

import pathlib
import re

CODE = {".cc", ".h", ".def", ".py", ".mjs", ".js", ".proto"}
SCRIPTS = {".sh", ""}
LONGEST = 400

# Where a message may be printed in full. Everywhere else base::Redacted is the only way. The delivery
# program renders records, and shows a state that has nothing personal.
MAY_PRINT_MESSAGES = ("agent/cli/", "agent/base/redact", "adapters/render/render.cc",
                      "adapters/adapter/status.cc", "tests/", "docs/samples/")
PRINTS_MESSAGES = re.compile(
    r"\b(?:Short|Utf8|UnredactedShort|UnredactedUtf8|Unredacted)?DebugString\s*\(|\bTextFormat\b"
    r"|\bMessageToJson(?:String|Stream|)\b|\bBinaryToJsonString\b")

SLEEPS = re.compile(
    r"\bsleep_(?:for|until)\b|\bu?sleep\s*\(|\b(?:clock_)?nanosleep\s*\(|\bSleepFor\b"
    r"|\btime\.sleep\b")
SLEEPS_IN_SCRIPTS = re.compile(r"(?:^|[;&|({]|\bdo\b|\bthen\b)\s*sleep\s+[\d.$\"]", re.MULTILINE)

UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
# Skipping where the machine lacks something is fine for a developer; in CI no_skips.py says no.
SKIPS = re.compile(r"\bDISABLED_\w|@unittest\.skip\(|\bSKIP_RETURN_CODE\b")

# These files name what they forbid.
_THE_RULES = ("tests/structure/habits.py", "tests/structure/habits_test.py",
              "tests/structure/ctest_test.py")


def _findings(pattern, path, text, sentence):
    return [f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {sentence} ({match.group(0).strip()})"
            for match in pattern.finditer(text)]


def printed_messages(path, text):
    if pathlib.PurePosixPath(path).suffix not in (".cc", ".h", ".def"):
        return []
    if path.startswith(MAY_PRINT_MESSAGES):
        return []
    return _findings(PRINTS_MESSAGES, path, text, "print messages with base::Redacted only")


def sleeps(path, text):
    suffix = pathlib.PurePosixPath(path).suffix
    if suffix in CODE:
        return _findings(SLEEPS, path, text, "wait for what happens, with a deadline; never sleep")
    if suffix in SCRIPTS and text.startswith("#!"):
        return _findings(SLEEPS_IN_SCRIPTS, path, text, "wait for what happens; never sleep")
    return []


def length(path, text):
    suffix = pathlib.PurePosixPath(path).suffix
    lines = text.count("\n")
    # A .def is a table of data; it grows with the product.
    if (suffix in CODE - {".def"} or text.startswith("#!")) and lines > LONGEST:
        return [f"{path}: {lines} lines; {LONGEST} at most, one purpose a file"]
    return []


def unfinished(path, text):
    if pathlib.PurePosixPath(path).suffix in CODE | SCRIPTS:
        return _findings(UNFINISHED, path, text, "finish it, or say it in the notes")
    return []


def skips(path, text):
    if path.startswith("tests/"):
        return _findings(SKIPS, path, text, "no test is switched off")
    return []


RULES = (printed_messages, sleeps, length, unfinished, skips)


def check(path, text):
    """Every finding of every rule in one file."""
    if path in _THE_RULES:
        return length(path, text)
    return [finding for rule in RULES for finding in rule(path, text)]
