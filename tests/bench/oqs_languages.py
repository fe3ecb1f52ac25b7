"""Reading a drug history of 20 KB with the codec, against a bare pugixml parse and against Python
(xml.etree) and Node (fast-xml-parser of npm) doing the same extraction of the same bytes. Each side
is measured inside its own process after a warm-up, the fastest of five portions counting, so that
what else the machine does matters little; what they found is compared, letter by letter.

    oqs_languages.py BUILD_TREE [SECONDS]      SECONDS: how long a portion is; 0.5

Prints times and ratios; the codec also checks the encoding, keeps what it does not know and marks
duplicates, which the others do not.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
LIMIT = 300
PORTIONS = 5
SCALE = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3}
# The name in the benchmarks of oqs_medical_bench, in Python and in Node.
ENCODINGS = (("Utf8", "utf-8", "utf-8"), ("Cp932", "cp932", "shift_jis"))


def run(*command, **more):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True,
                          text=True, timeout=LIMIT, **more).stdout


def node_program(build, script="history.mjs"):
    """The script in the build tree with its locked packages beside it; a reason without npm."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            return None, f"no {program} here"
    folder, locked = build / "bench-node", HERE / "node" / "package-lock.json"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (script, "package.json", "package-lock.json"):
        shutil.copy(HERE / "node" / name, folder)
    done = folder / "installed-lock.json"
    if not done.exists() or done.read_bytes() != locked.read_bytes():
        try:
            run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", cwd=folder)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            return None, f"npm could not install: {str(error.stderr or error)[-300:]}"
        shutil.copy(locked, done)
    return folder / script, ""


def fastest_times(bench, names, seconds):
    """Seconds by name of the benchmark, of those that match `names`: the fastest of its portions."""
    out = run(bench, f"--benchmark_filter={names}",
              f"--benchmark_min_time={seconds}", f"--benchmark_repetitions={PORTIONS}",
              "--benchmark_format=json")
    fastest = {}
    for each in json.loads(out)["benchmarks"]:
        if each["run_type"] == "iteration":
            time = each["real_time"] * SCALE[each["time_unit"]]
            fastest[each["run_name"]] = min(time, fastest.get(each["run_name"], time))
    return fastest


def main(build, seconds="0.5"):
    build = pathlib.Path(build).resolve()
    bench = build / "bin" / "oqs_medical_bench"
    times = fastest_times(bench, "(Parse|Read)History(Utf8|Cp932|OnHeap)$", seconds)
    program, reason = node_program(build)
    if program is None:
        # The form of a test that was left out, which does not pass in CI.
        print(f"oqs_languages: Node ... skipped: {reason}")
        if os.environ.get("CI") == "true":
            return 1
    with tempfile.TemporaryDirectory(prefix="mdg-history-") as folder:
        run(bench, "--write", folder)
        expected = pathlib.Path(folder, "extraction.txt").read_text(encoding="utf-8")
        for name, python, node in ENCODINGS:
            file = pathlib.Path(folder, f"{name}.xml")
            codec = times[f"BM_ReadHistory{name}"]
            rows = [("bare pugixml parse", times[f"BM_PugixmlParseHistory{name}"]),
                    ("the codec", codec)]
            if name == "Utf8":
                rows.append(("the codec without an arena", times["BM_ReadHistoryOnHeap"]))
            others = [("Python xml.etree", [sys.executable, HERE / "oqs_history.py", file, python])]
            if program is not None:
                others.append(("Node fast-xml-parser", ["node", program, file, node]))
            for label, command in others:
                found = json.loads(run(*command, seconds, PORTIONS))
                if found["extraction"] != expected:
                    print(f"{label} found something else in {name}")
                    return 1
                rows.append((label, found["seconds_each"]))
            print(f"{name}, {file.stat().st_size} bytes")
            for label, time in rows:
                print(f"  {label:<28}{time * 1e6:10.1f} us   {time / codec:6.2f} x the codec")
            print(f"  {'the codec':<28}{'':13}   {codec / rows[0][1]:6.2f} x the bare parse")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
