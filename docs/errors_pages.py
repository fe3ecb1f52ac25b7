#!/usr/bin/env python3
"""Writes docs/ja/errors.md and docs/en/errors.md from the catalogue agent/base/errors.def.

    python3 docs/errors_pages.py           writes the pages
    python3 docs/errors_pages.py --check   exit code 1 when a page is not up to date
"""

import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "agent" / "base" / "errors.def"

Entry = collections.namedtuple("Entry", "number name status retry en ja next_en next_ja")

# First two digits -> headings.
RANGES = {
    10: ("Requests", "呼び出し"),
    11: ("Identity and policy", "利用者と権限"),
    12: ("Terminals", "資格確認端末"),
    13: ("OQS messages", "オンライン資格確認のデータ"),
    14: ("Receptions", "受付"),
    15: ("Store", "保存"),
    16: ("Daemon and configuration", "窓口サービスと設定"),
    17: ("Client and command line", "連携システムとコマンド"),
    18: ("Keys and certificates", "鍵と証明書"),
    19: ("Audit trail", "監査記録"),
    20: ("Medical records", "薬剤・健診・診療情報"),
    21: ("Card readers and cards", "カードリーダーとカード"),
    22: ("Receivers of HL7", "HL7の接続先"),
    23: ("Delivery to other systems", "他システムへの配送"),
}
RETRY = {
    "RETRY_NEVER": ("no: the same call fails again", "くり返しても同じです"),
    "RETRY_SAME_REQUEST_ID": ("yes, with the same request_id", "そのままもう一度（request_idは同じ）"),
    "RETRY_NEW_REQUEST_ID": ("yes, with a new request_id", "新しいrequest_idでもう一度"),
    "RETRY_AFTER_NEXT_STEP": ("after the next step is done", "対処をしてから"),
}
_ENTRY = re.compile(
    r'MDG_ERROR\(\s*(\d+)\s*,\s*(\w+)\s*,\s*k(\w+)\s*,\s*(\w+)\s*,'
    r'((?:\s*"(?:[^"\\]|\\.)*"\s*,?)+)\)')
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*,)?')


def parse(text):
    """Entries of a catalogue, in its order. Fails on anything that it does not understand."""
    text = re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
    entries = []
    for number, name, status, retry, texts in _ENTRY.findall(text):
        parts, joined = [], ""
        for piece, comma in _TEXT.findall(texts):
            joined += re.sub(r"\\(.)", r"\1", piece)
            if comma:  # "a" "b" is one text
                parts.append(joined)
                joined = ""
        parts.append(joined)
        if len(parts) != 4:
            raise ValueError(f"{name}: four texts expected, {len(parts)} found")
        entries.append(Entry(int(number), name, status, retry, *parts))
    if len(entries) != text.count("MDG_ERROR("):
        raise ValueError(f"{text.count('MDG_ERROR(')} entries, {len(entries)} understood")
    return entries


def _grpc(status):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", status).upper()


def page(entries, language):
    """The page in `en` or `ja`."""
    english = language == "en"
    at = 0 if english else 1
    lines = ["<!-- Made by docs/errors_pages.py from agent/base/errors.def; do not edit. -->"]
    if english:
        lines += ["# Error numbers", "",
                  "Every failure has a number that never changes its meaning. Programs find it in",
                  "`ErrorDetail.number`, which rides in the details of `google.rpc.Status`",
                  "(see [api.md](api.md)); the log, the command line and `madoguchi status` show it.",
                  "The Japanese page has [the sentences for the counter](../ja/errors.md).", ""]
    else:
        lines += ["# エラー番号一覧", "",
                  "画面や記録に `MDG-` で始まる番号が出たときは、この一覧で意味と対処を確認してください。",
                  "番号の意味は変わりません。問い合わせのときは番号と時刻を伝えてください。",
                  "開発者向けの説明は[英語のページ](../en/errors.md)にあります。", ""]
    group = None
    for entry in entries:
        if entry.number // 100 != group:
            group = entry.number // 100
            lines += [f"## {group}xx {RANGES[group][at]}", ""]
        lines += [f'### <a id="mdg-{entry.number}"></a>MDG-{entry.number}', ""]
        if english:
            lines += [entry.en, "", f"- What to do: {entry.next_en}",
                      f"- gRPC status: `{_grpc(entry.status)}`",
                      f"- Repeat the call? {RETRY[entry.retry][at]}"]
        else:
            lines += [entry.ja, "", f"- 対処: {entry.next_ja}",
                      f"- やり直し: {RETRY[entry.retry][at]}"]
        lines += [""]
    return "\n".join(lines[:-1]) + "\n"


def main(arguments):
    entries = parse(CATALOGUE.read_text(encoding="utf-8"))
    stale = False
    for language in ("ja", "en"):
        path = ROOT / "docs" / language / "errors.md"
        wanted = page(entries, language)
        if not path.exists() or path.read_text(encoding="utf-8") != wanted:
            stale = True
            if "--check" not in arguments:
                path.write_text(wanted, encoding="utf-8")
                print(f"wrote {path.relative_to(ROOT)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
