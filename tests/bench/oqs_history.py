"""The drug history of oqs_medical_bench with Python's xml.etree: the same extraction as the
codec's, and how long it takes.

    oqs_history.py FILE ENCODING SECONDS PORTIONS     one line of JSON: {seconds_each, extraction}

ENCODING: utf-8 or cp932. Measured are portions of so many seconds; the fastest counts.
"""

import json
import pathlib
import sys
import time
import xml.etree.ElementTree as ElementTree

HEADER_FIELDS = ("MedicalInstitutionCode", "ArbitraryFileIdentifier", "ResultCode",
                 "MessageContents")
DRUG_FIELDS = ("MeTrIdCl", "DrugC", "DrugN", "IngreN", "Qua1", "Unit", "UsageN", "SpInst", "Times")


def text(node, name):
    return node.findtext(name, "") if node is not None else ""


def lines_of(month):
    code = text(month, "PrlsHCd")
    prescribes = len(code) > 2 and code[2] in "13"
    provider = [text(month, "MeTrDiHCd"), text(month, "MeTrDiHNm")]
    prescriber = [code, text(month, "PrlsHNm")] if prescribes else provider
    site = [text(month, "DiOrg"), text(month, "PrIsOrg"), text(month, "InOut")]
    for day in month.iterfind("DiDateInfs/DiDateInf"):
        days = [text(month, "MeTrMonth"), text(day, "DiDate"), text(day, "PrDate")]
        for drug in day.iterfind("DrugInfs/DrugInf"):
            yield {"provider": provider, "prescriber": prescriber, "site": site, "days": days,
                   "drug": [text(drug, name) for name in DRUG_FIELDS]}


def extract(data, encoding):
    # expat reads no encoding of several bytes but UTF-8; a text's declaration is not looked at.
    root = ElementTree.fromstring(data if encoding == "utf-8" else data.decode(encoding))
    head = root.find("MessageHeader")
    person = head.find("QuaInf")
    return {
        "header": [text(head, name) for name in HEADER_FIELDS],
        "person": [text(person, name) for name in ("Name", "KanaName", "Birth", "AdmGendCode")],
        "lines": [line for month in root.iterfind("MessageBody/MeTrMonthInf")
                  for line in lines_of(month)],
    }


def text_of(found):
    """The text the driver compares: what every side must have found."""
    rows = [found["header"], found["person"]]
    for line in found["lines"]:
        rows.append([value for part in line.values() for value in part])
    return "\n".join("\t".join(row) for row in rows)


def run_for(seconds, data, encoding):
    start, rounds = time.perf_counter(), 0
    while (spent := time.perf_counter() - start) < seconds:
        for _ in range(20):
            extract(data, encoding)
        rounds += 20
    return spent / rounds


def main(file, encoding, seconds, portions):
    data = pathlib.Path(file).read_bytes()
    run_for(float(seconds), data, encoding)  # warm-up
    fastest = min(run_for(float(seconds), data, encoding) for _ in range(int(portions)))
    print(json.dumps({"seconds_each": fastest, "extraction": text_of(extract(data, encoding))}))


if __name__ == "__main__":
    main(*sys.argv[1:])
