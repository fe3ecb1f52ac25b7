"""Prints today's receptions with what OQS says about each patient's insurance."""

import sys

import grpc
from madoguchi.v1 import codes_pb2, reception_service_pb2 as api
from madoguchi.v1 import reception_service_pb2_grpc as services

channel = grpc.insecure_channel(sys.argv[1])  # unix:PATH of the daemon
receptions = services.ReceptionServiceStub(channel)
answer = receptions.ListReceptions(api.ListReceptionsRequest(), timeout=10)
for reception in answer.receptions:
    confirmation = reception.confirmation
    validity = codes_pb2.Validity.Name(confirmation.validity).removeprefix("VALIDITY_")
    print(reception.opened_at.ToJsonString(), reception.counter, validity)
    for qualification in confirmation.qualifications:
        insured = qualification.insured
        print("   ", qualification.name, qualification.birth_date.text, "insurer",
              insured.insurer_number_trimmed, insured.symbol, insured.number, insured.branch)
