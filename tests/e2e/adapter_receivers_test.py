"""madoguchi-adapter and receivers we did not write: an MLLP server of npm, an endpoint that takes
valid FHIR only, a real SMB share; and a stand-in for ORCA, a program of the site, a legacy program
on its mirror."""

import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socketserver
import ssl
import stat
import tempfile
import threading
import time
import unittest

from clinic import Clinic, wait_until
from deliver import Adapter, files, folder_route
from orca_stand_in import PASSWORD, USER, OrcaStandIn, Patient
from receivers import start_fhir_server, start_mllp_server
from smb_share_test import NEEDED, Share


def route(name, form, to, more="", what="reception"):
    return (f'[[route]]\nname = "{name}"\nformat = "{form}"\nwhat = ["{what}"]\n'
            f'retry_first = "200ms"\nretry_most = "1s"\n{more}\n[route.to]\n{to}\n')


def http_answers(connection):
    """Takes one request after the other; yields them."""
    stream = connection.makefile("rb")
    while True:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                return
            head += line
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])
        yield head + stream.read(length)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def mllp_answers(connection):
    """The same of HL7 messages, acknowledged."""
    data = b""
    while True:
        while b"\x1c\r" not in data:
            more = connection.recv(65536)
            if not more:
                return
            data += more
        message, data = data.split(b"\x1c\r", 1)
        yield message
        control_id = message.split(b"|")[9]
        connection.sendall(b"\x0bMSH|^~\\&|||||20251128||ACK|1|P|2.5\rMSA|AA|" + control_id
                           + b"\r\x1c\r")


class TlsReceiver:
    """Takes connections of clients with a certificate of the site's CA; keeps what they send."""

    def __init__(self, pki, answers):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pki / "server.pem", pki / "server.key")
        context.load_verify_locations(pki / "ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        self.got = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    with context.wrap_socket(self.request, server_side=True) as connection:
                        for each in answers(connection):
                            outer.got.append(each)
                except OSError:
                    pass  # Refused, or gone.

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Receivers(unittest.TestCase):
    def setUp(self):
        self.clinic = Clinic(init=("--patients", "20"))
        self.addCleanup(self.clinic.close)
        self.clinic.start()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mdg-adapter-"))
        # The program of a route runs under another account.
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder, True)

    def adapter(self, *routes):
        return Adapter(self.clinic, self.folder, routes)

    def answered(self, count=1):
        return wait_until(lambda: (lambda all_of_them: all_of_them if len(all_of_them) >= count
                                   else None)([one for one in self.clinic.receptions()
                                               if one.get("confirmation")]))

    def parked(self, adapter, name):
        return wait_until(lambda: [item for item in adapter.status()[name].get("items", [])
                                   if item["waits"] == "WAITS_FOR_PERSON"])

    def test_an_mllp_server_of_npm_gets_each_message_once_and_in_order(self):
        server, port = start_mllp_server(self.clinic)
        adapter = self.adapter(route("hl7", "hl7v2", f'kind = "mllp"\nhost = "127.0.0.1"\n'
                                                     f'port = {port}')).start()
        for _ in range(3):
            self.clinic.tap(persona="valid-with-consents")
        adapter.wait_delivered("hl7", 3)
        # It dies, and three more come while it is away.
        server.kill()
        for _ in range(3):
            self.clinic.tap()
        wait_until(lambda: adapter.status()["hl7"].get("trouble"))
        self.assertIn(adapter.status()["hl7"]["trouble"], ("MDG-2301", "MDG-2303"))
        again, _ = start_mllp_server(self.clinic, port, "mllp-again")
        adapter.wait_delivered("hl7", 6)
        seen = [json.loads(line) for one in (server, again) for line in one.lines()
                if line != "ready"]
        self.assertTrue(all((one["type"], one["event"]) == ("ADT", "A08") for one in seen))
        # None is missing. One whose acknowledgement got lost comes twice, under the same id.
        self.assertEqual(len({one["id"] for one in seen}), 6)
        self.assertLessEqual(len(seen), 7)
        self.assertTrue(all(one["name"] for one in seen))

    def test_an_endpoint_that_takes_valid_fhir_only(self):
        server, port = start_fhir_server(self.clinic, "let-me-in")
        (self.folder / "token").write_text("let-me-in\n", encoding="utf-8")
        adapter = self.adapter(route(
            "fhir", "fhir", f'kind = "fhir"\nurl = "http://127.0.0.1:{port}/fhir"\nplain = true\n'
                            'token_file = "token"')).start()
        self.clinic.tap(persona="valid-with-consents")
        adapter.wait_delivered("fhir", 1)
        told = [json.loads(line) for line in server.lines() if line != "ready"]
        self.assertEqual([], [one["errors"] for one in told if one["errors"]])
        self.assertGreater(told[-1]["entries"], 3)
        # The same again changes nothing there.
        adapter.stop()
        shutil.rmtree(self.folder / "state")
        adapter.start()
        adapter.wait_delivered("fhir", 1)
        again = [json.loads(line) for line in server.lines() if line != "ready"]
        self.assertEqual(len(told) + 1, len(again))
        self.assertEqual(told[-1]["resources"], again[-1]["resources"])
        # A login that does not count any more is told.
        adapter.stop()
        (self.folder / "token").write_text("old", encoding="utf-8")
        adapter.start()
        self.clinic.tap()
        wait_until(lambda: adapter.status()["fhir"].get("trouble") == "MDG-2307")

    def test_a_receiver_that_asks_for_time_gets_it(self):
        times = []

        class Busy(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                times.append((time.monotonic(), self.headers["Idempotency-Key"]))
                self.send_response(503 if len(times) == 1 else 204)
                if len(times) == 1:
                    self.send_header("Retry-After", "4")
                self.end_headers()

            def log_message(self, *words):
                """Nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Busy)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        adapter = self.adapter(route(
            "http", "csv", f'kind = "http"\nurl = "http://127.0.0.1:{server.server_address[1]}/"\n'
                           'plain = true', '[route.options]\ncolumns = ["id=reception.reception_id"]')
                               ).start()
        self.clinic.tap(persona="valid-with-consents")
        adapter.wait_delivered("http", 1)
        (first, key), (second, same) = times
        self.assertGreaterEqual(second - first, 3.9)
        self.assertEqual(key, same)

    def test_mutual_tls_and_a_wrong_trust(self):
        pki = self.clinic.folder / "pki"
        keys = f'ca = "{pki}/ca.pem"\ncertificate = "{pki}/emr.pem"\nkey = "{pki}/emr.key"\n'
        web, mllp = TlsReceiver(pki, http_answers), TlsReceiver(pki, mllp_answers)
        self.addCleanup(web.close)
        self.addCleanup(mllp.close)
        https = (f'kind = "http"\nurl = "https://localhost:{web.port}/in/{{message_id}}"\n'
                 'method = "PUT"\n')
        mllps = f'kind = "mllp"\nhost = "localhost"\nport = {mllp.port}\ntls = true\n'
        adapter = self.adapter(route("http", "reception-json", https + keys),
                               route("mllp", "hl7v2", mllps + keys),
                               route("nobody", "hl7v2", mllps + f'ca = "{pki}/ca.pem"\n'),
                               route("wrong", "reception-json", https + keys.replace(
                                   "/ca.pem", "/center-ca.pem"))).start()
        self.clinic.tap(persona="valid-with-consents")
        adapter.wait_delivered("http", 1)
        adapter.wait_delivered("mllp", 1)
        self.assertTrue(web.got[0].startswith(b"PUT /in/"))
        self.assertIn(b"ADT^A08", mllp.got[0])
        # Whom we do not know gets nothing; who does not know us is told apart from one who is away.
        wait_until(lambda: adapter.status()["wrong"].get("trouble") == "MDG-2302")
        wait_until(lambda: adapter.status()["nobody"].get("trouble") in ("MDG-2302", "MDG-2303"))
        self.assertEqual((1, 1), (len(web.got), len(mllp.got)))

    @unittest.skipUnless(os.geteuid() == 0 and os.path.exists("/dev/fuse")
                         and all(shutil.which(name) for name in NEEDED),
                         "needs root, /dev/fuse, samba and smbnetfs")
    def test_a_real_smb_share_that_dies_and_comes_back(self):
        behind, beside = self.folder / "behind", self.folder / "beside"
        behind.mkdir()
        beside.mkdir()
        share = Share(self.clinic, behind)
        share.start_server()
        try:
            seen = share.mount_it()
            wait_until(lambda: os.path.isdir(seen))
            adapter = self.adapter(folder_route("share", path=str(seen), more=
                                                'deliver_within = "5s"'),
                                   folder_route("local", path=str(beside))).start()
            self.clinic.tap(persona="valid-with-consents")
            wait_until(lambda: files(behind) and files(beside))
            self.assertEqual(files(behind)[0].read_bytes(), seen.joinpath(
                files(behind)[0].name).read_bytes())
            share.kill_server()
            for _ in range(3):
                self.clinic.tap()
            # The other route does not notice.
            wait_until(lambda: len(files(beside)) == 4)
            wait_until(lambda: adapter.status()["share"].get("trouble"))
            share.start_server()
            wait_until(lambda: len([one for one in files(behind) if one.stat().st_size]) == 4, 90)
            adapter.wait_delivered("share", 4, 60)
            self.assertEqual([], list(behind.glob("*.tmp")))
            # Now it hangs: calls on the share do not come back.
            share.signal(signal.SIGSTOP)
            try:
                began = time.monotonic()
                self.clinic.tap()
                wait_until(lambda: len(files(beside)) == 5)
                self.assertLess(time.monotonic() - began, 5)
                wait_until(lambda: adapter.status()["share"].get("trouble") == "MDG-2303")
            finally:
                share.signal(signal.SIGCONT)
            adapter.wait_delivered("share", 5, 60)
            self.assertEqual(5, len([one for one in files(behind) if one.stat().st_size]))
            # A call that FUSE does not give back holds up the end of any process: only now.
            self.assertEqual(0, adapter.stop())
        finally:
            share.close()

    def test_the_stand_in_for_orca_is_compared_and_completed(self):
        self.clinic.tap(persona="valid-with-consents")
        reception = self.answered()[0]
        chart = reception["assignment"]["patientId"]
        there = reception["confirmation"]["qualifications"][0]
        born = there["birthDate"]
        patient = Patient("テスト　患者", "%04d-%02d-%02d" % (born["year"], born["month"],
                                                       born["day"]), there["sex1Code"])
        orca = OrcaStandIn({chart: patient})
        self.addCleanup(orca.close)
        (self.folder / "orca-password").write_text(PASSWORD, encoding="utf-8")
        to = (f'kind = "orca"\nurl = "http://127.0.0.1:{orca.port}"\nplain = true\n'
              f'user = "{USER}"\npassword_file = "orca-password"\n')
        adapter = self.adapter(route("orca", "oqs-json", to)).start()
        parked = self.parked(adapter, "orca")[0]
        self.assertEqual("MDG-2316", parked["lastError"])
        self.assertEqual(["/api01rv2/patientlst2v2?class=01"], [path for path, _ in orca.asked])
        adapter.stop()
        # A person has the patient open: that is waited for.
        orca.result = "90"
        adapter.write([route("orca", "oqs-json", to + "add_insurance = true\n")])
        adapter.start()
        adapter.command("resend", "orca", "--all")
        wait_until(lambda: adapter.status()["orca"].get("trouble") == "MDG-2304")
        orca.result = None
        adapter.wait_delivered("orca", 1)
        self.assertEqual(1, len(patient.insurances))
        self.assertEqual(1, len([path for path, _ in orca.asked if "patientmodv2" in path]))
        self.assertNotIn(there["insured"]["number"], adapter.program.stderr())

    def test_a_program_of_the_site_gets_the_record_and_nothing_else(self):
        out = self.folder / "hook-out"
        out.mkdir()
        out.chmod(0o777)
        script = self.folder / "hook.sh"
        script.write_text('#!/bin/sh\n[ -e "$1/busy" ] && exit 75\n'
                          'cat > "$1/$MADOGUCHI_MESSAGE_ID"\nenv > "$1/env"\n', encoding="utf-8")
        script.chmod(script.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
        (out / "busy").touch()
        user = '\nuser = "nobody"' if os.geteuid() == 0 else ""
        adapter = self.adapter(route("hook", "reception-json", f'kind = "hook"\nprogram = "hook.sh"\n'
                                                   f'arguments = ["{out}"]{user}')).start()
        self.clinic.tap(persona="valid-with-consents")
        wait_until(lambda: adapter.status()["hook"].get("trouble") == "MDG-2304")
        (out / "busy").unlink()
        adapter.wait_delivered("hook", 1)
        [got] = [one for one in files(out) if one.name != "env"]
        record = json.loads(got.read_text(encoding="utf-8"))
        self.assertEqual(record["receptionId"], self.answered()[0]["receptionId"])
        environment = (out / "env").read_text(encoding="utf-8")
        name = record["confirmation"]["qualifications"][0]["name"]
        self.assertNotIn(name.strip(), environment)
        self.assertNotIn(record["receptionId"], environment)

    def test_a_legacy_program_does_as_it_likes_in_its_mirror(self):
        mirror = self.folder / "mirror"
        (mirror / "req").mkdir(parents=True)
        real = self.clinic.folder / "oqs"
        (self.folder / "out").mkdir()
        adapter = self.adapter(
            route("mirror", "oqs-xml", 'kind = "mirror"\nfolder = "mirror"\n'
                  f'oqs_req = "{real}/req"\noqs_res = "{real}/res"\nfamilies = ["EPS*"]'),
            folder_route("emr")).start()
        before = {path.name: path.read_bytes() for path in (real / "face").iterdir()}
        tap = self.clinic.tap(persona="valid-with-consents")
        name = pathlib.Path(tap["file"]).name
        wait_until(lambda: (mirror / "face" / name).exists())
        # It takes the file away, its folder, too, and leaves rubbish.
        shutil.rmtree(mirror / "face")
        (mirror / "res").mkdir(exist_ok=True)
        (mirror / "res" / "rubbish.xml").write_bytes(b"\xff\x00")
        second = self.clinic.tap()
        wait_until(lambda: (mirror / "face" / pathlib.Path(second["file"]).name).exists())
        adapter.wait_delivered("emr", 2)
        after = {path.name for path in (real / "face").iterdir()}
        self.assertLessEqual(set(before) | {name}, after)

        # It asks for something we do not know; the terminal answers.
        request, reply = "EPSsipre01req_202511280001.xml", "EPSsipre01res_202511280001.xml"
        theirs = "EPSsipre01res_202511280002.xml"
        (real / "res" / theirs).write_bytes(b"<theirs/>")
        asked = b'<?xml version="1.0" encoding="Shift_JIS"?>\r\n<a>\x8e\x8b</a>'
        (mirror / "req" / request).write_bytes(asked)
        wait_until(lambda: (real / "req" / request).exists())
        self.assertEqual(asked, (real / "req" / request).read_bytes())
        (real / "req" / request).unlink()
        (real / "res" / reply).write_bytes(b"<reply/>")
        wait_until(lambda: (mirror / "res" / reply).exists())
        self.assertEqual(b"<reply/>", (mirror / "res" / reply).read_bytes())
        wait_until(lambda: not (real / "res" / reply).exists())
        self.assertTrue((real / "res" / theirs).exists())
        # Killed and started again it does not ask a second time.
        adapter.kill()
        adapter.start()
        self.clinic.tap()
        adapter.wait_delivered("emr", 3)
        self.assertFalse((real / "req" / request).exists())
        self.assertEqual(0, adapter.stop())


if __name__ == "__main__":
    unittest.main()
