"""A card that nobody of ours has made: keys and certificates by openssl, the card a few lines on a socket of
vpcd."""

import socket
import struct
import subprocess
import threading
import time

from clinic import PATIENCE

ATR = bytes.fromhex("3B888001000005E0B381A1007F")
AID = bytes.fromhex("D392F000260100000001")
PIN = b"8642"


def openssl(*words, **options):
    return subprocess.run(["openssl", *(str(word) for word in words)], capture_output=True,
                          check=True, timeout=PATIENCE, **options).stdout


def make_keys(folder):
    """A root and one certificate for user authentication."""
    (folder / "leaf.cnf").write_text("keyUsage=critical,digitalSignature\n", encoding="utf-8")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "ca.key", "-out",
            folder / "ca.pem", "-days", "30", "-subj", "/C=JP/O=SAMPLE/OU=Somebody else",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "card.key", "-out",
            folder / "card.csr", "-subj", "/C=JP/CN=99ABCDEFGHIJKLMNOPQRST")
    openssl("x509", "-req", "-in", folder / "card.csr", "-CA", folder / "ca.pem", "-CAkey",
            folder / "ca.key", "-CAcreateserial", "-days", "20", "-extfile", folder / "leaf.cnf",
            "-out", folder / "card.pem")
    return openssl("x509", "-in", folder / "card.pem", "-outform", "DER")


class OtherCard:
    """A card with a certificate, a PIN and a key, on a reader of vpcd."""

    def __init__(self, port, certificate, key):
        self.certificate = certificate
        self.key = key
        self.selected = self.verified = False
        self.commands = []
        self.signed = []
        # Seconds from a command to its answer, altogether.
        self.spent = 0.0
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self.serve, daemon=True).start()

    def take(self, size):
        taken = b""
        while len(taken) < size:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            part = self.socket.recv(size - len(taken))
            if not part:
                raise ConnectionError
            taken += part
        return taken

    def say(self, answer):
        self.socket.sendall(struct.pack(">H", len(answer)) + answer)

    def serve(self):
        try:
            while True:
                message = self.take(struct.unpack(">H", self.take(2))[0])
                if message == b"\x04":
                    self.say(ATR)
                elif len(message) == 1:
                    self.selected = self.verified = False
                else:
                    begun = time.monotonic()
                    self.say(self.answer(message))
                    self.spent += time.monotonic() - begun
        except (ConnectionError, OSError):
            return

    def answer(self, command):
        self.commands.append(command[:4])
        head = command[:4]
        if head[:2] == b"\x00\xA4" and AID in command:
            self.selected = True
            return b"\x90\x00"
        if not self.selected:
            return b"\x69\x85"
        if head == b"\x00\xB0\x8A\x00":
            return self.certificate + b"\xFF" * 200 + b"\x90\x00"
        if head == b"\x00\x20\x00\x98":
            if len(command) == 4:
                return b"\x63\xC3"
            self.verified = command[5:9] == PIN
            return b"\x90\x00" if self.verified else b"\x63\xC2"
        if head == b"\x80\x2A\x00\x97" and self.verified:
            self.signed.append(command[5:56])
            return openssl("pkeyutl", "-sign", "-inkey", self.key, "-pkeyopt",
                           "rsa_padding_mode:pkcs1", input=command[5:56]) + b"\x90\x00"
        return b"\x6D\x00"
