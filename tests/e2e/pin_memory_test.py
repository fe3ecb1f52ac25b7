"""Where a PIN is while it is checked, and where it is not afterwards: the memory of the daemon is searched,
over the UNIX socket and over TLS, with gRPC's tracing asked for in its environment.

A client not ours seals the PINs: openssl. Four digits occur by chance, so they are looked for with what
only a PIN has around it, beside PINs that were never sent, and where one has to be found."""

import os
import pathlib
import random
import re
import subprocess
import threading
import unittest

import grpc

from clinic import BIN, PATIENCE, Clinic, wait_until
from patient import Patient, State
from pcsc import READER, Card, Pcsc, why_not

WHY_NOT = why_not()
VERIFY = bytes.fromhex("0020009804")


def pages(pid, rights_wanted):
    """(Where, what) of every page of a process with these rights, in pieces that belong together."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb") as mem:
        for line in maps:
            place, rights = line.split()[:2]
            start, end = (int(part, 16) for part in place.split("-"))
            if not rights.startswith(rights_wanted) or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                continue
            try:
                mem.seek(start)
                yield start, mem.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue


def hits(pid, pins, receptions):
    """{PIN: how often it stands behind a VERIFY, next to a reception, or on a line of its own, as it is
    typed} of those that do."""
    near = re.compile(b"(?:" + b"|".join(one.encode() for one in receptions) + b")(.{0,32})", re.S)
    found = {}
    for _, piece in pages(pid, "r"):
        for match in near.finditer(piece):
            around = piece[max(0, match.start() - 32):match.start()] + b"|" + match.group(1)
            for pin in pins:
                # Inside of another word it is part of an id.
                if re.search(rb"(?<![0-9A-Za-z])" + pin.encode() + rb"(?![0-9A-Za-z])", around):
                    found[pin] = found.get(pin, 0) + 1
        for typed in re.findall(rb"\n(?=(\d{4})\n)", piece):
            pin = typed.decode()
            if pin in pins:
                found[pin] = found.get(pin, 0) + 1
        at = piece.find(VERIFY)
        while at >= 0:
            pin = piece[at + 5:at + 9].decode("ascii", "replace")
            if pin in pins:
                found[pin] = found.get(pin, 0) + 1
            at = piece.find(VERIFY, at + 1)
    return found


@unittest.skipIf(WHY_NOT, WHY_NOT)
class PinMemory(unittest.TestCase):
    def setUp(self):
        self.pcsc = self.enterContext(Pcsc())
        self.clinic = self.enterContext(Clinic(tcp=True))
        text = self.clinic.config.read_text(encoding="utf-8")
        self.clinic.config.write_text(
            text.replace('roles = ["desk"]', 'roles = ["desk", "patient_terminal"]'),
            encoding="utf-8")
        self.clinic.set_key("cards", "exchange_within", '"20s"')
        self.clinic.start_sim()
        self.clinic.start_daemon(prefix=self.pcsc.inside(), env={
            **os.environ, "GRPC_TRACE": "all", "GRPC_VERBOSITY": "DEBUG"})
        pki = self.clinic.folder / "pki"
        credentials = grpc.ssl_channel_credentials(*(
            (pki / name).read_bytes() for name in ("ca.pem", "desk.key", "desk.pem")))
        # Both connections stay open to the end.
        self.patients = [Patient(grpc.insecure_channel(self.clinic.target)),
                         Patient(grpc.secure_channel(f"127.0.0.1:{self.clinic.port}", credentials))]
        for patient in self.patients:
            self.addCleanup(patient.channel.close)
        self.card = Card(self.clinic, self.pcsc, behave="tries=3")

    def test_no_pin_is_left_in_the_daemon(self):
        draw = random.Random(20261128)
        drawn = draw.sample(range(10000), 80)
        pins = [f"{number:04d}" for number in drawn if number != 1234]
        sent, never = pins[:40], pins[40:]
        receptions = []
        for place, pin in enumerate(sent):
            if place % 2 == 0 and place > 0:
                self.card.change("--behave", "tries=3")
            patient = self.patients[place // 2 % 2]
            reception = patient.wait(patient.start(), State.RECEPTION_STATE_CARD_PRESENT)
            receptions.append(reception.reception_id)
            self.assertEqual(patient.submit(reception, pin), "MDG-2112")
            patient.cancel(reception)
        ours = [pin for pin in sent if not any(pin in one for one in receptions)]
        others = [pin for pin in never if not any(pin in one for one in receptions)]
        pid = self.daemon()
        self.assertEqual(hits(pid, ours, receptions), {})
        self.assertEqual(hits(pid, others, receptions), {})
        for file in [self.clinic.daemon.stderr_file, *self.clinic.folder.joinpath("state").iterdir()]:
            if pathlib.Path(file).is_file():
                self.assertNotIn(VERIFY, pathlib.Path(file).read_bytes())

        # While the card takes its time it has to be found: in one place.
        self.card.change("--behave", "tries=3,hang=4")
        patient = self.patients[0]
        reception = patient.wait(patient.start(), State.RECEPTION_STATE_CARD_PRESENT)
        planted = others[0]
        waits = threading.Thread(target=patient.submit, args=(reception, planted), daemon=True)
        waits.start()
        found = wait_until(lambda: hits(pid, [planted], [reception.reception_id]))
        self.assertEqual(found, {planted: 1})
        self.card.change("--behave", "tries=3")
        waits.join(PATIENCE)
        wait_until(lambda: not hits(pid, [planted], [reception.reception_id]))

    def test_no_pin_is_left_in_the_program_that_waits(self):
        draw = random.Random(20261129)
        pins = [f"{number:04d}" for number in draw.sample(range(10000), 80) if number != 1234]
        sent, never = pins[:40], pins[40:]
        for first, second in zip(sent[::2], sent[1::2]):
            self.card.change("--behave", "tries=3")
            program = self.clinic.program("waits", [
                BIN / "madoguchi", "--target", self.clinic.target, "reception", "start",
                "--reader", READER, "--pin-stdin"], stdin=subprocess.PIPE)
            self.addCleanup(program.process.stdin.close)
            # It waits for another PIN when it has said that this one was wrong.
            for place, pin in enumerate((first, second), 1):
                program.process.stdin.write(f"{pin}\n")
                program.process.stdin.flush()
                wait_until(lambda left=3 - place: self.attempts_left() == left)
                reception = self.open_reception()
                self.assertEqual(hits(program.pid, {first, second, *never}, [reception]), {})
            planted = never[0]
            self.plant(program.pid, reception, planted)
            self.assertIn(planted, hits(program.pid, [planted], [reception]))
            program.kill()
            self.clinic.cli("reception", "cancel", reception)

    def open_reception(self):
        return next(one["receptionId"] for one in self.clinic.cli("reception", "list").messages
                    if one["state"] == "RECEPTION_STATE_CARD_PRESENT")

    def attempts_left(self):
        return next((one.get("pinAttemptsLeft") for one in
                     self.clinic.cli("reception", "list").messages
                     if one["state"] == "RECEPTION_STATE_CARD_PRESENT"), None)

    def plant(self, pid, reception, pin):
        """Writes a PIN behind a reception's id into the memory of a program, as a leak would be."""
        for start, piece in pages(pid, "rw"):
            at = piece.find(reception.encode())
            if 0 <= at < len(piece) - 64:
                with open(f"/proc/{pid}/mem", "r+b", buffering=0) as mem:
                    mem.seek(start + at + len(reception) + 1)
                    mem.write(pin.encode())
                return
        self.fail("the program does not know its reception")

    def daemon(self):
        """The daemon's own process: nsenter becomes it."""
        name = pathlib.Path(f"/proc/{self.clinic.daemon.pid}/comm").read_text(encoding="utf-8")
        self.assertEqual(name.strip(), "madoguchid")
        return self.clinic.daemon.pid


if __name__ == "__main__":
    unittest.main()
