"""Watches receptions as an EMR would, and never loses one: watch.py TARGET CURSOR_FILE.

TARGET is unix:PATH. The cursor is kept in CURSOR_FILE, so the next start goes on where this one
ended. See docs/en/quickstart.md for the stubs and how to run it.
"""

import os
import pathlib
import sys
import threading

import grpc
from madoguchi.v1 import reception_pb2, reception_service_pb2 as api
from madoguchi.v1 import reception_service_pb2_grpc as services


def show(reception):
    state = reception_pb2.ReceptionState.Name(reception.state).removeprefix("RECEPTION_STATE_")
    chart = reception.assignment.patient_id or "-"
    print(reception.reception_id, state, reception.counter, chart, flush=True)


def save(file, cursor):  # all or nothing, also when the machine fails meanwhile
    file.with_suffix(".new").write_text(cursor)
    os.replace(file.with_suffix(".new"), file)


# quote-begin: watch
def watch(target, file):
    channel = grpc.insecure_channel(target, [("grpc.initial_reconnect_backoff_ms", 100),
                                             ("grpc.max_reconnect_backoff_ms", 2000)])
    receptions = services.ReceptionServiceStub(channel)
    while True:
        cursor = file.read_text() if file.exists() else ""
        start = {"after_cursor": cursor} if cursor else {"today": True}
        try:
            for message in receptions.WatchReceptions(api.WatchReceptionsRequest(**start),
                                                      wait_for_ready=True):
                if message.HasField("reception"):  # otherwise it is a heartbeat
                    show(message.reception)
                save(file, message.cursor)  # only after it was dealt with
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.OUT_OF_RANGE:
                file.unlink()  # too old: begin again with today
            elif error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                raise  # not allowed, malformed: trying again does not help
        threading.Event().wait(0.2)
# quote-end: watch


if __name__ == "__main__":
    watch(sys.argv[1], pathlib.Path(sys.argv[2]))
