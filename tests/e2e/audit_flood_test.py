"""A flood of refused calls neither fills the audit trail nor holds anybody up."""

import unittest

import grpc

import stubs  # noqa: F401 - makes the modules below importable
from clinic import Clinic, token
from madoguchi.v1 import reception_service_pb2 as api, reception_service_pb2_grpc

FLOOD = 20_000


class AFlood(unittest.TestCase):
    def test_of_refused_calls_is_a_few_entries_and_holds_nobody_up(self):
        with Clinic(tcp=True) as clinic:
            clinic.start()
            pki = clinic.folder / "pki"
            credentials = grpc.ssl_channel_credentials(
                (pki / "ca.pem").read_bytes(), (pki / "technician.key").read_bytes(),
                (pki / "technician.pem").read_bytes())
            before = self.size(clinic)
            with grpc.secure_channel(f"127.0.0.1:{clinic.port}", credentials) as channel:
                stub = reception_service_pb2_grpc.ReceptionServiceStub(channel)
                request = api.GetReceptionRequest(reception_id="x")
                flying, taps = [], []
                for i in range(FLOOD):
                    flying.append(stub.GetReception.future(request, timeout=30))
                    if i % 5000 == 2500:
                        # Others are served in the middle of it.
                        taps.append(clinic.tap(persona="valid-with-consents"))
                        clinic.cli("--timeout", "2", "status")
                    if len(flying) >= 200:
                        for call in flying:
                            self.assertEqual(call.code(), grpc.StatusCode.PERMISSION_DENIED)
                        flying.clear()
                for call in flying:
                    self.assertEqual(call.code(), grpc.StatusCode.PERMISSION_DENIED)
            watch = clinic.watch("--today", name="after")
            watch.wait_until(lambda lines: all(any(token(tap) in line for line in lines)
                                               for tap in taps))
            watch.kill()
            # What was counted is written when the minute is over, or at the end.
            clinic.restart_daemon()
            refused = clinic.cli("audit", "list", "--kind", "10").messages
            self.assertEqual(sum(int(entry["count"]) for entry in refused), FLOOD)
            self.assertLess(len(refused), 20)
            self.assertLess(self.size(clinic) - before, 1_000_000)
            self.assertEqual(clinic.cli("audit", "verify").code, 0)

    @staticmethod
    def size(clinic):
        return sum(file.stat().st_size for file in (clinic.folder / "state").iterdir())


if __name__ == "__main__":
    unittest.main()
