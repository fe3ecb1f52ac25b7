"""A stand-in for the receipt computer ORCA: as much of its API as its public pages patientlist and
patientmod show, over HTTP with basic authentication. It is not ORCA: what the pages leave open is
our reading.

    stand_in = OrcaStandIn(patients={"00042": Patient(...)})
    stand_in.port; stand_in.asked  # [(path, body)]
"""

import base64
import dataclasses
import http.server
import threading
import xml.etree.ElementTree as tree

USER, PASSWORD = "ormaster", "ormaster"


@dataclasses.dataclass
class Patient:
    name: str
    birth_date: str
    sex: str
    # Dictionaries of the fields of HealthInsurance_Information_child.
    insurances: list = dataclasses.field(default_factory=list)


def element(name, content, kind="string"):
    made = tree.Element(name, type=kind)
    if isinstance(content, str):
        made.text = content
    else:
        made.extend(content)
    return made


def answer(name, result, children=()):
    root = tree.Element("xmlio2")
    root.append(element(name, [element("Api_Result", result), *children], "record"))
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tree.tostring(root, encoding="utf-8")


class OrcaStandIn:
    def __init__(self, patients):
        self.patients = patients
        self.asked = []
        # Answered instead, while it is set: `90` is what it says while a person works on a patient.
        self.result = None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, text = outer.serve(self.path, self.headers, body)
                self.send_response(status)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *words):
                """Nothing: names would be in it."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, path, headers, body):
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if headers.get("Authorization") != f"Basic {login}":
            return 401, b""
        if headers.get("Content-Type") != "application/xml":
            return 415, b""
        request = tree.fromstring(body)
        self.asked.append((path, body.decode("utf-8")))
        if path == "/api01rv2/patientlst2v2?class=01":
            return 200, self.find(request)
        if path == "/orca12/patientmodv2?class=04":
            return 200, self.add(request)
        return 404, b""

    def find(self, request):
        if self.result:
            return answer("patientlst2res", self.result)
        number = request.findtext(".//Patient_ID")
        patient = self.patients.get(number)
        if patient is None:
            fields = [element("Patient_ID", number), element("WholeName", "患者番号がありません")]
        else:
            insurances = [element("HealthInsurance_Information_child",
                                  [element(*field) for field in one.items()], "record")
                          for one in patient.insurances]
            fields = [element("Patient_ID", number), element("WholeName", patient.name),
                      element("BirthDate", patient.birth_date), element("Sex", patient.sex),
                      element("HealthInsurance_Information", insurances, "array")]
        return answer("patientlst2res", "00", [
            element("Patient_Information",
                    [element("Patient_Information_child", fields, "record")], "array")])

    def add(self, request):
        number = request.findtext(".//Patient_ID")
        patient = self.patients.get(number)
        same = patient is not None and (
            request.findtext(".//WholeName"), request.findtext(".//BirthDate"),
            request.findtext(".//Sex")) == (patient.name, patient.birth_date, patient.sex)
        # Only for patients that have none.
        if not same or patient.insurances:
            return answer("patientmodres", "E97")
        wanted = request.find(".//HealthInsurance_Information")
        patient.insurances.append({one.tag: one.text for one in wanted if one.text})
        return answer("patientmodres", "000")
