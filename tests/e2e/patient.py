"""A device in front of the patient, by gRPC. A program not ours seals its PINs: openssl."""

import subprocess
import tempfile

import grpc
import stubs  # pylint: disable=unused-import  # makes the modules below
from madoguchi.v1 import reception_pb2, reception_service_pb2, reception_service_pb2_grpc

from asking import number_of
from clinic import PATIENCE
from pcsc import READER

Reception = reception_pb2.Reception
State = reception_pb2.ReceptionState
OVER = (State.RECEPTION_STATE_PENDING, State.RECEPTION_STATE_REFUSED, State.RECEPTION_STATE_ABANDONED,
        State.RECEPTION_STATE_CANCELLED, State.RECEPTION_STATE_CLOSED)


def seal(key, pin):
    with tempfile.NamedTemporaryFile() as file:
        file.write(key.public_key_der)
        file.flush()
        return subprocess.run(
            ["openssl", "pkeyutl", "-encrypt", "-pubin", "-keyform", "DER", "-inkey", file.name,
             "-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256",
             "-pkeyopt", "rsa_mgf1_md:sha256"],
            input=pin.encode(), capture_output=True, check=True, timeout=PATIENCE).stdout


class Patient:
    """A device in front of the patient."""

    def __init__(self, channel):
        self.channel = channel
        self.stub = reception_service_pb2_grpc.ReceptionServiceStub(channel)

    def start(self, reader=READER):
        return self.stub.StartReception(
            reception_service_pb2.StartReceptionRequest(reader=reader), timeout=PATIENCE).reception

    def look(self, reception, after_revision=0, wait_seconds=0):
        return self.stub.GetReception(reception_service_pb2.GetReceptionRequest(
            reception_id=reception.reception_id, after_revision=after_revision,
            wait_seconds=wait_seconds), timeout=PATIENCE).reception

    def wait(self, reception, state):
        while reception.state != state:
            # Nothing but the end of the day follows.
            assert reception.state not in OVER, (
                f"{State.Name(reception.state)} {reception.ended_because.number} instead of "
                f"{State.Name(state)}")
            reception = self.look(reception, reception.revision, wait_seconds=20)
        return reception

    def wait_for_end(self, reception):
        """The reception when the question about its card is over, however it ended."""
        reception = self.look(reception)
        while reception.state in (State.RECEPTION_STATE_IDENTIFIED, State.RECEPTION_STATE_ASKING):
            reception = self.look(reception, reception.revision, wait_seconds=20)
        return reception

    def call(self, rpc, reception, **fields):
        """The number of the error; None when there is none."""
        request = getattr(reception_service_pb2, f"{rpc}Request")(
            reception_id=reception.reception_id, **fields)
        try:
            getattr(self.stub, rpc)(request, timeout=PATIENCE,
                                       metadata=[("madoguchi-operator", "hanako")])
        except grpc.RpcError as error:
            return number_of(error)
        return None

    def submit(self, reception, pin):
        key = reception.next_step.pin_key
        return self.call("SubmitPin", reception, key_id=key.key_id, sealed_pin=seal(key, pin))

    def cancel(self, reception):
        return self.call("CancelReception", reception)
