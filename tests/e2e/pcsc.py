"""A PC/SC service of a test's own: pcscd with two virtual readers, apart from any other on the machine.

    with Pcsc() as pcsc:
        clinic.program("card", [BIN / "madoguchi-sim", "card", clinic.folder, "--port", pcsc.port])
        pcsc.run(["opensc-tool", "-l"])

pcscd's socket has a fixed place (/run/pcscd), so it runs in a mount namespace with a /run/pcscd of its
own, and whoever wants to see its readers has to be started there: Pcsc.run(), or Pcsc.inside() before
the command. A virtual card needs only the port.
"""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile

from clinic import BIN, PATIENCE, Program, wait_until

_DRIVER = pathlib.Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_SOCKET = pathlib.Path("/run/pcscd")
READER, SECOND = "Virtual PCD 00 00", "Virtual PCD 00 01"
NEEDED = ("pcscd", "unshare", "nsenter")


def why_not():
    """Why this machine cannot run one; empty when it can."""
    missing = [name for name in NEEDED if not shutil.which(name)]
    if missing:
        return f"needs {', '.join(missing)}"
    if not _DRIVER.exists():
        return "needs vpcd (package vsmartcard-vpcd)"
    if os.geteuid() != 0:
        return "needs root for a mount namespace"
    tried = subprocess.run(["unshare", "--mount", "--propagation", "private", "true"],
                           capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else f"no mount namespace here: {tried.stderr.strip()}"


def _two_free_ports():
    """The first of two neighbouring ports nothing listens on: the driver takes one a reader."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("0.0.0.0", 0))
            port = one.getsockname()[1]
            try:
                two.bind(("0.0.0.0", port + 1))
            except (OSError, OverflowError):
                continue
            return port


class Pcsc:
    """Readers `Virtual PCD 00 00` at `port` and `Virtual PCD 00 01` at `port` + 1."""

    def __init__(self):
        self._top = pathlib.Path(tempfile.mkdtemp(prefix="mdg-pcsc-"))
        self._name_space = None
        self._programs = []
        self.daemon = None
        self.port = _two_free_ports()
        (self._top / "vpcd").write_text(
            f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{self.port:#x}\n'
            f"LIBPATH {_DRIVER}\nCHANNELID {self.port:#x}\n")

    def __enter__(self):
        _SOCKET.mkdir(exist_ok=True)
        # Holds the namespace, so that pcscd may come and go in it.
        self._name_space = self._program("namespace", [
            "unshare", "--mount", "--propagation", "private", "sh", "-c",
            f"mount -t tmpfs none {_SOCKET} && echo made && exec cat"], stdin=subprocess.PIPE)
        self._name_space.wait_for(lambda line: line == "made")
        self.start()
        return self

    def __exit__(self, kind, error, trace):
        for program in reversed(self._programs):
            program.kill()
        self._name_space.process.stdin.close()
        shutil.rmtree(self._top, ignore_errors=True)

    def _program(self, name, command, **options):
        made = Program(command, self._top / f"{name}.err", **options)
        self._programs.append(made)
        return made

    def inside(self, *command):
        """The command for a program that sees these readers."""
        return ["nsenter", f"--mount=/proc/{self._name_space.pid}/ns/mnt", "--", *command]

    def start(self):
        """pcscd; ready when it listens."""
        self.daemon = self._program(
            "pcscd", self.inside("pcscd", "--foreground", "--config", self._top))
        socket_file = pathlib.Path(f"/proc/{self._name_space.pid}/root{_SOCKET}/pcscd.comm")
        wait_until(lambda: socket_file.exists() and self._accepts(socket_file), every=0.01)

    @staticmethod
    def _accepts(socket_file):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(socket_file))
            except OSError:
                return False
            return True

    def stop(self):
        """SIGTERM; returns the exit code."""
        return self.daemon.stop()

    def kill(self):
        """kill -9."""
        self.daemon.kill()

    def run(self, command, expect=0, stdin=""):
        """Runs a program that sees these readers to its end. Returns what it said."""
        done = subprocess.run(self.inside(*command), input=stdin, capture_output=True, text=True,
                              errors="replace", timeout=PATIENCE, check=False)
        assert expect is None or done.returncode == expect, (
            f"{command}: exit code {done.returncode}, expected {expect}; it said\n"
            f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done


class Card:
    """A virtual My Number Card on reader `slot` (0 or 1) of a Pcsc: whose, and
    how (--behave of `madoguchi-sim card --help`). Ready when the reader has taken it in."""

    def __init__(self, clinic, pcsc, persona="valid-with-consents", behave="", slot=0):
        self._clinic = clinic
        self._place = ["--port", pcsc.port + slot]
        self.reader = f"Virtual PCD 00 0{slot}"
        self.program = clinic.program(f"card-{slot}", [
            BIN / "madoguchi-sim", "card", clinic.folder, "--persona", persona, *self._place,
            *(["--behave", behave] if behave else [])])
        self.ready()

    def ready(self):
        """The next time the reader takes a card in; returns what the simulator says about it."""
        return self.program.wait_for(lambda line: line.startswith("ready"))

    def change(self, *words, expect=0):
        """`madoguchi-sim card-change` with --persona, --behave, --take or --put; returns what it
        said when it has happened."""
        command = [str(part) for part in (BIN / "madoguchi-sim", "card-change", self._clinic.folder,
                                          *self._place, *words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == expect, f"{command}: {done.returncode}\n{done.stderr}"
        return done.stderr


class Client:
    """A program that uses a reader of a Pcsc by PC/SC itself (winscard.py). What PC/SC refuses is
    `error 0x…`."""

    def __init__(self, clinic, pcsc):
        self._program = clinic.program("client", pcsc.inside(
            "/usr/bin/python3", "-B", pathlib.Path(__file__).with_name("winscard.py")),
            stdin=subprocess.PIPE)

    def _say(self, *words):
        self._program.process.stdin.write(" ".join(words) + "\n")
        self._program.process.stdin.flush()
        return self._program.wait_for(lambda line: True)

    def connect(self, reader):
        """Shared with others; once pcscd has powered the card, which is a while after it saw it."""
        said = ""

        def is_connected():
            nonlocal said
            said = self._say("connect", reader)
            return said == "ok"

        try:
            wait_until(is_connected)
        except AssertionError as error:
            raise AssertionError(f"cannot connect to {reader}: {said}") from error

    def send(self, command):
        """The answer to a command APDU, both in hexadecimal digits; `-` for one without a byte."""
        return self._say("send", command)

    def end(self, how):
        """Disconnects with `leave`, `reset` or `unpower`."""
        return self._say("end", how)


def reader(clinic, name=READER):
    """What the daemon says of a reader; empty when it knows none."""
    found = clinic.cli("readers", expect=None).messages
    return next((one for one in found if one["name"] == name), {})


def wait_for_reader(clinic, state, name=READER):
    wait_until(lambda: reader(clinic, name).get("state") == f"READER_STATE_{state}")


def card_log(clinic, event=None):
    """What the cards of the site have seen, oldest first; only events of one kind."""
    done = subprocess.run([BIN / "madoguchi-sim", "card-log", clinic.folder, "--json"],
                          capture_output=True, text=True, timeout=PATIENCE, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return [line for line in lines if event is None or line["event"] == event]


def forbidden(events):
    """Names of what must not be done to a card, from lines of card_log()."""
    return {name for line in events for name in line.get("forbidden", [])}
