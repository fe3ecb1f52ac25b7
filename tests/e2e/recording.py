"""What tests say to the daemon by gRPC about medical records, and where they look for traces.

    records = Records(clinic)
    reception = records.tap(persona="valid-with-consents", consent="all")
    records.drugs(reception).drug_history
    records.refusal(records.drugs, reception)  # "MDG-2001"
"""

import itertools
import json

import grpc
import stubs  # pylint: disable=unused-import  # makes the modules below
from madoguchi.v1 import (codes_pb2, medical_record_service_pb2 as api,
                          medical_record_service_pb2_grpc as services, reception_pb2,
                          reception_service_pb2, reception_service_pb2_grpc)

from asking import number_of
from clinic import PATIENCE, token, wait_until

Kind = api.DocumentKind
Category = codes_pb2.ConsentCategory
# A stream reads no further ahead than this, as with an application that is slow.
NARROW = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65535)]


class Records:
    """A client program."""

    def __init__(self, clinic):
        self.clinic = clinic
        self.channel = grpc.insecure_channel(clinic.target, options=NARROW)
        self.records = services.MedicalRecordServiceStub(self.channel)
        self.reception = reception_service_pb2_grpc.ReceptionServiceStub(self.channel)

    def tap(self, **options):
        """The reception of a patient who uses the face reader now."""
        identifier = token(self.clinic.tap(**options))

        def found():
            answer = self.reception.ListReceptions(reception_service_pb2.ListReceptionsRequest(),
                                                   timeout=PATIENCE)
            return next((one for one in answer.receptions
                         if one.confirmation.header.arbitrary_file_identifier == identifier), None)
        return wait_until(found).reception_id

    def get(self, reception_id):
        return self.reception.GetReception(
            reception_service_pb2.GetReceptionRequest(reception_id=reception_id),
            timeout=PATIENCE).reception

    def record_state(self, reception_id, category):
        """Name of the RecordState of `DRUG`, `CHECKUP`, …"""
        wanted = Category.Value("CONSENT_CATEGORY_" + category)
        for status in self.get(reception_id).records:
            if status.category == wanted:
                return reception_pb2.RecordState.Name(status.state).removeprefix("RECORD_STATE_")
        return None

    def drugs(self, reception_id, **fields):
        return self.records.GetDrugHistory(
            api.GetDrugHistoryRequest(reception_id=reception_id, **fields), timeout=PATIENCE)

    def checkups(self, reception_id, **fields):
        return self.records.GetCheckups(
            api.GetCheckupsRequest(reception_id=reception_id, **fields), timeout=PATIENCE)

    def diagnoses(self, reception_id, **fields):
        return self.records.GetDiagnosisHistory(
            api.GetDiagnosisHistoryRequest(reception_id=reception_id, **fields), timeout=PATIENCE)

    def document_stream(self, reception_id, kind="DRUG", **fields):
        return self.records.GetDocument(
            api.GetDocumentRequest(reception_id=reception_id,
                                   kind=Kind.Value("DOCUMENT_KIND_" + kind), **fields),
            timeout=PATIENCE)

    def document(self, reception_id, kind="DRUG", **fields):
        """Its DocumentInfo and bytes."""
        parts = list(self.document_stream(reception_id, kind, **fields))
        return parts[0].info, b"".join(part.chunk for part in parts[1:])

    def cancel(self, reception_id):
        self.reception.CancelReception(
            reception_service_pb2.CancelReceptionRequest(reception_id=reception_id,
                                                         reason="wrong person"),
            timeout=PATIENCE)

    def unassign(self, reception_id):
        self.reception.UnassignPatient(
            reception_service_pb2.UnassignPatientRequest(reception_id=reception_id,
                                                         reason="wrong chart"),
            metadata=[("madoguchi-operator", "sakura")], timeout=PATIENCE)

    def refusal(self, call, *words, **fields):
        """Number of the error a call ends with; None when it succeeds."""
        return self.error(call, *words, **fields)[1]

    @staticmethod
    def error(call, *words, **fields):
        """Its status code and number."""
        try:
            call(*words, **fields)
        except grpc.RpcError as error:
            return error.code(), number_of(error)
        return None, None

    def asked(self):
        """Request files for medical records the terminals have seen."""
        return [one for one in self.clinic.requests() if one["family"][:3] in ("YZK", "TKK")]


def _escaped(text):
    """As JSON writes it, without quotes."""
    return json.dumps(text)[1:-1].encode()


ENCODINGS = {
    "UTF-8": lambda text: text.encode("utf-8"),
    "CP932": lambda text: text.encode("cp932", "ignore"),
    "UTF-16LE": lambda text: text.encode("utf-16-le"),
    "UTF-16BE": lambda text: text.encode("utf-16-be"),
    "EUC-JP": lambda text: text.encode("euc_jp", "ignore"),
    "JSON": _escaped,
}


def traces(folders, words, skip=()):
    """[(file, encoding, word)]: where any of the words is, in any of the six encodings, in all
    files below the folders but those below `skip`. Letters of hexadecimal escapes count in either
    case."""
    needles = [(name, word, encode(word)) for name, encode in ENCODINGS.items() for word in words]
    found = []
    for path in itertools.chain.from_iterable(folder.rglob("*") for folder in folders):
        if not path.is_file() or any(path.is_relative_to(folder) for folder in skip):
            continue
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue  # it has gone meanwhile
        for name, word, needle in needles:
            if needle and (needle in content or
                           (name == "JSON" and needle.lower() in content.lower())):
                found.append((path, name, word))
    return found
