"""Journey A at the counter, from outside: what a tap becomes, charts, consents, newer reads."""

import json
import unittest

from clinic import Clinic, wait_until


def by_id(clinic, reception_id):
    return clinic.cli("reception", "show", reception_id).messages[0]


class Counter(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clinic = Clinic(terminals=2)
        cls.clinic.start_daemon()

    @classmethod
    def tearDownClass(cls):
        cls.clinic.close()

    def tap(self, persona, **options):
        """Taps, and returns the reception that comes of it and what the simulator expected."""
        known = {reception["receptionId"] for reception in self.clinic.receptions()}
        said = self.clinic.tap(persona=persona, **options)

        def new():
            return [reception for reception in self.clinic.receptions()
                    if reception["receptionId"] not in known]
        found = wait_until(new, 10)
        self.assertEqual(len(found), 1)
        return found[0], said["expected"]

    def test_every_persona_becomes_what_the_simulator_expects(self):
        personas = {entry["persona"] for entry in self.clinic.population() if entry.get("persona")}
        self.assertGreater(len(personas), 20)
        for persona in sorted(personas):
            with self.subTest(persona):
                reception, expected = self.tap(persona)
                confirmation = reception.get("confirmation", {})
                self.assertEqual(reception["state"], "RECEPTION_STATE_" + expected["state"])
                self.assertEqual(confirmation.get("validity", "VALIDITY_UNSPECIFIED"),
                                 "VALIDITY_" + (expected["validity"] or "UNSPECIFIED"))
                self.assertEqual(reception["assignment"]["state"],
                                 "ASSIGNMENT_STATE_" + expected["assignment"])
                self.assertEqual(reception["assignment"].get("patientId", ""),
                                 expected["patient_id"])
                self.assertEqual(len(confirmation.get("qualifications", [])),
                                 expected["qualifications"])
                self.assertEqual([consent["category"].removeprefix("CONSENT_CATEGORY_")
                                  for consent in reception.get("usableConsents", [])],
                                 expected["usable_consents"])
                self.assertTrue(reception["nextStep"]["textJa"])

    def test_a_consent_that_ends_is_an_event(self):
        watch = self.clinic.watch("--now", name="consent")
        watch.wait_until(lambda lines: lines)
        reception, _ = self.tap("valid-with-consents", consent="drug", consent_for="3s")
        self.assertEqual(len(reception["usableConsents"]), 1)
        line = watch.wait_for(lambda text: reception["receptionId"] in text
                              and "usableConsents" not in text, 15)
        ended = json.loads(line)["reception"]
        self.assertGreater(ended["revision"], reception["revision"])
        self.assertEqual(ended["state"], "RECEPTION_STATE_ANSWERED")

    def test_a_newer_read_replaces_the_consents_of_the_older(self):
        older, _ = self.tap("electronic-prescription", consent="all")
        self.assertTrue(older["usableConsents"])
        newer, _ = self.tap("electronic-prescription", consent="none", terminal=2)
        now = by_id(self.clinic, older["receptionId"])
        self.assertEqual(now["supersededBy"], newer["receptionId"])
        self.assertNotIn("usableConsents", now)

    def test_twins_do_not_replace_each_other(self):
        first, _ = self.tap("twins-no-branch", consent="drug")
        self.tap("twins-no-branch-b", consent="none")
        now = by_id(self.clinic, first["receptionId"])
        self.assertNotIn("supersededBy", now)
        self.assertEqual(len(now["usableConsents"]), 1)

    def test_a_person_ties_unties_and_cancels(self):
        reception, _ = self.tap("valid-no-reference-number")
        name = reception["receptionId"]
        # Two people at two screens: the second looked at what is no longer so.
        self.clinic.cli("reception", "assign", name, "C-100", operator="sato")
        stale = self.clinic.cli("reception", "assign", name, "C-200", "--revision",
                                reception["revision"], expect=1, operator="suzuki")
        self.assertIn("MDG-1403", stale.err)
        refused = self.clinic.cli("reception", "assign", name, "C-200", expect=1, operator="suzuki")
        self.assertIn("MDG-1404", refused.err)
        tied = by_id(self.clinic, name)["assignment"]
        self.assertEqual((tied["state"], tied["patientId"], tied["assignedBy"]),
                         ("ASSIGNMENT_STATE_BY_PERSON", "C-100", "sato@local"))
        self.assertEqual([entry["receptionId"]
                          for entry in self.clinic.receptions("--patient", "C-100")], [name])
        self.clinic.cli("reception", "unassign", name, "--reason", "typing error", operator="sato")
        self.assertEqual(by_id(self.clinic, name)["assignment"]["state"],
                         "ASSIGNMENT_STATE_UNASSIGNED")
        self.clinic.cli("reception", "cancel", name, "--reason", "test", operator="sato")
        self.assertEqual(by_id(self.clinic, name)["state"], "RECEPTION_STATE_CANCELLED")
        moment = self.clinic.cli("reception", "assign", name, "C-100", expect=1, operator="sato")
        self.assertIn("MDG-1402", moment.err)
        self.assertIn("CANCELLED", moment.err)

    def test_the_same_request_id_does_it_once(self):
        reception, _ = self.tap("dependant")
        words = ("reception", "cancel", reception["receptionId"], "--request-id", "once-1")
        first = self.clinic.cli(*words).messages[0]
        again = self.clinic.cli(*words).messages[0]
        self.assertEqual(first, again)
        self.clinic.kill_daemon()
        self.clinic.start_daemon()
        self.assertEqual(self.clinic.cli(*words).messages[0], first)
        other = self.clinic.cli(*words[:2], "another-reception", *words[3:], expect=2)
        self.assertIn("MDG-1002", other.err)

    def test_an_expected_patient_is_tied_to_the_chart(self):
        person = next(entry for entry in self.clinic.population()
                      if not entry.get("persona") and not entry.get("reference_number"))
        self.clinic.cli("reception", "expect", "C-777", "--counter", "front-1",
                        "--insurer", person["insurer_number"], "--symbol", person["symbol"],
                        "--number", person["number"], "--branch", person["branch"],
                        "--birth-date", person["birth_date"])
        known = len(self.clinic.receptions())
        # Not at another counter, once at the right one, and not a second time.
        results = []
        for terminal in (2, 1, 1):
            self.clinic.tap(patient=person["number_in_population"]
                            if "number_in_population" in person else person["patient"],
                            terminal=terminal)
            known += 1
            wait_until(lambda want=known: len(self.clinic.receptions()) == want)
            newest = max(self.clinic.receptions(), key=lambda entry: entry["openedAt"])
            results.append(newest["assignment"]["state"].removeprefix("ASSIGNMENT_STATE_"))
        self.assertEqual(results, ["UNASSIGNED", "EXPECTED", "UNASSIGNED"])

    def test_an_announcement_in_a_clerks_words(self):
        words = ("reception", "expect", "C-778", "--counter", "front-1", "--insurer", "０６９９０１２１",
                 "--symbol", "見本・１２", "--number", "３４５６", "--birth-date", "昭和55年1月15日")
        self.assertNotIn("warnings", self.clinic.cli(*words).messages[0])
        doubtful = [word.replace("０１２１", "０１２２") for word in words]
        self.assertEqual([warning["number"] for warning in
                          self.clinic.cli(*doubtful).messages[0]["warnings"]], ["MDG-1027"])
        self.assertIn("検証番号", self.clinic.cli(*doubtful, as_json=False).err)
        refused = self.clinic.cli(*words[:-1], "昭和55年2月30日", expect=2)
        self.assertIn("MDG-1023", refused.err)
        self.assertIn("birth_date", refused.err)

    def test_what_is_missing_is_asked_for(self):
        words = ("reception", "expect", "C-779", "--counter", "front-1", "--number", "3456")
        # Nobody at the keyboard: the daemon names the field.
        refused = self.clinic.cli(*words, as_json=False, expect=2)
        self.assertIn("MDG-1021", refused.err)
        self.assertIn("insured.insurer_number", refused.err)
        code, shown = self.clinic.typed(
            *words, answers=[("保険者番号", "０６９９０１２１"), ("生年月日", "S55.2.30"),
                             ("MDG-1023", None), ("生年月日", "S55.1.15")])
        self.assertEqual(code, 0, shown)
        self.assertNotIn("枝番", shown)

    def test_the_same_file_found_again_is_the_same_reception(self):
        reception, _ = self.tap("preschool")
        face = self.clinic.folder / "oqs" / "face"
        newest = max(face.glob("*.xml"), key=lambda path: path.stat().st_mtime_ns)
        (self.clinic.folder / "oqs" / "trash" / newest.name).write_bytes(newest.read_bytes())
        newest.unlink()
        self.tap("kouki-1wari")  # whatever comes later has been looked at later
        same = [entry for entry in self.clinic.receptions()
                if entry["receptionId"] == reception["receptionId"]]
        self.assertEqual(len(same), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
