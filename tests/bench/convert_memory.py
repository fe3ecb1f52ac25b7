"""The memory of `madoguchi convert` while it works on many files: it must be the same at the end as
after a tenth of them, whatever the form.

    convert_memory.py BUILD_TREE [RECORDS] [FORM ...]      3000 records; fhir, hl7v2, jahis and json

The records are histories of 20 KB of a hundred people, taken in turns; their names go to the
program's standard input as it takes them, so that its resident memory is looked at while it stands
where we think (give or take a hundred records). Prints the memory at every tenth; fails when it has
grown by more than 1 MB since the first.
"""

import fcntl
import pathlib
import subprocess
import sys
import tempfile
import time

ALLOWED_KB = 1024
PEOPLE = 100
SMALLEST_PIPE = 4096


def make_files(build, folder):
    """Histories of people who differ in name and in how many lines they have."""
    subprocess.run([str(build / "bin" / "fhir_bench"), "--write", str(folder)], check=True,
                   capture_output=True, timeout=60)
    text = (folder / "history.xml").read_text(encoding="utf-8")
    start, end = text.index("<MeTrMonthInf>"), text.index("</MessageBody>")
    months = text[start:end].split("</MeTrMonthInf>")[:-1]
    files = []
    for person in range(PEOPLE):
        kept = "".join(month + "</MeTrMonthInf>" for month in months[person % 2:])
        file = folder / f"YZKsiquc01res_{person}.xml"
        file.write_text(text[:start].replace("架空　太郎0", f"架空　太郎{person}") + kept + text[end:],
                        encoding="utf-8")
        files.append(file)
    return files


def resident(process):
    """Kilobytes now, and at most so far."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    found = dict(line.split(":", 1) for line in status.splitlines())
    return tuple(int(found[name].split()[0]) for name in ("VmRSS", "VmHWM"))


def run(build, form, records, files):
    """[kilobytes at each tenth]; the last one is the most there ever were."""
    command = [str(build / "bin" / "madoguchi"), "convert", "--to", form, "--files-from-stdin"]
    names = [f"{file}\n".encode() for file in files]
    begun = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as program:
        fcntl.fcntl(program.stdin, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
        seen = []
        for i in range(records):
            program.stdin.write(names[i % len(names)])
            if (i + 1) % (records // 10) == 0:
                program.stdin.flush()
                seen.append(resident(program))
        program.stdin.close()
        if program.wait(600) != 0:
            raise SystemExit(f"{form}: exit code {program.returncode}")
    spent = time.monotonic() - begun
    print(f"{form}: {records} records in {spent:.1f} s; KB at each tenth "
          f"{' '.join(str(now) for now, _ in seen)}, at most {seen[-1][1]}")
    return [now for now, _ in seen] + [seen[-1][1]]


def main(build, records="3000", *forms):
    build = pathlib.Path(build).resolve()
    grown = 0
    with tempfile.TemporaryDirectory(prefix="mdg-memory-") as folder:
        files = make_files(build, pathlib.Path(folder))
        for form in forms or ("fhir", "hl7v2", "jahis", "json"):
            seen = run(build, form, int(records), files)
            grown = max(grown, max(seen) - seen[0])
    print(f"grown by at most {grown} KB since the first tenth; allowed are {ALLOWED_KB}")
    return 0 if grown <= ALLOWED_KB else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
