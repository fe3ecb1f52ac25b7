"""Receivers that can be told to behave badly, for tests of madoguchi-adapter. They write down what
they took, and when; what they answered badly about counts as not taken."""

import socket
import socketserver
import threading
import time

GOOD = "good"
# What a receiver may be told to do instead: no answer, an answer nobody understands, a refusal for
# now, a refusal for good.
HANG, GARBAGE, BUSY, REFUSE = "hang", "garbage", "busy", "refuse"


class Receiver:
    """A TCP server on a port that stays the same when it is stopped and started again."""

    def __init__(self):
        self.mode = GOOD
        self.taken = []  # (time, bytes), in the order they were taken
        self.lock = threading.Lock()
        self.leave = threading.Event()
        self.port = 0
        self.server = None
        self.open = set()
        self.start()

    def start(self):
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with outer.lock:
                    outer.open.add(self.request)
                try:
                    outer.serve(self.request)
                except OSError:
                    pass
                finally:
                    with outer.lock:
                        outer.open.discard(self.request)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.leave.clear()
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        """As if it was killed: nobody listens, every connection is cut."""
        self.leave.set()
        self.server.shutdown()
        self.server.server_close()
        with self.lock:
            for one in self.open:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def take(self, body):
        with self.lock:
            self.taken.append((time.time(), body))

    def bodies(self):
        with self.lock:
            return [body for _, body in self.taken]

    def hang(self, connection):
        """Holds the connection until it is cut, the mode changes or the receiver ends."""
        connection.settimeout(0.1)
        while self.mode == HANG and not self.leave.is_set():
            try:
                if not connection.recv(1, socket.MSG_PEEK):
                    return
                self.leave.wait(0.1)
            except TimeoutError:
                pass


class Mllp(Receiver):
    """HL7 v2 over MLLP."""

    def serve(self, connection):
        buffer = b""
        while not self.leave.is_set():
            while b"\x1c\x0d" not in buffer:
                piece = connection.recv(65536)
                if not piece:
                    return
                buffer += piece
            frame, buffer = buffer.split(b"\x1c\x0d", 1)
            message = frame[1:]
            mode = self.mode
            if mode == HANG:
                self.hang(connection)
                return
            if mode == GARBAGE:
                connection.sendall(b"HTTP/1.0 400 What\r\n\r\n")
                return
            control = message.split(b"\r", 1)[0].split(b"|")[9]
            code = {BUSY: b"AE", REFUSE: b"AR"}.get(mode, b"AA")
            if code == b"AA":
                self.take(message)
            connection.sendall(b"\x0bMSH|^~\\&|R||||20250101000000||ACK|1|P|2.5\rMSA|" + code +
                               b"|" + control + b"\r\x1c\x0d")


class Http(Receiver):
    """POST over HTTP/1.1."""

    def serve(self, connection):
        stream = connection.makefile("rb")
        while not self.leave.is_set():
            line = stream.readline()
            if not line:
                return
            length = 0
            while (header := stream.readline().strip()):
                name, _, value = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                if name.lower() == b"expect":
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            body = stream.read(length)
            mode = self.mode
            if mode == HANG:
                self.hang(connection)
                return
            if mode == GARBAGE:
                connection.sendall(b"\x00\xff\x00\xff\r\n\r\n")
                return
            status = {BUSY: b"503 Busy", REFUSE: b"422 No"}.get(mode, b"200 OK")
            if mode == GOOD:
                self.take(body)
            connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")
