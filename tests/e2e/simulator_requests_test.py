"""The simulator's terminals as the writer of request files meets them: every request taken once and
counted, every answer and every fault as its name says. The writer here is this test."""

import os
import re
import unittest

from clinic import PATIENCE, Clinic, wait_until

REQUEST = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<XmlMsg><MessageHeader><QualificationConfirmationDate>20260410</QualificationConfirmationDate>\
<MedicalInstitutionCode>9910000017</MedicalInstitutionCode>\
<ArbitraryFileIdentifier>{identifier}</ArbitraryFileIdentifier></MessageHeader>
<MessageBody><QualificationConfirmSearchInfo><InsurerNumber>{insurer_number}</InsurerNumber>\
<InsuredCardSymbol>{symbol}</InsuredCardSymbol>\
<InsuredIdentificationNumber>{number}</InsuredIdentificationNumber>\
<InsuredBranchNumber>{branch}</InsuredBranchNumber><Birthdate>{birth_date}</Birthdate>\
</QualificationConfirmSearchInfo></MessageBody></XmlMsg>
"""


class Asker:
    """Another program of the clinic: writes requests, reads answers."""

    def __init__(self, clinic, terminal=1):
        self.folder = clinic.folder / ("oqs" if terminal == 1 else f"oqs{terminal}")
        self.asked = 0

    def ask(self, person):
        """Publishes a request and returns where its answer will be."""
        self.asked += 1
        identifier = f"MDG-{self.asked}"
        name = f"OQSsiquc01req_{20260410_0000 + self.asked}.xml"
        temporary = self.folder / "req" / f".{name}.tmp"
        words = {**person, "birth_date": person["birth_date"].replace("-", "")}
        temporary.write_text(REQUEST.format(identifier=identifier, **words), encoding="utf-8")
        os.rename(temporary, self.folder / "req" / name)
        return self.folder / "res" / name.replace("req_", "res_")

    def answer(self, path, seconds=None):
        """The whole answer, once it is there."""
        def whole():
            text = path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
            return text if text.rstrip().endswith("</XmlMsg>") else None
        return wait_until(whole, seconds)

    def taken(self, path):
        request = self.folder / "req" / path.name.replace("res_", "req_")
        return wait_until(lambda: not request.exists())


def element(text, name):
    found = re.search(f"<{name}>([^<]*)</{name}>", text)
    return found.group(1) if found else None


class SimulatorRequests(unittest.TestCase):
    def setUp(self):
        self.clinic = Clinic(terminals=2)
        self.addCleanup(self.clinic.close)
        self.clinic.start_sim("--answer-after", "50ms")
        self.people = [entry for entry in self.clinic.population()
                       if not entry.get("persona") and entry["insurer_number"]]
        self.asker = Asker(self.clinic)

    def outcomes(self):
        return [entry["outcome"] for entry in self.clinic.requests()]

    def test_everybody_is_found_once(self):
        for person in self.people[:10]:
            text = self.asker.answer(self.asker.ask(person))
            self.assertEqual(element(text, "ArbitraryFileIdentifier"), f"MDG-{self.asker.asked}")
            self.assertEqual(element(text, "QualificationValidity"), "1")
            self.assertEqual(element(text, "Name"), person["name"])
            self.assertEqual(element(text, "ReferenceClassification"), "2")
        seen = self.clinic.requests()
        self.assertEqual([entry["outcome"] for entry in seen], ["answered"] * 10)
        self.assertEqual([entry["patient"] for entry in seen],
                         [person["patient"] for person in self.people[:10]])
        self.assertEqual(len({entry["question"] for entry in seen}), 10)

    def test_the_same_question_twice_is_seen_twice(self):
        for _ in range(2):
            self.asker.answer(self.asker.ask(self.people[0]))
        first, second = self.clinic.requests()
        self.assertEqual(first["question"], second["question"])
        self.assertNotEqual(first["file"], second["file"])

    def test_nobody(self):
        text = self.asker.answer(self.asker.ask({**self.people[0], "number": "0"}))
        self.assertEqual(element(text, "QualificationValidity"), "4")
        self.assertIsNone(element(text, "Name"))

    def test_answers_that_are_not_what_was_asked_for(self):
        cases = {
            "answer-error": ("SegmentOfResult", "9"),
            "answer-institution": ("MedicalInstitutionCode", "9910000099"),
            "answer-foreign": ("ArbitraryFileIdentifier", "XMDG-3"),
        }
        for fault, (name, value) in cases.items():
            with self.subTest(fault):
                self.clinic.fault("set", fault)
                text = self.asker.answer(self.asker.ask(self.people[0]))
                self.assertEqual(element(text, name), value)
                self.clinic.fault("clear")

    def test_answers_that_do_not_come(self):
        for fault, outcome in (("answer-never", "unanswered"), ("request-eaten", "eaten")):
            with self.subTest(fault):
                self.clinic.fault("set", fault)
                lost = self.asker.ask(self.people[0])
                self.asker.taken(lost)
                self.clinic.fault("clear")
                # The terminal has gone on when it answers a later one.
                self.asker.answer(self.asker.ask(self.people[1]))
                self.assertFalse(lost.exists())
                self.assertIn(outcome, self.outcomes())

    def test_answers_held_back_come_when_the_fault_is_cleared(self):
        for fault in ("answer-late", "request-ignored"):
            with self.subTest(fault):
                self.clinic.fault("set", fault, "--terminal", "1")
                late = self.asker.ask(self.people[0])
                # Meanwhile the other terminal answers.
                other = Asker(self.clinic, terminal=2)
                other.asked = self.asker.asked + 100
                other.answer(other.ask(self.people[1]))
                self.assertFalse(late.exists())
                self.clinic.fault("clear")
                self.asker.answer(late)

    def seen_soon(self, try_once):
        """True when one of some tries saw it: on a busy machine the moment may pass unseen."""
        return any(try_once() for _ in range(10))

    def test_an_answer_that_comes_twice(self):
        def comes_again_after_it_was_taken():
            path = self.asker.ask(self.people[0])
            first = self.asker.answer(path)
            path.unlink()
            try:
                return self.asker.answer(path, seconds=2) == first
            except AssertionError:
                return False
        self.clinic.fault("set", "answer-twice")
        self.assertTrue(self.seen_soon(comes_again_after_it_was_taken))

    def test_answers_in_pieces_and_damaged(self):
        def grows():
            path = self.asker.ask(self.people[0])
            wait_until(path.exists, every=0.01)
            first = path.stat().st_size
            return len(self.asker.answer(path).encode()) > first
        self.clinic.fault("set", "answer-pieces")
        self.assertTrue(self.seen_soon(grows))
        self.clinic.fault("clear")
        self.clinic.fault("set", "answer-truncated")
        cut = self.asker.ask(self.people[0])
        wait_until(cut.exists)
        self.clinic.fault("clear")
        self.asker.answer(self.asker.ask(self.people[1]))
        self.assertNotIn(b"</XmlMsg>", cut.read_bytes())

    def test_an_answer_somebody_else_takes(self):
        self.clinic.fault("set", "answer-taken")
        path = self.asker.ask(self.people[0])
        wait_until((self.asker.folder / "trash" / path.name).exists)
        self.assertFalse(path.exists())

    def test_folders_that_go_and_come(self):
        path = self.asker.ask(self.people[0])
        self.asker.taken(path)
        self.clinic.fault("set", "exchange-gone", "--terminal", "1")
        self.assertFalse((self.asker.folder / "req").exists())
        self.assertFalse((self.asker.folder / "res").exists())
        self.assertTrue((self.asker.folder / "face").exists())
        self.clinic.fault("clear")
        self.asker.answer(path)
        self.clinic.fault("set", "line-flapping", "--terminal", "1")
        req = self.asker.folder / "req"
        for _ in range(2):
            wait_until(lambda: not req.exists(), every=0.02)
            wait_until(req.exists, every=0.02)
        self.clinic.fault("clear")
        self.asker.answer(self.asker.ask(self.people[1]), PATIENCE)

    def test_taps_tell_nothing_of_these_faults(self):
        self.clinic.fault("set", "answer-never")
        self.assertEqual(self.clinic.tap()["faults"], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
