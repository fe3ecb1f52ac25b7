"""A PC/SC client in a process of its own, for tests: a command a line, an answer a line.

    connect READER              ok
    send HEXADECIMAL DIGITS     the same of the answer, `-` for an answer without a byte
    end leave|reset|unpower     ok

What PC/SC refuses is answered with `error 0x80100069`. It has to be a process because it must run where
the pcscd of the test is (pcsc.py).
"""

import ctypes
import sys

SHARED, BOTH_PROTOCOLS = 2, 3
ENDS = {"leave": 0, "reset": 1, "unpower": 2}


class _Protocol(ctypes.Structure):
    _fields_ = [("protocol", ctypes.c_ulong), ("length", ctypes.c_ulong)]


class Refused(Exception):
    pass


def _check(code):
    if code:
        raise Refused(f"error {code & 0xFFFFFFFF:#010x}")


class Reader:
    def __init__(self):
        self._library = ctypes.CDLL("libpcsclite.so.1")
        self._context = ctypes.c_long()
        self._card = ctypes.c_long()
        self._protocol = ctypes.c_ulong()
        _check(self._library.SCardEstablishContext(2, None, None, ctypes.byref(self._context)))

    def connect(self, name):
        _check(self._library.SCardConnect(self._context, name.encode(), SHARED, BOTH_PROTOCOLS,
                                          ctypes.byref(self._card), ctypes.byref(self._protocol)))
        return "ok"

    def send(self, digits):
        command = bytes.fromhex(digits)
        answer = ctypes.create_string_buffer(1 << 17)
        size = ctypes.c_ulong(len(answer))
        how = _Protocol(self._protocol.value, ctypes.sizeof(_Protocol))
        _check(self._library.SCardTransmit(self._card, ctypes.byref(how), command, len(command),
                                           None, answer, ctypes.byref(size)))
        return answer.raw[:size.value].hex().upper() or "-"

    def end(self, how):
        _check(self._library.SCardDisconnect(self._card, ENDS[how]))
        return "ok"


def main():
    reader = Reader()
    for line in sys.stdin:
        command, _, words = line.strip().partition(" ")
        try:
            print({"connect": reader.connect, "send": reader.send, "end": reader.end}[command](words),
                  flush=True)
        except Refused as refused:
            print(refused, flush=True)


if __name__ == "__main__":
    main()
