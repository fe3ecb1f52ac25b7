"""Takes HL7 v2 messages over MLLP on 127.0.0.1:PORT, prints them, and says AA to each. A beginning."""

import socketserver
import sys


class Receiver(socketserver.StreamRequestHandler):
    def handle(self):
        frame = b""
        while byte := self.rfile.read(1):
            frame += byte
            if not frame.endswith(b"\x1c\r"):
                continue
            message = frame[1:-2].decode("utf-8")
            print(message.replace("\r", "\n"), flush=True)
            control_id = message.split("\r")[0].split("|")[9]
            self.wfile.write(b"\x0bMSH|^~\\&|EMR||||20260410||ACK|1|P|2.5\r"
                             b"MSA|AA|" + control_id.encode() + b"\r\x1c\r")
            frame = b""


with socketserver.TCPServer(("127.0.0.1", int(sys.argv[1])), Receiver) as server:
    print("ready", server.server_address[1], flush=True)
    server.serve_forever()
