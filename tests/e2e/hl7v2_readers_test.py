"""Messages of `madoguchi convert --to hl7v2`, read by two parsers that are not ours (Debian's
python3-hl7, and simple-hl7 of npm): every field of PID, IN1, RXE and OBX says what the record says,
in both layouts of IN1 and both charsets, and nothing else stands there."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import hl7

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("MADOGUCHI_BUILD", ROOT / "build"))
BIN = pathlib.Path(os.environ.get("MADOGUCHI_BIN", BUILD / "bin"))
FIXTURES = ROOT / "tests" / "fixtures" / "oqs"
PATIENCE = int(os.environ.get("MADOGUCHI_PATIENCE", "30"))

LAWS = {"01": "全国健康保険協会管掌健康保険", "06": "組合管掌健康保険", "12": "生活保護法による医療扶助",
        "39": "高齢者の医療の確保に関する法律による療養の給付", "C0": "国民健康保険"}
HALF = "ｦｧｨｩｪｫｬｭｮｯｰｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝ"
FULL = "ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"
VOICED = dict(zip("カキクケコサシスセソタチツテトハヒフヘホウ", "ガギグゲゴザジズゼゾダヂヅデドバビブベボヴ"))
SEMI = dict(zip("ハヒフヘホ", "パピプペポ"))
# Characters of Unicode that are one of JIS: decoders give the first, records have the second.
TWINS = str.maketrans("−〜‖¢£¬", "－～∥￠￡￢")


def convert(files, *options):
    done = subprocess.run([str(BIN / "madoguchi"), "convert", *options, *map(str, files)],
                          capture_output=True, timeout=PATIENCE * 2, check=False)
    return done.stdout, done.stderr.decode("utf-8"), done.returncode


def full_width(kana):
    out = ""
    for char in kana:
        if char == "ﾞ" and out[-1:] in VOICED:
            out = out[:-1] + VOICED[out[-1]]
        elif char == "ﾟ" and out[-1:] in SEMI:
            out = out[:-1] + SEMI[out[-1]]
        elif char in HALF:
            out += FULL[HALF.index(char)]
        else:
            out += "　" if char == " " else chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char
    return out


def real_day(date):
    return date.get("text", "") if re.fullmatch(r"\d{8}", date.get("text", "")) and date.get("day") \
        else ""


def name(text, *codes):
    """Components of XPN."""
    family, _, given = text.replace(" ", "　").partition("　")
    return [family, given, "", "", "", "", *codes] if text else []


def fields(**parts):
    """{field: [repetition of components, a list of subcomponents each]} from f1=..., without what is
    empty."""
    made = {}
    for key, value in parts.items():
        repeated = value if value and isinstance(value[0], list) else [value]
        clean = [[c if isinstance(c, list) else [c] for c in
                  (r if isinstance(r, list) else [r])] for r in repeated]
        if any(text for r in clean for c in r for text in c):
            made[int(key[1:])] = clean
    return made


def pid(person, chart="", updated=""):
    return fields(
        f1="0001", f3=[[chart, "", "", "", "PI"]] if chart else "",
        f5=[each for each in (name(person.get("name", ""), "L", "I"),
                              name(full_width(person.get("nameKana", "")), "L", "P"),
                              name(person.get("nameOfOther", ""), "A", "I"),
                              name(full_width(person.get("nameOfOtherKana", "")), "A", "P"))
            if each] or "",
        f7=real_day(person.get("birthDate", {})),
        f8={"1": "M", "2": "F", "3": "U"}.get(person.get("sex1Code") or person.get("sexCode"), ""),
        f11=[["", "", "", "", person.get("postNumber", ""), "JPN", "H", person.get("address", "")]]
        if person.get("postNumber") or person.get("address") else "",
        f33=updated)


def in1(qualification, number, layout):
    insured = qualification.get("insured", {})
    insurer = insured.get("insurerNumberTrimmed") or qualification.get("publicExpenseNumber", "")
    own = insured.get("number") or qualification.get("beneficiaryNumber", "")
    law = "C0" if len(insurer) == 6 else insurer[:2]
    ids = {"f10": [[insured.get("symbol", "")], [own], [insured.get("branch", "")]]} \
        if layout == "ssmix2" else {"f10": insured.get("symbol", ""), "f11": own}
    return fields(
        f1=str(number), f2=[[law, LAWS[law], "JHSD0001"]], f3=insurer,
        f4=qualification.get("insurerName") or qualification.get("welfareOfficeName", ""), **ids,
        f12=real_day(qualification.get("cardValidFrom", {})),
        f13=real_day(qualification.get("cardValidUntil", {})),
        f16=[name(qualification.get("insuredName", ""), "L", "I")]
        if qualification.get("insuredName") else "",
        f17={"1": [["SEL", "本人", "HL70063"]], "2": [["OTH", "その他", "HL70063"]]}.get(
            qualification.get("personalFamilyCode"), ""))


def rxe(line):
    drug = line["drug"]
    kind, amount, unit = drug.get("treatmentClassCode"), drug.get("amount", ""), drug.get("unit", "")
    doses = {"f19": [[amount, ["", unit]]]} if kind == "21" else \
        {"f3": amount, "f5": [["", unit]]} if kind == "22" else {"f10": amount, "f11": [["", unit]]}
    code = drug.get("drugCode", "")
    return fields(
        f2=[[code, drug.get("drugName", ""), "99MHLW" if code else ""]], **doses,
        f21=[["", drug.get("specialInstruction", "")]],
        f32=real_day(line.get("prescribedOn", {})),
        f40=[[line.get("provider", {}).get("code", ""), line.get("provider", {}).get("name", "")]])


def obx(checkup, item, number):
    kind, value = item.get("dataType"), item.get("dataValue", "")
    coded = kind in ("CD", "CO")
    numeric = kind == "PQ" and re.fullmatch(r"[-+]?\d+(\.\d+)?", value)
    return fields(
        f1=str(number), f2="CWE" if coded else "NM" if numeric else "ST",
        f3=[[item.get("itemCode", ""), item.get("itemName", ""), "JC10"]],
        f5=[[value, item.get("dataValueName", ""), item.get("oid", "")]] if coded else value,
        f6=item.get("unit", ""), f11="F", f14=real_day(checkup.get("examinedOn", {})))


def chart_of(confirmation):
    for text in [q.get("referenceNumber", "") for q in confirmation["qualifications"]] + \
            confirmation.get("referenceNumbers", []):
        if text:
            return text
    return ""


def adt(confirmation, header, layout):
    time = header.get("processExecutionTime", {}).get("text", "")
    people = confirmation["qualifications"]
    return {"PID": [pid(people[0], chart_of(confirmation), time)],
            "IN1": [in1(each, i + 1, layout) for i, each in enumerate(people)]
            if confirmation.get("validity") == "VALIDITY_VALID" else [], "RXE": [], "OBX": []}


def results(history, specimen):
    """PID and OBX of ORU or OUL: by checkup, and by material in OUL."""
    found = []
    for checkup in history.get("checkups", []):
        groups = {}
        for item in checkup.get("items", []):
            material = item.get("itemCode", "")[9:12]
            if (material != "000") == specimen:
                groups.setdefault(material, []).append(item)
        for items in groups.values():
            found += [obx(checkup, item, i + 1) for i, item in enumerate(items)]
    return {"PID": [pid(history.get("patient", {}))], "IN1": [], "RXE": [], "OBX": found}


def expected(record, layout):
    """What the segments of the record's messages have to say."""
    if "confirmation" in record:
        answer = record["confirmation"]
        return [adt(answer, answer.get("header", {}), layout)] if answer.get("qualifications") else []
    if "batchAnswer" in record:
        batch = record["batchAnswer"]
        units = [unit.get("confirmation", {}) for unit in batch.get("units", [])]
        return [adt(unit, batch.get("header", {}), layout) for unit in units
                if unit.get("qualifications")]
    if "medicalRecord" in record:
        medical = record["medicalRecord"]
        lines = medical.get("drugHistory", {}).get("drugLines", [])
        return [{"PID": [pid(medical.get("patient", {}))], "IN1": [], "OBX": [],
                 "RXE": [rxe(line) for line in lines]}] if lines else []
    if "checkupHistory" in record:
        both = [results(record["checkupHistory"], specimen) for specimen in (False, True)]
        return [each for each in both if each["OBX"]]
    return []


def trimmed(field):
    """A field without what is empty at the ends of its lists."""
    def cut(parts, empty):
        while len(parts) > 1 and empty(parts[-1]):
            parts = parts[:-1]
        return parts
    return cut([cut([cut(c, lambda t: not t) for c in r], lambda c: c == [""]) for r in field],
               lambda r: r == [[""]])


def unescaped(text):
    names = {"F": "|", "S": "^", "T": "&", "R": "~", "E": "\\"}
    return re.sub(r"\\(?:([FSTRE])|X([0-9A-F]+))\\", lambda found: names[found[1]] if found[1]
                  else bytes.fromhex(found[2]).decode("latin-1"), text)


def normal(parts):
    """Texts of a field as they are compared."""
    return trimmed([[[unescaped(t).translate(TWINS) for t in c] for c in r] for r in parts])


class Readers:
    """Both give a list of messages, each {name: [{field: repetitions of components of texts}]}."""

    @staticmethod
    def python(data, charset):
        messages = []
        for text in data.decode("iso2022_jp" if charset == "iso-2022-jp" else charset).split("\n"):
            if not text:
                continue
            message = {}
            for segment in hl7.parse(text):
                # The object tree of the library: a level that has one part may be the text itself.
                def parts(node, depth):
                    if depth == 0:
                        return str(node)
                    inner = list(node) if isinstance(node, hl7.containers.Container) else [node]
                    return [parts(each, depth - 1) for each in inner]
                made = {i: normal([parts(r, 2) for r in field])
                        for i, field in enumerate(segment) if i > 0}
                message.setdefault(str(segment[0]), []).append(made)
            messages.append(message)
        return messages

    @staticmethod
    def node(data, charset):
        folder, source = BUILD / "readers-node", ROOT / "tests" / "e2e" / "node"
        folder.mkdir(parents=True, exist_ok=True)
        for each in ("hl7v2_fields.cjs", "package.json", "package-lock.json"):
            shutil.copy(source / each, folder)
        done, locked = folder / "installed-lock.json", source / "package-lock.json"
        if not done.exists() or done.read_bytes() != locked.read_bytes():
            subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder,
                           check=True, timeout=PATIENCE * 4, stdout=subprocess.DEVNULL)
            shutil.copy(locked, done)
        with tempfile.NamedTemporaryFile(prefix="mdg-readers-") as file:
            file.write(data)
            file.flush()
            out = subprocess.run(["node", str(folder / "hl7v2_fields.cjs"), file.name, charset],
                                 capture_output=True, check=True, timeout=PATIENCE * 2).stdout
        messages = []
        for segments in json.loads(out):
            message = {}
            for segment, values in segments:
                message.setdefault(segment, []).append(
                    {i + 1: normal(value) for i, value in enumerate(values) if value})
            messages.append(message)
        return messages


class EveryFixture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.files = sorted(path for path in FIXTURES.rglob("*")
                           if path.suffix in (".xml", ".zip", ".json"))
        cls.records = {}
        for path in cls.files:
            out, _, code = convert([path], "--to", "json")
            if code == 0:
                cls.records[path] = json.loads(out)

    def check(self, reader, layout, charset):
        files = [path for path in self.records if expected(self.records[path], layout)]
        self.assertGreater(len(files), 20)
        out, notes, code = convert(files, "--to", "hl7v2", "--in1", layout, "--charset", charset)
        self.assertEqual(0, code)
        # Readings as they were sent are the only texts of these files outside of JIS.
        for note in notes.splitlines():
            self.assertRegex(note, r": ZOQ(\[\d+\])?-3: U\+FF\w\w -> ")
        self.assertEqual(charset == "utf-8", notes == "")
        wanted = [each for path in files for each in expected(self.records[path], layout)]
        found = reader(out, charset)
        self.assertEqual(len(wanted), len(found))
        compared = 0
        for want, message in zip(wanted, found):
            for segment, rows in want.items():
                got = [{i: value for i, value in each.items() if value != [[[""]]]}
                       for each in message.get(segment, [])]
                self.assertEqual([{i: normal(value) for i, value in row.items()} for row in rows], got)
                compared += sum(map(len, rows))
        self.assertGreater(compared, 500)

    def test_every_field_is_read_by_both(self):
        for reader in (Readers.python, Readers.node):
            for layout in ("ssmix2", "jahis"):
                for charset in ("utf-8", "iso-2022-jp"):
                    with self.subTest(reader=reader.__name__, layout=layout, charset=charset):
                        self.check(reader, layout, charset)

    def test_what_has_no_message_is_said_and_the_others_are_converted(self):
        without = [path for path in self.records if not expected(self.records[path], "ssmix2")]
        some = [path for path in self.records if expected(self.records[path], "ssmix2")][0]
        self.assertGreater(len(without), 10)
        out, notes, code = convert([*without, some], "--to", "hl7v2")
        self.assertEqual(1, code)
        self.assertEqual(len(without), notes.count("MDG-1311"))
        self.assertEqual(1, len(Readers.python(out, "utf-8")))

    def test_equal_files_give_equal_bytes(self):
        for options in (["--to", "hl7v2"], ["--to", "hl7v2", "--charset", "iso-2022-jp"],
                        ["--to", "jahis"]):
            first, second = (convert(list(self.records), *options) for _ in range(2))
            self.assertEqual(first, second)
            self.assertTrue(first[0])

    def test_notebooks_follow_each_other(self):
        files = [path for path in self.records if "medicalRecord" in self.records[path]]
        out, _, _ = convert(files, "--to", "jahis")
        lines = out.decode("cp932").split("\r\n")
        self.assertEqual("", lines[-1])
        self.assertGreaterEqual(sum(line == "JAHISTC08,1" for line in lines), 2)

    def test_event_and_time_may_be_given(self):
        path = next(path for path in self.records if "_face_" in path.name)
        out, _, code = convert([path], "--to", "hl7v2", "--event", "A04", "--time", "20260411120000")
        self.assertEqual(0, code)
        head = Readers.python(out, "utf-8")[0]["MSH"][0]
        self.assertEqual([["ADT"], ["A04"], ["ADT_A01"]], head[9][0])
        self.assertEqual([[["20260411120000"]]], head[7])
        for wrong in (["--event", "A01"], ["--time", "today"], ["--in1", "x"], ["--charset", "x"]):
            self.assertEqual(2, convert([path], "--to", "hl7v2", *wrong)[2])


if __name__ == "__main__":
    unittest.main()
