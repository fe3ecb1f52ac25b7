"""clang-tidy over all our .cc files, quickly: files of one folder are looked at in batches (a file
that #includes them), because most of the time goes into the headers they share; and a batch whose
bytes and headers have not changed since it was clean is not looked at again."""

import collections
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess

import sources

# Judges what a batch itself does (include a .cc), not what is in it.
_NOT_FOR_BATCHES = "-bugprone-suspicious-include"
BATCH = 12
PROCESSES = 2
CACHE = sources.BUILD / "tidy"


def compile_commands():
    """{path relative to ROOT: arguments} of our own files, without output and dependency options."""
    commands = {}
    # The build compiles several files as one, so its own list of commands has not ours: it is made
    # by a configuration of its own, which reads what the build generated.
    tree = CACHE / "commands"
    shutil.rmtree(tree, ignore_errors=True)
    subprocess.run(["cmake", "--preset", "release", "-B", str(tree), "-DCMAKE_UNITY_BUILD=OFF",
                    "-DCMAKE_CXX_COMPILER=clang++", "-DMADOGUCHI_FUZZ=ON"],
                   cwd=sources.ROOT, check=True, stdout=subprocess.DEVNULL)
    listed = (tree / "compile_commands.json").read_text()
    for entry in json.loads(listed.replace(f"{tree}/gen", f"{sources.BUILD}/gen")):
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if not path.is_relative_to(sources.ROOT) or path.is_relative_to(sources.BUILD):
            continue
        words = shlex.split(entry["command"])
        if os.path.basename(words[0]) == "ccache":
            words = words[1:]
        kept, skip = [], False
        for word in words[1:]:
            if skip or word in ("-o", "-MF", "-MT", "-MQ"):
                skip = not skip
            elif word not in ("-c", "-MD", "-MMD") and word != entry["file"]:
                kept.append(word)
        commands[path.relative_to(sources.ROOT).as_posix()] = tuple(kept)
    return commands


def headers():
    """{path of a .cc relative to ROOT: the files it was compiled from}, from ninja's log."""
    out = subprocess.run(["ninja", "-C", str(sources.BUILD), "-t", "deps"], capture_output=True,
                         text=True, check=True).stdout
    found = {}
    for block in out.split("\n\n"):
        names = [line.strip() for line in block.splitlines() if line.startswith("    ")]
        paths = [os.path.normpath(os.path.join(sources.BUILD, name)) for name in names]
        for path in paths:
            if path.endswith(".cc") and path.startswith(str(sources.ROOT)):
                found[os.path.relpath(path, sources.ROOT)] = paths
    return found


def batches(commands):
    """[(arguments, [files])]: files of one folder with equal arguments, at most BATCH each."""
    groups = collections.defaultdict(list)
    for path, arguments in sorted(commands.items()):
        groups[(os.path.dirname(path), arguments)].append(path)
    return [(arguments, paths[at:at + BATCH]) for (_, arguments), paths in sorted(groups.items())
            for at in range(0, len(paths), BATCH)]


class _Fingerprints:
    def __init__(self):
        self._known = {}
        version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
        self._base = version + (sources.ROOT / ".clang-tidy").read_bytes()
        self._headers = headers()

    def _of(self, path):
        if path not in self._known:
            try:
                if path.startswith(str(sources.ROOT)):
                    self._known[path] = hashlib.sha256(pathlib.Path(path).read_bytes()).digest()
                else:
                    status = os.stat(path)
                    self._known[path] = f"{status.st_size} {status.st_mtime_ns}".encode()
            except FileNotFoundError:
                self._known[path] = b"gone"
        return self._known[path]

    def of_batch(self, arguments, paths):
        made = hashlib.sha256(self._base + repr((arguments, paths)).encode())
        for path in paths:
            # Without an entry in ninja's log the batch is never taken as known.
            used = self._headers.get(path) or [os.urandom(8).hex()]
            for name in (str(sources.ROOT / path), *used):
                made.update(name.encode() + self._of(name))
        return made.hexdigest()


def _tidy(file, arguments, extra):
    done = subprocess.run(
        ["clang-tidy", "--quiet", *extra, str(file), "--", *arguments, "-Wno-everything"],
        cwd=sources.BUILD, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


OURS = re.escape(str(sources.ROOT)) + r"/(agent|hl7|adapters|tests)/"


def look_at(arguments, paths, where=OURS):
    """Findings in these files and in headers whose path matches `where`; empty without any."""
    if len(paths) == 1:
        code, out = _tidy(sources.ROOT / paths[0], arguments, [])
        return "" if code == 0 else out
    name = hashlib.sha256(repr(paths).encode()).hexdigest()[:16]
    batch = CACHE / f"{name}.cc"
    batch.write_text("".join(f'#include "{sources.ROOT / path}"\n' for path in paths))
    code, out = _tidy(batch, arguments,
                      [f"--checks={_NOT_FOR_BATCHES}", f"--header-filter={where}",
                       f"--config-file={sources.ROOT / '.clang-tidy'}"])
    batch.unlink()
    if code == 0:
        return ""
    if "[clang-diagnostic-error" not in out:
        return out
    # Names that clash in a batch: halves, and in the end each file alone, tell.
    middle = len(paths) // 2
    return "\n".join(filter(None, (look_at(arguments, half, where)
                                   for half in (paths[:middle], paths[middle:]))))


def run(report=print):
    """Looks at everything that is not known to be clean; returns all findings."""
    CACHE.mkdir(parents=True, exist_ok=True)
    fingerprints = _Fingerprints()
    todo = []
    for arguments, paths in batches(compile_commands()):
        stamp = CACHE / (fingerprints.of_batch(arguments, paths) + ".clean")
        if not stamp.exists():
            todo.append((arguments, paths, stamp))

    def one(job):
        arguments, paths, stamp = job
        found = look_at(arguments, paths)
        if not found:
            stamp.touch()
        return found

    # Batches with the most files first, so that no long one is left for the end.
    todo.sort(key=lambda job: -len(job[1]))
    with concurrent.futures.ThreadPoolExecutor(PROCESSES) as pool:
        findings = list(filter(None, pool.map(one, todo)))
    report(f"{len(todo)} batches looked at, {len(findings)} with findings")
    return findings
