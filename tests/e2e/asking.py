"""What tests say to the daemon by gRPC when they ask OQS by identifiers.

    counter = Counter(clinic)
    response = counter.confirm(person, request_id="r1", open_reception=True, wait_seconds=10)
"""

import grpc
import stubs  # pylint: disable=unused-import  # makes the modules below
from google.rpc import status_pb2
from madoguchi.v1 import (eligibility_service_pb2, eligibility_service_pb2_grpc, error_pb2,
                          reception_pb2, reception_service_pb2, reception_service_pb2_grpc,
                          system_service_pb2, system_service_pb2_grpc)

from clinic import PATIENCE, wait_until

State = reception_pb2.ReceptionState


def number_of(error):
    """The MDG- number that a grpc.RpcError carries; None when it carries none."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            detail = error_pb2.ErrorDetail()
            for packed in status_pb2.Status.FromString(value).details:
                if packed.Unpack(detail):
                    return detail.number
    return None


def people_of(clinic):
    """The population without personas, each with identifiers."""
    return [entry for entry in clinic.population()
            if not entry.get("persona") and entry["insurer_number"]]


def query_of(person, **changes):
    """An EligibilityQuery about one of the population."""
    person = {**person, **changes}
    query = eligibility_service_pb2.ConfirmEligibilityRequest().query
    query.insured.insurer_number = person["insurer_number"]
    query.insured.symbol = person["symbol"]
    query.insured.number = person["number"]
    query.insured.branch = person["branch"]
    query.birth_date.text = person["birth_date"]
    return query


class Desk:
    """A client program."""

    def __init__(self, clinic):
        self.clinic = clinic
        self.channel = grpc.insecure_channel(clinic.target)
        self.eligibility = eligibility_service_pb2_grpc.EligibilityServiceStub(self.channel)
        self.reception = reception_service_pb2_grpc.ReceptionServiceStub(self.channel)
        self.system = system_service_pb2_grpc.SystemServiceStub(self.channel)

    def request(self, person, request_id="", counter=None, **fields):
        counter = counter or self.clinic.counters()[0]
        return eligibility_service_pb2.ConfirmEligibilityRequest(
            request_id=request_id, query=query_of(person), counter=counter, **fields)

    def confirm(self, person, request_id="", counter=None, timeout=PATIENCE, **fields):
        return self.eligibility.ConfirmEligibility(
            self.request(person, request_id, counter, **fields), timeout=timeout,
            wait_for_ready=True)

    def confirm_later(self, person, request_id="", counter=None, timeout=PATIENCE, **fields):
        """The same as a future."""
        return self.eligibility.ConfirmEligibility.future(
            self.request(person, request_id, counter, **fields), timeout=timeout,
            wait_for_ready=True)

    def get(self, reception_id):
        return self.reception.GetReception(
            reception_service_pb2.GetReceptionRequest(reception_id=reception_id),
            timeout=PATIENCE).reception

    def wait_for_state(self, reception_id, *states, seconds=None):
        """The reception, once it is in one of the states (names without their prefix)."""
        wanted = {State.Value("RECEPTION_STATE_" + state) for state in states}

        def there():
            reception = self.get(reception_id)
            return reception if reception.state in wanted else None
        return wait_until(there, seconds)

    def retry(self, reception_id, request_id=""):
        return self.reception.RetryReception(
            reception_service_pb2.RetryReceptionRequest(reception_id=reception_id,
                                                        request_id=request_id),
            timeout=PATIENCE).reception

    def complete(self, reception_id, person, request_id="", **note):
        query = query_of(person)
        return self.reception.CompletePending(
            reception_service_pb2.CompletePendingRequest(
                reception_id=reception_id, request_id=request_id,
                note=reception_pb2.PendingNote(insured=query.insured, birth_date=query.birth_date,
                                               **note)),
            timeout=PATIENCE).reception

    def status(self):
        return self.system.GetStatus(system_service_pb2.GetStatusRequest(),
                                     timeout=PATIENCE).status

    def line(self, terminal=0):
        """The one that questions go by: a terminal's, or that of the web API."""
        place = self.clinic.terminals if self.clinic.by_web else terminal
        return self.status().connections[place].line

    def wait_for_line(self, *states, terminal=0, seconds=None):
        """The line, once its state is one of the names (without prefix)."""
        wanted = {system_service_pb2.ConnectionState.Value("CONNECTION_STATE_" + state)
                  for state in states}

        def there():
            line = self.line(terminal)
            return line if line.state in wanted else None
        return wait_until(there, seconds)
