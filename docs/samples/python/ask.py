"""Asks OQS about a patient who has no card with them, and asks once: ask.py TARGET REQUEST_ID.

TARGET is unix:PATH. What identifies the person comes as JSON on standard input, as it stands on the
certificate: {"insurer_number", "symbol", "number", "branch", "birth_date"}. REQUEST_ID is kept by the
caller: after any failure the same command is repeated with the same one. Prints the state of the
reception and what OQS says. Stubs: docs/en/quickstart.md.
"""

import json
import sys
import threading

import grpc
from madoguchi.v1 import codes_pb2, eligibility_service_pb2 as api
from madoguchi.v1 import eligibility_service_pb2_grpc as services
from madoguchi.v1 import reception_pb2


# quote-begin: ask
def ask(target, request_id, person):
    channel = grpc.insecure_channel(target, [("grpc.initial_reconnect_backoff_ms", 100),
                                             ("grpc.max_reconnect_backoff_ms", 2000)])
    eligibility = services.EligibilityServiceStub(channel)
    request = api.ConfirmEligibilityRequest(
        request_id=request_id, counter=person.get("counter", ""), open_reception=True,
        wait_seconds=20)
    for part in ("insurer_number", "symbol", "number", "branch"):
        setattr(request.query.insured, part, person.get(part, ""))
    request.query.birth_date.text = person["birth_date"]  # S55.1.15, 1980-01-15, ...
    while True:
        try:
            response = eligibility.ConfirmEligibility(request, timeout=30, wait_for_ready=True)
        except grpc.RpcError as error:
            # The daemon went down: the same request_id finds the question where it stands.
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED,
                                    grpc.StatusCode.DEADLINE_EXCEEDED):
                raise  # malformed, not allowed: trying again does not help
            threading.Event().wait(0.2)
            continue
        if response.reception.state != reception_pb2.RECEPTION_STATE_ASKING:
            return response
        # Still asking. A program that watches receptions need not do this: the answer comes there.
# quote-end: ask


if __name__ == "__main__":
    answer = ask(sys.argv[1], sys.argv[2], json.load(sys.stdin))
    state = reception_pb2.ReceptionState.Name(answer.reception.state)
    validity = codes_pb2.Validity.Name(answer.confirmation.validity)
    print(answer.reception.reception_id, state.removeprefix("RECEPTION_STATE_"),
          validity.removeprefix("VALIDITY_"))
    if state == "RECEPTION_STATE_PENDING":
        print("   the line is down; it is asked about when the line is back")
    for qualification in answer.confirmation.qualifications:
        print("   ", qualification.name, qualification.insured.insurer_number_trimmed)
