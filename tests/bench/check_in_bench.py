"""Our part of one check-in on an own reader, by phase: the time a client waits, less what the card and the
center take for themselves. Beside it, in the same run, the same five commands by a bare PC/SC client
(baseline). Card and center are those of tests/e2e (other_card.py, between_center.py), which say how long
they took; the PIN is sealed outside of what is measured.

    check_in_bench.py FOLDER_OF_THE_PROGRAMS [COUNT]
"""

import os
import pathlib
import statistics
import sys
import tempfile
import time

os.environ["MADOGUCHI_BIN"] = sys.argv[1]
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import grpc  # noqa: E402
from between_center import BetweenCenter  # noqa: E402
from clinic import PATIENCE, Clinic, wait_until  # noqa: E402
from other_card import AID, PIN, OtherCard, make_keys  # noqa: E402
from patient import READER, Patient, State, reception_service_pb2, seal  # noqa: E402
from pcsc import Client, Pcsc, why_not  # noqa: E402

DIGEST_INFO = "3031300d060960864801650304020105000420" + "00" * 32
COMMANDS = ("00A4040C0A" + AID.hex(), "00B08A00000000", "00200098", "0020009804" + PIN.hex(),
            f"802A009733{DIGEST_INFO}00")
PHASES = ("card opened", "PIN, signature", "consent to answer")


class Lap:
    """Milliseconds since it began, less what others took."""

    def __init__(self, *others):
        self.others = others
        self.before = sum(one.spent for one in others)
        self.begun = time.monotonic()

    def milliseconds(self):
        spent = time.monotonic() - self.begun
        return (spent - (sum(one.spent for one in self.others) - self.before)) * 1000


def check_in(patient, card, center):
    laps = []
    lap = Lap(card, center)
    reception = patient.wait(patient.start(), State.RECEPTION_STATE_CARD_PRESENT)
    laps.append(lap.milliseconds())
    key = reception.next_step.pin_key
    request = reception_service_pb2.SubmitPinRequest(
        reception_id=reception.reception_id, key_id=key.key_id, sealed_pin=seal(key, PIN.decode()))
    # The challenge is asked for while the patient types.
    wait_until(lambda: center.busy == 0, every=0.001)
    lap = Lap(card, center)
    reception = patient.stub.SubmitPin(request, timeout=PATIENCE).reception
    laps.append(lap.milliseconds())
    lap = Lap(card, center)
    assert patient.call("RecordConsent", reception) is None
    patient.wait(reception, State.RECEPTION_STATE_ANSWERED)
    laps.append(lap.milliseconds())
    return laps


def bare(client, card):
    lap = Lap(card)
    client.connect(READER)
    for command in COMMANDS:
        assert client.send(command)[-4:] in ("9000", "63C3")
    client.end("unpower")
    return lap.milliseconds()


def tell(name, values):
    values = sorted(values)
    p99 = values[min(len(values) - 1, int(len(values) * 0.99))]
    print(f"{name:20} p50 {statistics.median(values):7.2f} ms   p99 {p99:7.2f} ms")
    return statistics.median(values)


def main():
    if why_not():
        print(f"skipped: {why_not()}")
        return
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as top, Pcsc() as pcsc:
        folder = pathlib.Path(top)
        certificate = make_keys(folder)
        with Clinic(init=("--trust-card-ca", folder / "ca.pem")) as clinic:
            center = BetweenCenter(clinic)
            clinic.start_sim()
            clinic.start_daemon(prefix=pcsc.inside())
            patient = Patient(grpc.insecure_channel(clinic.target))
            wait_until(lambda: any(one["name"] == READER
                                   for one in clinic.cli("readers").messages))
            card = OtherCard(pcsc.port, certificate, folder / "card.key")
            client = Client(clinic, pcsc)
            check_in(patient, card, center)
            ours, baseline = [], []
            # In turns, so that both have the same machine.
            for _ in range(count):
                ours.append(check_in(patient, card, center))
                baseline.append(bare(client, card))
            for place, phase in enumerate(PHASES):
                tell(phase, [laps[place] for laps in ours])
            whole = tell("whole check-in", [sum(laps) for laps in ours])
            plain = tell("bare five commands", baseline)
            print(f"ratio whole/bare {whole / plain:.2f}   ({count} check-ins)", flush=True)
            patient.channel.close()
            center.server.shutdown()
            card.socket.close()


if __name__ == "__main__":
    main()
