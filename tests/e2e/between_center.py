"""A center between the daemon and the simulator's, for what no honest center does."""

import http.client
import http.server
import json
import re
import ssl
import threading
import time


class BetweenCenter:
    """Stands between the daemon and the site's center, with the center's own certificate. `nonce`: what a
    hostile center gives the card to sign. Keeps what it was asked about cards."""

    def __init__(self, clinic):
        pki = clinic.folder / "pki"
        text = clinic.config.read_text(encoding="utf-8")
        start = text.index("https://localhost:") + len("https://localhost:")
        port = int(text[start:text.index('"', start)])
        self.nonce = None
        self.refuses_consents = False
        self.cards = []
        # Seconds from a request to its answer, altogether.
        self.spent = 0.0
        # Requests that are not answered yet.
        self.busy = 0
        outside = ssl.create_default_context(cafile=str(pki / "center-ca.pem"))
        outside.load_cert_chain(pki / "center-client.pem", pki / "center-client.key")
        between = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body go out in two writes.
            disable_nagle_algorithm = True

            def do_POST(self):  # pylint: disable=invalid-name
                begun = time.monotonic()
                between.busy += 1
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                connection = http.client.HTTPSConnection("localhost", port, context=outside)
                connection.request("POST", self.path, body, {
                    name: value for name, value in self.headers.items()
                    if name.lower() not in ("host", "connection")})
                answer = connection.getresponse()
                said = between.change(self.path, body, answer.read())
                self.send_response(answer.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)
                between.spent += time.monotonic() - begun
                between.busy -= 1

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        inside.load_cert_chain(pki / "center.pem", pki / "center.key")
        self.server.socket = inside.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        clinic.config.write_text(text.replace(f"https://localhost:{port}",
                                              f"https://localhost:{self.server.server_port}"),
                                 encoding="utf-8")

    def change(self, path, asked, said):
        if path.endswith("/card"):
            self.cards.append(json.loads(asked))
            if self.refuses_consents:
                return re.sub(rb'(?i)(consflg"\s*:\s*)"1"', rb'\1"0"', said)
        if path.endswith("/challenge") and self.nonce is not None:
            return json.dumps({**json.loads(said), "nonce": self.nonce}).encode()
        return said
