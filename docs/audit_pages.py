#!/usr/bin/env python3
"""Writes the table of audit entries in docs/ja/audit.md and docs/en/audit.md from
agent/audit/kinds.def.

    python3 docs/audit_pages.py           writes the tables
    python3 docs/audit_pages.py --check   exit code 1 when a table is not up to date
"""

import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
KINDS = ROOT / "agent" / "audit" / "kinds.def"
BEGIN, END = "<!-- kinds: made by docs/audit_pages.py -->\n", "<!-- kinds: end -->\n"

Kind = collections.namedtuple("Kind", "number name rule en ja")

RULES = {
    "FailClosed": ("not done unless written", "書けなければ行わない"),
    "Spool": ("done; written later if need be", "行う。書けなければ後で書く"),
    "BestEffort": ("done; counted if it cannot be written", "行う。書けなければ件数だけ残す"),
}
_KIND = re.compile(r'MDG_AUDIT\(\s*(\d+)\s*,\s*(\w+)\s*,\s*(\w+)\s*,\s*"([^"]*)"\s*,\s*"([^"]*)"\s*\)')


def parse(text):
    """The kinds, in the order of the table. Fails on anything that it does not understand."""
    text = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    kinds = [Kind(int(number), *rest) for number, *rest in _KIND.findall(text)]
    if len(kinds) != text.count("MDG_AUDIT("):
        raise ValueError(f"{text.count('MDG_AUDIT(')} kinds, {len(kinds)} understood")
    return kinds


def table(kinds, language):
    """The table in `en` or `ja`."""
    english = language == "en"
    lines = ["| number | name | what | rule |" if english else "| 番号 | 名前 | 内容 | 決まり |",
             "|---|---|---|---|"]
    for kind in kinds:
        lines.append(f"| {kind.number} | `{kind.name}` | {kind.en if english else kind.ja} |"
                     f" {RULES[kind.rule][0 if english else 1]} |")
    return "\n".join(lines) + "\n"


def with_table(page, kinds, language):
    """`page` with its table as it has to be."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"docs/{language}/audit.md has no place for the table")
    return before + BEGIN + table(kinds, language) + END + after


def main(arguments):
    kinds = parse(KINDS.read_text(encoding="utf-8"))
    stale = False
    for language in ("ja", "en"):
        path = ROOT / "docs" / language / "audit.md"
        page = path.read_text(encoding="utf-8")
        wanted = with_table(page, kinds, language)
        if page != wanted:
            stale = True
            if "--check" not in arguments:
                path.write_text(wanted, encoding="utf-8")
                print(f"wrote {path.relative_to(ROOT)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
