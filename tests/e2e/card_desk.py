"""The reader room of the project on a Pcsc (pcsc.py), by the program card_desk.

    desk = Desk(clinic, pcsc)
    desk.wait_for_card(card.reader)
    facts = desk.open(card.reader)
    proof = desk.pin(card.reader, "1234")
"""

import itertools
import json
import pathlib
import ssl
import subprocess

from clinic import BIN, PATIENCE

HOLDER = "R1"


class Desk:
    """Answers are dictionaries; `error` is OK or a number of the catalogue."""

    def __init__(self, clinic, pcsc, within=10.0, name="desk"):
        root = clinic.folder / "card-root.der"
        root.write_bytes(ssl.PEM_cert_to_DER_cert(
            (clinic.folder / "pki" / "jpki-user-root.pem").read_text()))
        self.program = clinic.program(
            name, pcsc.inside(BIN / "card_desk", round(within * 1000), root),
            stdin=subprocess.PIPE)
        self._tags = map(str, itertools.count(1))
        self._read = 0
        self._answers = {}
        self._events = []
        self._state = {"service": "", "readers": []}

    @property
    def pid(self):
        """Of the desk itself: nsenter becomes what it starts."""
        return self.program.pid

    def ask(self, command, *words):
        """Only asks; answer() waits for what it returns."""
        tag = next(self._tags)
        self.program.process.stdin.write("\t".join([tag, command, *map(str, words)]) + "\n")
        self.program.process.stdin.flush()
        return tag

    def _take(self, lines):
        for line in itertools.islice(lines, self._read, None):
            said = json.loads(line)
            if "tag" in said:
                self._answers[said["tag"]] = said
            elif said["event"] == "state":
                self._state = said
            else:
                self._events.append(said)
        self._read = len(lines)

    def _wait(self, wanted, seconds=None):
        def there(lines):
            self._take(lines)
            return wanted()
        self.program.wait_until(there, seconds)

    def answer(self, tag, seconds=None):
        self._wait(lambda: tag in self._answers, seconds)
        return self._answers.pop(tag)

    def answered(self, tag):
        """Whether it has been, without waiting."""
        self._take(self.program.lines())
        return tag in self._answers

    def open(self, reader, holder=HOLDER, *flags):
        return self.answer(self.ask("open", reader, holder, *flags))

    def pin(self, reader, pin, holder=HOLDER, *flags):
        return self.answer(self.ask("pin", reader, holder, pin, *flags))

    def close(self, reader, holder=HOLDER):
        return self.answer(self.ask("close", reader, holder))

    def key(self):
        return self.answer(self.ask("key"))

    def stop(self, seconds=10.0):
        return self.answer(self.ask("stop", round(seconds * 1000)))

    def lost(self, count):
        """What happened to open sessions, once it is so much."""
        self._wait(lambda: len(self.lost_so_far()) >= count)
        return self.lost_so_far()

    def lost_so_far(self):
        return [(one["holder"], one["error"]) for one in self._events if one["event"] == "lost"]

    def reader(self, name):
        """As it is now; None when it is not there."""
        state = self.answer(self.ask("state"))
        return next((one for one in state["readers"] if one["name"] == name), None)

    def wait_for_service(self, error="OK"):
        self._wait(lambda: self._state["service"] == error)

    def wait_for_reader(self, name, wanted, seconds=None):
        """Until the reader is as wanted(reader)."""
        def there():
            return any(one["name"] == name and wanted(one) for one in self._state["readers"])
        self._wait(there, seconds)

    def wait_for_card(self, name, seconds=None):
        self.wait_for_reader(name, lambda one: one["state"] == "card", seconds)


def seal(folder, public_key, text):
    """As a client does: for a key in DER, in hexadecimal digits; by another program than ours."""
    key = pathlib.Path(folder) / "sealing-key.der"
    key.write_bytes(bytes.fromhex(public_key))
    done = subprocess.run(
        ["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", key,
         "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256",
         "-pkeyopt", "rsa_mgf1_md:sha256"],
        input=text.encode(), capture_output=True, timeout=PATIENCE, check=True)
    return done.stdout.hex()
