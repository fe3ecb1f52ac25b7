"""Medical records and time: a window that has ended never opens again, whatever is done to the
clock; and what was deleted has left nothing readable on the disk."""

import os
import pathlib
import re
import tempfile
import unittest

from recording import ENCODINGS, Records, api, traces

from clinic import Clinic, wait_until

STORED = api.FRESHNESS_STORED_ONLY
# The window has ended, the consent does not count any more, or the clock cannot be trusted.
SHUT = {"MDG-2002", "MDG-2003", "MDG-2005"}
# The library itself: the program `faketime` would stand between the daemon and its SIGTERM.
FAKETIME = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
PRELOADED = {"LD_PRELOAD": str(FAKETIME), "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


class EndedStaysEnded(unittest.TestCase):
    def setUp(self):
        self.assertIsNotNone(FAKETIME, "faketime is a package of installer/packages.txt")
        self.clinic = Clinic(init=("--patients", "5"))
        self.addCleanup(self.clinic.close)
        self.clinic.start_sim("--answer-after", "50ms")

    def start(self, **variables):
        self.clinic.start_daemon(env={**os.environ, **variables})
        self.records = Records(self.clinic)

    def refusal(self, reception):
        return self.records.refusal(self.records.drugs, reception, freshness=STORED)

    def ended(self):
        """A reception with a stored record whose window has ended."""
        reception = self.records.tap(persona="valid-with-consents", consent="drug",
                                     consent_for="6s")
        self.records.drugs(reception)
        wait_until(lambda: self.refusal(reception) == "MDG-2002")
        return reception

    def check_shut(self, reception, what):
        said = self.refusal(reception)
        self.assertIn(said, SHUT, what)
        self.assertIn(self.records.refusal(self.records.drugs, reception), SHUT, what)
        return said

    def test_restarts_with_other_clocks_and_zones(self):
        self.start()
        reception = self.ended()
        for what, variables in (
                ("just restarted", {}),
                ("another zone", {"TZ": "America/New_York"}),
                ("zone ahead of Japan", {"TZ": "Pacific/Kiritimati"}),
                ("ten seconds back", {**PRELOADED, "FAKETIME": "-10s"}),
                ("an hour back", {**PRELOADED, "FAKETIME": "-1h"}),
                ("a day back", {**PRELOADED, "FAKETIME": "-1d"}),
                ("right again", {})):
            with self.subTest(what):
                self.clinic.stop_daemon()
                self.start(**variables)
                self.check_shut(reception, what)

    def test_a_clock_set_back_under_the_running_daemon(self):
        with tempfile.TemporaryDirectory() as folder:
            offset = pathlib.Path(folder, "offset")
            offset.write_text("+0s\n")
            self.start(**PRELOADED, FAKETIME_TIMESTAMP_FILE=str(offset), FAKETIME_NO_CACHE="1")
            reception = self.ended()
            for back in ("-8s", "-90s", "-2h"):
                with self.subTest(back):
                    offset.write_text(back + "\n")
                    self.check_shut(reception, back)
            # What is consented to now is not given by a clock nobody can trust. (The daemon looks at
            # the machine's clock every two seconds and counts on by itself between.)
            newer = self.records.tap(persona="card-expiring", consent="drug")
            wait_until(lambda: self.records.refusal(self.records.drugs, newer) == "MDG-2005")
            self.check_shut(reception, "nobody can trust this clock")
            offset.write_text("+0s\n")
            wait_until(lambda: self.records.refusal(self.records.drugs, newer) is None)
            self.check_shut(reception, "right again")


class Deleted(unittest.TestCase):
    def test_nothing_is_left_after_retention(self):
        with Clinic(init=("--patients", "5")) as clinic:
            text = clinic.config.read_text(encoding="utf-8")
            clinic.config.write_text(
                re.sub(r"(?m)^\[listen\]$", '[records]\nkeep = "20s"\ngrace = "20s"\n\n[listen]',
                       text, count=1), encoding="utf-8")
            clinic.start_sim("--answer-after", "50ms")
            clinic.start_daemon()
            records = Records(clinic)
            # The record writes the patient's name its own way, to be told from the reception's.
            clinic.fault("set", "record-maru-name")
            reception = records.tap(persona="valid-with-consents", consent="all")
            drugs = records.drugs(reception, include_duplicates=True).drug_history.drug_lines
            checkups = records.checkups(reception).checkup_history.checkups
            records.diagnoses(reception)
            _, pdf = records.document(reception)
            words = sorted({line.drug.drug_name for line in drugs} |
                           {item.data_value for checkup in checkups for item in checkup.items
                            if item.data_type == "ST"} |
                           {"●空　太郎", "架空生活習慣病管理料"})
            self.assertGreater(len(words), 5)
            # Of the site everything but what others keep: the simulated world and the reader's
            # pushes.
            folders = [clinic.folder / "state", clinic.folder / "oqs" / "req",
                       clinic.folder / "oqs" / "res"]
            before = traces(folders, words)
            # The search sees what is stored, but for the name, which is not kept at all.
            self.assertTrue([one for one in before if one[2] != "●空　太郎"], "nothing was stored?")
            self.assertEqual([], [one for one in before if one[2] == "●空　太郎"])
            self.assertEqual([], [one for one in before if "state" not in one[0].parts])

            wait_until(lambda: not traces(folders, words), seconds=90, every=1)
            self.assertEqual("MDG-2008", records.refusal(records.drugs, reception,
                                                         freshness=STORED))
            # Logs, and what is left once the daemon has stopped.
            clinic.stop_daemon()
            logs = list(clinic.folder.parent.glob("daemon*.err"))
            self.assertTrue(logs)
            self.assertEqual([], traces([clinic.folder.parent], words, skip=(
                clinic.folder / "sim", clinic.folder / "oqs" / "face")))
            self.assertNotIn(pdf[:1000], b"".join(
                path.read_bytes() for path in (clinic.folder / "state").rglob("*")
                if path.is_file()))

    def test_the_search_finds_what_is_planted(self):
        word = "架空アムロジピン錠５ｍｇ「見本」"
        with tempfile.TemporaryDirectory() as top:
            for name, encode in ENCODINGS.items():
                pathlib.Path(top, name).write_bytes(b"\0before" + encode(word) + b"after\xff")
            self.assertEqual(sorted(ENCODINGS),
                             sorted(found[1] for found in traces([pathlib.Path(top)], [word])))


if __name__ == "__main__":
    unittest.main(verbosity=2)
