"""Making an HL7 v2 message of a drug history, beside what parsers in other languages need to only read
that message: simple-hl7 (npm) and python3-hl7 (Debian).

    hl7v2_parsers.py BUILD_TREE [SECONDS]      SECONDS: how long a portion is; 0.5

The work is not the same, and the page says so: nobody else converts OQS, so the others are given
the easier half. The converter reads the record (or the 20 KB file of OQS, in the second line) and writes
the message; the others split the finished message, and look at one field of each order so that a parser
that waits until it is asked has to work. All in one run, one thread each, the fastest of five portions.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 300
PORTIONS = 5
SCALE = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3}


def run(*command, **more):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True,
                          text=True, timeout=LIMIT, **more).stdout


def node_program(build):
    """The script in the build tree with its locked packages beside it; a reason without npm."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return None, f"no {program} here"
    # The packages are those of the tests that read messages.
    folder, source = build / "readers-node", HERE.parent / "e2e" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "node" / "hl7v2_parse.cjs", folder)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(source / name, folder)
    done, locked = folder / "installed-lock.json", source / "package-lock.json"
    if not done.exists() or done.read_bytes() != locked.read_bytes():
        try:
            run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            return None, f"npm could not install: {str(error.stderr or error)[-300:]}"
        shutil.copy(locked, done)
    return folder / "hl7v2_parse.cjs", ""


def converter_times(bench, seconds):
    out = run(bench, "--benchmark_filter=BM_(RecordToV2|FileToV2)$",
              f"--benchmark_min_time={seconds}", f"--benchmark_repetitions={PORTIONS}",
              "--benchmark_format=json")
    fastest = {}
    for each in json.loads(out)["benchmarks"]:
        if each["run_type"] == "iteration":
            spent = each["real_time"] * SCALE[each["time_unit"]]
            fastest[each["run_name"]] = min(spent, fastest.get(each["run_name"], spent))
    return fastest


def python_time(text, seconds):
    """Seconds a message, and the names of the medicines that were found."""
    import hl7  # Debian's, seen by Debian's python only.

    def names():
        return [str(segment[2]).split("^")[1] for segment in hl7.parse(text).segments("RXE")]
    fastest = None
    for _ in range(PORTIONS):
        rounds, start = 0, time.perf_counter()
        while time.perf_counter() - start < seconds or rounds == 0:
            names()
            rounds += 1
        spent = (time.perf_counter() - start) / rounds
        fastest = spent if fastest is None else min(fastest, spent)
    return fastest, names()


def main(build, seconds="0.5"):
    build = pathlib.Path(build).resolve()
    bench = build / "bin" / "hl7v2_bench"
    times = converter_times(bench, seconds)
    program, reason = node_program(build)
    if program is None:
        # The form of a test that was left out, which does not pass in CI.
        print(f"hl7v2_parsers: Node ... skipped: {reason}")
        if os.environ.get("CI") == "true":
            return 1
    with tempfile.NamedTemporaryFile(prefix="mdg-hl7v2-") as file:
        run(bench, "--write", file.name)
        text = pathlib.Path(file.name).read_bytes().decode("utf-8")
        expected = [line.split("|")[2].split("^")[1] for line in text.split("\r")
                    if line.startswith("RXE")]
        others = [("python3-hl7 reads the message", *python_time(text, float(seconds)))]
        if program is not None:
            found = json.loads(run("node", program, file.name, seconds, PORTIONS))
            others.append(("simple-hl7 (Node) reads the message", found["seconds_each"],
                           found["names"]))
    record = times["BM_RecordToV2"]
    print(f"a message of {len(text.encode())} bytes, {len(expected)} medicines")
    print(f"  {'record -> message':<38}{record * 1e6:10.1f} us")
    print(f"  {'file of OQS -> record -> message':<38}{times['BM_FileToV2'] * 1e6:10.1f} us")
    for label, spent, names in others:
        if names != expected:
            print(f"{label}, but found something else")
            return 1
        print(f"  {label:<38}{spent * 1e6:10.1f} us   {spent / record:7.1f} x record -> message, "
              f"{spent / times['BM_FileToV2']:6.1f} x file -> message")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
