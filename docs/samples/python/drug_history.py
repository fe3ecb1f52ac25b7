"""From a card read to the drug history, as a pharmacy has it: drug_history.py TARGET [PATIENTS].

TARGET is unix:PATH. Shows the medicines of every patient of today who agreed to that, and of
everybody who comes after; ends after so many PATIENTS. Stubs: docs/en/quickstart.md.
"""

import sys

import grpc
from google.rpc import status_pb2
from madoguchi.v1 import codes_pb2, error_pb2, medical_record_service_pb2 as api
from madoguchi.v1 import medical_record_service_pb2_grpc as record_services
from madoguchi.v1 import reception_service_pb2
from madoguchi.v1 import reception_service_pb2_grpc as reception_services


# quote-begin: history
def consented(channel):
    """Receptions whose patients let us see their medicines, each once, as they come."""
    receptions = reception_services.ReceptionServiceStub(channel)
    seen = set()
    for message in receptions.WatchReceptions(
            reception_service_pb2.WatchReceptionsRequest(today=True), wait_for_ready=True):
        reception = message.reception
        open_now = {consent.category for consent in reception.usable_consents}
        if codes_pb2.CONSENT_CATEGORY_DRUG in open_now and reception.reception_id not in seen:
            seen.add(reception.reception_id)
            yield reception


def drug_history(channel, reception):
    """What is stored, else OQS is asked: once, whoever asks at the same time."""
    request = api.GetDrugHistoryRequest(
        reception_id=reception.reception_id, request_id=f"{reception.reception_id}-drugs",
        freshness=api.FRESHNESS_STORED_OR_FETCH)
    records = record_services.MedicalRecordServiceStub(channel)
    return records.GetDrugHistory(request, timeout=60,
                                  metadata=[("madoguchi-operator", "sakura")])


def problem_of(error):
    """The ErrorDetail in an error: a number to log, a sentence for the counter."""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            detail = error_pb2.ErrorDetail()
            for packed in status_pb2.Status.FromString(value).details:
                if packed.Unpack(detail):
                    return detail
    raise error
# quote-end: history


def show(history):
    for line in history.drug_history.drug_lines:
        drug = line.drug
        day = line.dispensed_on if line.HasField("dispensed_on") else line.prescribed_on
        print("   ", day.text, line.provider.name,
              drug.drug_name, drug.amount + drug.unit, drug.usage, drug.times)
    print(f"    {history.duplicate_lines} lines more repeat one of these")


def main(target, patients):
    channel = grpc.insecure_channel(target)
    for reception in consented(channel):
        print(reception.reception_id, reception.assignment.patient_id or "-")
        try:
            show(drug_history(channel, reception))
        except grpc.RpcError as error:
            problem = problem_of(error)
            print("   ", problem.number, problem.text_ja, problem.next_step_ja)
        sys.stdout.flush()
        patients -= 1
        if patients == 0:
            break


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else -1)
