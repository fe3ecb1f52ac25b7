"""A simulated clinic: madoguchi-sim, madoguchid and the CLI as real processes in a temporary folder.

    with Clinic(terminals=2) as clinic:
        clinic.start()                                  # simulator and daemon, both ready
        tap = clinic.tap(persona="valid-with-consents")  # a patient uses the face reader
        watch = clinic.watch("--today")                 # the CLI as a watcher, a line per message
        watch.wait_for(lambda line: token(tap) in line)
        clinic.kill_daemon()                            # kill -9
        clinic.start_daemon()

Every wait has a deadline (PATIENCE seconds, more under sanitizers). Leaving the block ends every
process that was started and removes the folder; when a test fails, the folder is kept if
MADOGUCHI_KEEP is set, and what the programs said on stderr is printed.
"""

import base64
import collections
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("MADOGUCHI_BIN", ROOT / "build" / "bin"))
# Seconds any single wait may take. Sanitizer builds set the variable in CMakeLists.txt.
PATIENCE = float(os.environ.get("MADOGUCHI_PATIENCE", "30"))


# Whether this run is about a site whose questions go over the web API (see CMakeLists.txt).
BY_WEB = os.environ.get("MADOGUCHI_BY_WEB") == "1"


def of_terminals(test):
    """Leaves out a test about files in `req` and `res` where there are none."""
    return None if BY_WEB else test


class Program:
    """A child process whose standard output is read line by line while it runs."""

    def __init__(self, command, stderr_file, env=None, cwd=None, stdin=subprocess.DEVNULL):
        self.command = [str(part) for part in command]
        self.stderr_file = pathlib.Path(stderr_file)
        self._changed = threading.Condition()
        self._lines = []
        self._seen = 0  # lines wait_for() has gone past
        self._ended = False
        with open(self.stderr_file, "ab") as err:
            self.process = subprocess.Popen(self.command, stdin=stdin, stdout=subprocess.PIPE,
                                            stderr=err, env=env, cwd=cwd, text=True,
                                            encoding="utf-8", errors="replace")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        self.process.stdout.close()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def pid(self):
        return self.process.pid

    def lines(self):
        """Everything printed so far."""
        with self._changed:
            return list(self._lines)

    def messages(self):
        """The same, each line parsed as JSON."""
        return [json.loads(line) for line in self.lines()]

    def wait_for(self, wanted, seconds=None):
        """The first line after the last one found for which wanted(line) is true."""
        deadline = time.monotonic() + (PATIENCE if seconds is None else seconds)
        with self._changed:
            while True:
                while self._seen < len(self._lines):
                    line = self._lines[self._seen]
                    self._seen += 1
                    if wanted(line):
                        return line
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    why = "ended" if self._ended else "did not print it in time"
                    raise AssertionError(f"{self.command[0]} {why}; it printed {self._lines[-20:]}"
                                         f" and on stderr:\n{self.stderr()[-4000:]}")
                self._changed.wait(left)

    def wait_until(self, true_of_lines, seconds=None):
        """Waits until true_of_lines(all lines so far) is true."""
        deadline = time.monotonic() + (PATIENCE if seconds is None else seconds)
        with self._changed:
            while not true_of_lines(self._lines):
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    raise AssertionError(f"{self.command[0]}: not in time; {len(self._lines)} lines,"
                                         f" last {self._lines[-5:]}\n{self.stderr()[-4000:]}")
                self._changed.wait(left)

    def stderr(self):
        return self.stderr_file.read_text(encoding="utf-8", errors="replace")

    def wait(self, seconds=None):
        """Its exit code, once it has ended by itself."""
        code = self.process.wait(PATIENCE if seconds is None else seconds)
        self._reader.join(PATIENCE)
        return code

    def stop(self, seconds=None):
        """SIGTERM and the exit code; one that does not end in time is killed and is a failure."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.command[0]} did not end on SIGTERM; stderr:\n"
                                 f"{self.stderr()[-4000:]}") from None

    def kill(self):
        """SIGKILL; returns when it is gone."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)

    def running(self):
        return self.process.poll() is None


def token(tap):
    """What names a tap in the Confirmation made of it: header.arbitraryFileIdentifier."""
    institution_and_token = tap["file"].split("_face_")[1].rsplit("_", 1)[0]
    return base64.b64encode(institution_and_token[10:].encode()).decode()


# What one run of the CLI gave: exit code, standard output, its lines as JSON (only with as_json).
CliResult = collections.namedtuple("CliResult", "code out err messages")


def free_port():
    """A TCP port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Clinic:
    """One site. tcp=True also listens with mutual TLS on 127.0.0.1:`port`; by_web=True asks about
    identifiers and records over the web API, and the terminals only read cards."""

    def __init__(self, terminals=1, tcp=False, seed=1, init=(), by_web=BY_WEB):
        # Short, because the path of a UNIX socket may have 107 bytes only.
        self._top = pathlib.Path(tempfile.mkdtemp(prefix="mdg-"))
        self.folder = self._top / "site"
        self.socket = self.folder / "madoguchi.sock"
        self.config = self.folder / "madoguchi.toml"
        self.target = f"unix:{self.socket}"
        self.port = free_port() if tcp else None
        self.by_web = by_web
        self.terminals = terminals
        self.sim = None
        self.daemon = None
        self._programs = []
        command = [BIN / "madoguchi-sim", "init", self.folder, "--seed", seed,
                   "--terminals", terminals, *init]
        if by_web:
            command.append("--asks-by-web")
        if tcp:
            command += ["--listen", f"127.0.0.1:{self.port}"]
        try:
            self._run(command)
        except BaseException:
            shutil.rmtree(self._top, ignore_errors=True)
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.close(failed=kind is not None)

    def close(self, failed=False):
        for program in reversed(self._programs):
            program.kill()
        if failed:
            for log in sorted(self._top.glob("*.err")):
                text = log.read_text(encoding="utf-8", errors="replace")[-4000:]
                print(f"--- {log.name}\n{text}", file=sys.stderr)
        if failed and os.environ.get("MADOGUCHI_KEEP"):
            print(f"kept: {self._top}", file=sys.stderr)
        else:
            shutil.rmtree(self._top, ignore_errors=True)

    def set_key(self, table, key, value):
        """Writes `key = value` into every [table] or [[table]] of the configuration. Before the
        daemon starts."""
        lines = []
        for line in self.config.read_text(encoding="utf-8").splitlines():
            lines.append(line)
            if line in (f"[{table}]", f"[[{table}]]"):
                lines.append(f"{key} = {value}")
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def counters(self):
        """The counters of the terminals, in their order; then those of readers alone."""
        found = re.findall(r'^counter = "([^"]+)"', self.config.read_text(encoding="utf-8"),
                           re.MULTILINE)
        return list(dict.fromkeys(found))

    # --- processes

    def program(self, name, command, **options):
        """Starts a program that ends with the clinic at the latest; stderr goes to NAME.err."""
        made = Program(command, self._top / f"{name}.err", **options)
        self._programs.append(made)
        return made

    def start(self):
        self.start_sim()
        self.start_daemon()
        return self

    def start_sim(self, *words):
        """`madoguchi-sim run` with further words, such as "--answer-after", "2s"."""
        self.sim = self.program("sim", [BIN / "madoguchi-sim", "run", self.folder, *words])
        self.sim.wait_for(lambda line: line.startswith("ready"))
        return self.sim

    def start_daemon(self, prefix=(), env=None):
        """Returns when it is ready. `prefix` goes before the command: setpriv, prlimit, faketime."""
        self.daemon = self.program(
            "daemon", [*prefix, BIN / "madoguchid", "--config", self.config], env=env)
        self.daemon.wait_for(lambda line: line.startswith("ready"))
        return self.daemon

    def stop_daemon(self):
        """SIGTERM; returns the exit code."""
        return self.daemon.stop()

    def kill_daemon(self):
        """kill -9."""
        self.daemon.kill()

    def restart_daemon(self):
        self.stop_daemon()
        return self.start_daemon()

    # --- what people and other programs do

    def tap(self, persona=None, terminal=None, **options):
        """A patient uses a face reader. Options become --name value. Returns what the simulator
        says: {"file", "terminal", "counter", "persona", "patient", "faults", "expected": {"state",
        "validity", "assignment", "patient_id", "qualifications", ...}}."""
        command = [BIN / "madoguchi-sim", "tap", self.folder, "--json"]
        for name, value in dict(persona=persona, terminal=terminal, **options).items():
            if value is not None:
                command += ["--" + name.replace("_", "-"), value]
        return json.loads(self._run(command).stdout)

    def fault(self, *words):
        """`set NAME` or `clear`."""
        self._run([BIN / "madoguchi-sim", "fault", self.folder, *words])

    def card_standing(self, persona, standing):
        """What the center's list says of somebody's card: good, revoked, suspended."""
        self._run([BIN / "madoguchi-sim", "card-standing", self.folder, standing,
                   "--persona", persona])

    def requests(self):
        """Request files the terminals have taken, oldest first: {"file", "terminal", "patient",
        "question", "identifier", "outcome"}."""
        out = self._run([BIN / "madoguchi-sim", "requests", self.folder, "--json"]).stdout
        return [json.loads(line) for line in out.splitlines()]

    def population(self):
        out = self._run([BIN / "madoguchi-sim", "population", self.folder, "--json"]).stdout
        return [json.loads(line) for line in out.splitlines()]

    def cli(self, *words, as_json=True, expect=0, target=None, operator=None, stdin=None):
        """Runs `madoguchi WORDS`; any exit code but `expect` is a failure (None: any will do)."""
        command = [BIN / "madoguchi", "--target", target or self.target]
        if operator:
            command += ["--operator", operator]
        if as_json:
            command += ["--json"]
        done = self._run([*command, *words], check=False, stdin=stdin)
        assert expect is None or done.returncode == expect, (
            f"madoguchi {words}: exit code {done.returncode}, expected {expect}; it said\n"
            f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        parsed = []
        if as_json:
            parsed = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
        return CliResult(done.returncode, done.stdout, done.stderr, parsed)

    def typed(self, *words, answers):
        """`madoguchi WORDS` with a person at the keyboard. `answers`: [(what is shown, what is then
        typed or None)]. Returns exit code and everything shown."""
        command = [str(part) for part in (BIN / "madoguchi", "--target", self.target, *words)]
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(command[0], command)
        shown, looked = "", 0
        deadline = time.monotonic() + PATIENCE
        try:
            with os.fdopen(terminal, "r+b", buffering=0) as keyboard:
                raw = b""
                waiting = list(answers)
                while True:
                    readable, _, _ = select.select([keyboard], [], [],
                                                   max(0, deadline - time.monotonic()))
                    assert readable, f"not in time; shown so far: {shown}"
                    try:
                        piece = keyboard.read(4096)
                    except OSError:  # Linux: the other end has gone
                        piece = b""
                    if not piece:
                        break
                    raw += piece
                    shown = raw.decode("utf-8", "ignore")
                    while waiting and waiting[0][0] in shown[looked:]:
                        wanted, answer = waiting.pop(0)
                        looked = shown.index(wanted, looked) + len(wanted)
                        if answer is not None:
                            keyboard.write(answer.encode() + b"\n")
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        _, status = os.waitpid(pid, 0)
        assert not waiting, f"not shown: {waiting}; shown: {shown}"
        return os.waitstatus_to_exitcode(status), shown

    def watch(self, *words, name="watch"):
        """`madoguchi watch --json WORDS`, left running."""
        return self.program(name, [BIN / "madoguchi", "--target", self.target, "--json", "watch",
                                   *words])

    def receptions(self, *words):
        """What `reception list` has."""
        return self.cli("reception", "list", *words).messages

    def _run(self, command, check=True, stdin=None):
        command = [str(part) for part in command]
        done = subprocess.run(command, input=stdin, stdin=None if stdin else subprocess.DEVNULL,
                              capture_output=True, encoding="utf-8", errors="replace",
                              timeout=PATIENCE * 2, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n"
                                 f"{done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done


def wait_until(true_now, seconds=None, every=0.05):
    """Asks until true_now() is true and returns what it said. For things that nothing announces;
    prefer Program.wait_for."""
    deadline = time.monotonic() + (PATIENCE if seconds is None else seconds)
    pause = threading.Event()
    while True:
        said = true_now()
        if said:
            return said
        assert time.monotonic() < deadline, "not in time"
        pause.wait(every)
