"""The command line asks OQS: what a clerk types, sees and is told by the exit code."""

import unittest

from clinic import Clinic, wait_until


def words_of(person, **changes):
    """The options that name a person."""
    person = {**person, **changes}
    named = {"insurer": "insurer_number", "symbol": "symbol", "number": "number",
             "branch": "branch", "birth-date": "birth_date"}
    return [word for option, key in named.items() if person[key]
            for word in ("--" + option, person[key])]


class Confirm(unittest.TestCase):
    def setUp(self):
        self.clinic = Clinic()
        self.addCleanup(self.clinic.close)
        self.clinic.set_key("site", "answer_within", '"2s"')
        self.clinic.set_key("terminal", "try_again_after", '"1s"')
        self.clinic.start_sim("--answer-after", "50ms")
        self.clinic.start_daemon()
        population = self.clinic.population()
        self.people = [entry for entry in population
                       if not entry.get("persona") and entry["insurer_number"]]
        self.personas = {entry["persona"]: entry for entry in population if entry.get("persona")}

    def state(self, reception_id):
        return self.clinic.cli("reception", "show", reception_id).messages[0]["state"]

    def wait_for_state(self, reception_id, state):
        wait_until(lambda: self.state(reception_id) == "RECEPTION_STATE_" + state)

    def test_the_exit_code_says_what_the_answer_is(self):
        person = self.people[0]
        valid = self.clinic.cli("confirm", *words_of(person), "--request-id", "c1").messages[0]
        self.assertEqual(valid["confirmation"]["validity"], "VALIDITY_VALID")
        self.assertNotIn("reception", valid)
        again = self.clinic.cli("confirm", *words_of(person), "--request-id", "c1").messages[0]
        self.assertEqual(again, valid)
        self.assertEqual(len(self.clinic.requests()), 1)
        nobody = self.clinic.cli("confirm", *words_of(person, number="0"), expect=1).messages[0]
        self.assertEqual(nobody["confirmation"]["validity"], "VALIDITY_NOT_FOUND")
        lost = self.personas["lost-with-newer"]
        self.clinic.cli("confirm", *words_of(lost), expect=1)
        bad = self.clinic.cli("confirm", *words_of(person, birth_date="S55.2.30"), expect=2)
        self.assertIn("MDG-1023", bad.err)
        self.clinic.fault("set", "request-eaten")
        unknown = self.clinic.cli("confirm", *words_of(self.people[1]), expect=5)
        self.assertIn("MDG-1414", unknown.err)
        later = self.clinic.cli("confirm", *words_of(self.people[2]), "--wait", 1, expect=5)
        self.assertIn("MDG-1008", later.err)

    def test_text_for_people(self):
        person = self.people[0]
        shown = self.clinic.cli("confirm", *words_of(person), as_json=False).out
        self.assertIn("資格確認結果", shown)
        self.assertIn(person["name"], shown)
        opened = self.clinic.cli("confirm", *words_of(self.people[1]), "--open-reception",
                                 as_json=False).out
        self.assertIn("受付 ", opened)
        self.assertIn(self.people[1]["name"], opened)
        doubtful = person["insurer_number"][:-1] + str((int(person["insurer_number"][-1]) + 1) % 10)
        warned = self.clinic.cli("confirm", *words_of(person, insurer_number=doubtful),
                                 as_json=False, expect=1)
        self.assertIn("MDG-1027", warned.err)

    def test_what_is_missing_is_asked_for(self):
        person = self.people[0]
        code, shown = self.clinic.typed(
            "confirm", "--insurer", person["insurer_number"], "--symbol", person["symbol"],
            answers=[("番号", person["number"]), ("枝番", person["branch"]),
                     ("生年月日", person["birth_date"]), (person["name"], None)])
        self.assertEqual(code, 0, shown)

    def test_a_reception_waits_for_the_line_and_a_person(self):
        complete, incomplete = self.people[:2]
        self.clinic.fault("set", "exchange-gone")
        wait_until(lambda: "MDG-1201" in self.clinic.cli("status", as_json=False).out)
        told = self.clinic.cli("confirm", *words_of(complete), expect=5)
        self.assertIn("MDG-1413", told.err)
        first = self.clinic.cli("confirm", *words_of(complete), "--open-reception",
                                expect=5).messages[0]["reception"]
        second = self.clinic.cli("confirm", *words_of(incomplete, number="", symbol="", branch=""),
                                 "--open-reception", expect=5).messages[0]["reception"]
        self.assertEqual(first["state"], "RECEPTION_STATE_PENDING")
        self.assertEqual(second["state"], "RECEPTION_STATE_PENDING")
        status = self.clinic.cli("status", as_json=False).out
        self.assertIn("回線を待っている受付 2 件", status)
        self.assertIn("問い合わせ: ", status)
        refused = self.clinic.cli("reception", "retry", first["receptionId"], expect=5)
        self.assertIn("MDG-1413", refused.err)
        self.clinic.fault("clear")
        self.wait_for_state(first["receptionId"], "ANSWERED")
        self.assertEqual(self.state(second["receptionId"]), "RECEPTION_STATE_PENDING")
        # The clerk adds what was missing; what was noted is kept.
        noted = self.clinic.cli("reception", "complete", second["receptionId"], "--symbol",
                                incomplete["symbol"], "--number", incomplete["number"],
                                "--branch", incomplete["branch"]).messages[0]
        self.assertEqual(noted["reception"]["pendingNote"]["birthDate"]["text"].replace("-", ""),
                         incomplete["birth_date"].replace("-", ""))
        self.wait_for_state(second["receptionId"], "ANSWERED")

    def test_an_unknown_outcome_is_asked_about_again(self):
        self.clinic.fault("set", "request-eaten")
        opened = self.clinic.cli("confirm", *words_of(self.people[0]), "--open-reception",
                                 expect=5).messages[0]["reception"]
        self.assertEqual(opened["state"], "RECEPTION_STATE_OUTCOME_UNKNOWN")
        self.clinic.fault("clear")
        again = self.clinic.cli("reception", "retry", opened["receptionId"]).messages[0]
        self.assertEqual(again["reception"]["state"], "RECEPTION_STATE_ASKING")
        self.wait_for_state(opened["receptionId"], "ANSWERED")
        late = self.clinic.cli("reception", "retry", opened["receptionId"], expect=1)
        self.assertIn("MDG-1402", late.err)
        # Asked about again with other identifiers: what was answered is gone.
        other = self.people[1]
        corrected = self.clinic.cli("confirm", *words_of(other), "--reception",
                                    opened["receptionId"]).messages[0]
        self.assertEqual(corrected["reception"]["receptionId"], opened["receptionId"])
        self.assertEqual(corrected["confirmation"]["qualifications"][0]["name"], other["name"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
