"""Hostile callers: bad requests are refused naming the field; floods of idle connections, churn and
compressed bombs leave both listeners answering within a second."""

import gzip
import os
import pathlib
import socket
import unittest

import grpc

import stubs  # noqa: F401 - makes the modules below importable
from clinic import Clinic
from google.rpc import status_pb2
from madoguchi.v1 import (error_pb2, reception_pb2, reception_service_pb2 as api,
                          reception_service_pb2_grpc, system_service_pb2,
                          system_service_pb2_grpc, types_pb2)

DESCRIPTORS = 1024
IDLE = 1500


def detail(error):
    """The ErrorDetail an RpcError carries."""
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            found = error_pb2.ErrorDetail()
            status.details[0].Unpack(found)
            return found
    return error_pb2.ErrorDetail()


def rss(pid):
    """Resident memory in bytes."""
    pages = int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE")


class Callers:
    """Fresh channels to both listeners of a clinic."""

    def __init__(self, clinic):
        self.clinic = clinic
        pki = clinic.folder / "pki"
        self.tls = grpc.ssl_channel_credentials(
            (pki / "ca.pem").read_bytes(), (pki / "emr.key").read_bytes(),
            (pki / "emr.pem").read_bytes())

    def unix(self):
        # Own sub-channels: a channel of before must not answer for one of now.
        return grpc.insecure_channel(self.clinic.target,
                                     options=[("grpc.use_local_subchannel_pool", 1)])

    def tcp(self):
        return grpc.secure_channel(f"127.0.0.1:{self.clinic.port}", self.tls,
                                   options=[("grpc.use_local_subchannel_pool", 1)])

    def both_answer(self, test, when, seconds=1.0):
        for name, made in (("unix", self.unix), ("tcp", self.tcp)):
            with made() as channel:
                stub = system_service_pb2_grpc.SystemServiceStub(channel)
                try:
                    stub.GetStatus(system_service_pb2.GetStatusRequest(), timeout=seconds)
                except grpc.RpcError as error:
                    test.fail(f"{name} does not answer {when}: {error.code()} {error.details()}")

    def addresses(self):
        return ((socket.AF_UNIX, str(self.clinic.socket)),
                (socket.AF_INET, ("127.0.0.1", self.clinic.port)))


def connect(family, address):
    """A connected socket, or None when it was turned away."""
    made = socket.socket(family)
    made.settimeout(5)
    try:
        made.connect(address)
        return made
    except OSError:
        made.close()
        return None


class HostileCalls(unittest.TestCase):
    def test_bad_requests_name_the_field(self):
        day = types_pb2.Date(year=2026, month=2, day=30)
        birth = types_pb2.Date(year=1980, month=1, day=15)
        insured = types_pb2.InsuredId(insurer_number="06990121", number="1")
        expect = dict(counter="front-1", patient_id="1", insured=insured, birth_date=birth)
        long = "x" * 100000
        cases = [
            ("GetReception", api.GetReceptionRequest(), "reception_id"),
            ("GetReception", api.GetReceptionRequest(reception_id=long), "reception_id"),
            ("GetReception", api.GetReceptionRequest(reception_id="a\nb"), "reception_id"),
            ("ListReceptions", api.ListReceptionsRequest(day=day), "day"),
            ("ListReceptions", api.ListReceptionsRequest(page_size=501), "page_size"),
            ("ListReceptions", api.ListReceptionsRequest(page_size=-1), "page_size"),
            ("ListReceptions", api.ListReceptionsRequest(page_token="???"), "page_token"),
            ("ListReceptions", api.ListReceptionsRequest(counter="nowhere"), "counter"),
            ("ListReceptions", api.ListReceptionsRequest(states=[8, 77]), "states[1]"),
            ("AssignPatient", api.AssignPatientRequest(reception_id="r"), "patient_id"),
            ("AssignPatient", api.AssignPatientRequest(reception_id="r", patient_id="\0"),
             "patient_id"),
            ("AssignPatient", api.AssignPatientRequest(reception_id="r", patient_id="1",
                                                       request_id="a b"), "request_id"),
            ("AssignPatient", api.AssignPatientRequest(reception_id="r", patient_id="1",
                                                       expected_revision=-1), "expected_revision"),
            ("CancelReception", api.CancelReceptionRequest(reception_id="r", reason=long),
             "reason"),
            ("ExpectPatient", api.ExpectPatientRequest(**{**expect, "seconds": 3601}), "seconds"),
            ("ExpectPatient", api.ExpectPatientRequest(**{**expect, "birth_date": day}),
             "birth_date"),
            ("ExpectPatient", api.ExpectPatientRequest(**{**expect, "counter": ""}), "counter"),
            ("ExpectPatient", api.ExpectPatientRequest(
                **{**expect, "insured": types_pb2.InsuredId(insurer_number="06990121")}),
             "insured.number"),
        ]
        with Clinic(tcp=True) as clinic:
            clinic.start_daemon()
            with Callers(clinic).unix() as channel:
                stub = reception_service_pb2_grpc.ReceptionServiceStub(channel)
                for method, request, field in cases:
                    with self.assertRaises(grpc.RpcError, msg=f"{method} {field}") as raised:
                        getattr(stub, method)(request, timeout=5,
                                              metadata=[("madoguchi-operator", "test")])
                    error = raised.exception
                    self.assertEqual(error.code(), grpc.StatusCode.INVALID_ARGUMENT, field)
                    told = detail(error)
                    self.assertEqual(told.field, field, method)
                    self.assertTrue(told.number.startswith("MDG-"))
                    self.assertTrue(told.text_ja)
                # A person is asked for, and a stream starts nowhere odd.
                with self.assertRaises(grpc.RpcError) as raised:
                    stub.AssignPatient(api.AssignPatientRequest(reception_id="r", patient_id="1"),
                                       timeout=5)
                self.assertEqual(detail(raised.exception).number, "MDG-1104")
                with self.assertRaises(grpc.RpcError) as raised:
                    list(stub.WatchReceptions(api.WatchReceptionsRequest(after_cursor="x" * 5000),
                                              timeout=5))
                self.assertEqual(raised.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
            self.assertEqual(reception_pb2.RECEPTION_STATE_ANSWERED, 8)
            self.assertEqual(clinic.stop_daemon(), 0)

    def test_floods(self):
        with Clinic(tcp=True) as clinic:
            clinic.start_daemon(prefix=["prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"])
            callers = Callers(clinic)
            callers.both_answer(self, "at the start")
            for family, address in callers.addresses():
                held = [connect(family, address) for _ in range(IDLE)]
                callers.both_answer(self, f"while {IDLE} idle connections to {address} are open")
                for made in held:
                    if made is not None:
                        made.close()
                callers.both_answer(self, f"after {IDLE} idle connections to {address}")
            for family, address in callers.addresses():
                for _ in range(3 * DESCRIPTORS):
                    made = connect(family, address)
                    if made is not None:
                        made.close()
                callers.both_answer(self, f"after churn at {address}")
            for family, address in callers.addresses():
                for _ in range(50):
                    made = connect(family, address)
                    if made is not None:
                        try:
                            made.sendall(os.urandom(4096))
                        except OSError:
                            pass
                        made.close()
                callers.both_answer(self, f"after random bytes to {address}")
            self.assertEqual(clinic.stop_daemon(), 0)

    def test_compressed_bomb(self):
        with Clinic(tcp=True) as clinic:
            clinic.start_daemon()
            callers = Callers(clinic)
            callers.both_answer(self, "at the start")
            bomb = api.GetReceptionRequest(reception_id="\0" * (64 << 20)).SerializeToString()
            self.assertLess(len(gzip.compress(bomb)), 200000)
            before = rss(clinic.daemon.pid)
            for made in (callers.unix, callers.tcp):
                with made() as channel:
                    send = channel.unary_unary("/madoguchi.v1.ReceptionService/GetReception")
                    with self.assertRaises(grpc.RpcError) as raised:
                        send(bomb, timeout=20, compression=grpc.Compression.Gzip)
                    self.assertEqual(raised.exception.code(), grpc.StatusCode.UNIMPLEMENTED)
            callers.both_answer(self, "after a compressed bomb")
            grown = rss(clinic.daemon.pid) - before
            if "MADOGUCHI_SANITIZED" not in os.environ:
                self.assertLess(grown, 16 << 20)
            self.assertEqual(clinic.stop_daemon(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
