"""Records in the formats of others, from the face reader through daemon, terminal and gate to a
client of ExportService: read back here by readers of their own, and never given without consent."""

import base64
import json
import pathlib
import unittest
import xml.etree.ElementTree as ElementTree

import grpc
import hl7
from recording import Records
from madoguchi.v1 import (codes_pb2, export_service_pb2 as api,
                          export_service_pb2_grpc as services, oqs_message_pb2)

from asking import number_of
from clinic import PATIENCE, Clinic

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "oqs"
WHAT = ("RECEPTION", "DRUG_HISTORY", "CHECKUPS", "DIAGNOSES")
FORMATS = ("FHIR_JP_CORE_1_2", "FHIR_JP_CORE_1_1", "HL7_V2_5", "JAHIS_TC08", "OQS_XML",
           "OQS_MESSAGE")
# Which of WHAT a format has.
FORMS = {"HL7_V2_5": WHAT[:3], "JAHIS_TC08": ("DRUG_HISTORY",)}


class Exports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.clinic = Clinic(init=("--patients", "20"))
        cls.addClassCleanup(cls.clinic.close)
        cls.clinic.start_sim("--answer-after", "50ms")
        cls.clinic.start_daemon()
        cls.records = Records(cls.clinic)
        cls.addClassCleanup(cls.records.channel.close)
        cls.stub = services.ExportServiceStub(cls.records.channel)

    def export(self, reception, what, form, options=()):
        return self.stub.ExportRecord(
            api.ExportRecordRequest(reception_id=reception,
                                    what=api.ExportWhat.Value("EXPORT_WHAT_" + what),
                                    format=api.ExportFormat.Value("EXPORT_FORMAT_" + form),
                                    options=options), timeout=PATIENCE)

    def refusal(self, *words):
        try:
            self.export(*words)
        except grpc.RpcError as error:
            return number_of(error)
        return None

    def message(self, reception, what):
        answer = self.export(reception, what, "OQS_MESSAGE")
        self.assertEqual('application/x-protobuf; messageType="madoguchi.v1.OqsMessage"',
                         answer.media_type)
        return oqs_message_pb2.OqsMessage.FromString(answer.body)

    def test_the_message_has_all_that_the_services_give(self):
        reception = self.records.tap(persona="valid-with-consents", consent="all")
        confirmation = self.records.get(reception).confirmation
        self.assertEqual(confirmation, self.message(reception, "RECEPTION").confirmation)
        of_person = confirmation.qualifications[0]
        drugs = self.message(reception, "DRUG_HISTORY")
        self.assertEqual(self.records.drugs(reception, include_duplicates=True).drug_history,
                         drugs.medical_record.drug_history)
        self.assertEqual(of_person, drugs.asked_for)
        self.assertEqual(of_person.name, drugs.medical_record.patient.name)
        self.assertEqual(confirmation.header.medical_institution_code,
                         drugs.medical_record.header.medical_institution_code)
        self.assertTrue(drugs.medical_record.header.process_execution_time.HasField("time"))
        self.assertFalse(drugs.medical_record.diagnosis_history.treatment_lines)
        self.assertFalse([one for month in drugs.medical_record.receipt_months
                          for day in month.days for one in day.treatments])
        self.assertEqual(self.records.checkups(reception).checkup_history.checkups,
                         self.message(reception, "CHECKUPS").checkup_history.checkups)
        self.assertEqual(self.records.diagnoses(reception).diagnosis_history,
                         self.message(reception, "DIAGNOSES").medical_record.diagnosis_history)

    def test_readers_of_others_read_every_format(self):
        reception = self.records.tap(persona="electronic-prescription", consent="all")
        name = self.records.get(reception).confirmation.qualifications[0].name
        lines = self.records.drugs(reception, include_duplicates=True).drug_history.drug_lines
        for what in WHAT:
            for form in FORMATS:
                with self.subTest(what=what, form=form):
                    if what not in FORMS.get(form, WHAT):
                        self.assertEqual("MDG-1311", self.refusal(reception, what, form))
                        continue
                    answer = self.export(reception, what, form)
                    # The same bytes again.
                    self.assertEqual(answer, self.export(reception, what, form))
                    if form.startswith("FHIR"):
                        self.assertEqual("Bundle", json.loads(answer.body)["resourceType"])
                    if form == "OQS_XML":
                        root = ElementTree.fromstring(answer.body)
                        self.assertIn(name, {each.text for each in root.iter()})
        read = self.hl7v2(self.export(reception, "DRUG_HISTORY", "HL7_V2_5"), "utf-8")
        self.assertEqual([len(lines)], [len(each.segments("RXE")) for each in read])
        self.assertEqual([line.drug.drug_name for line in lines],
                         [str(each[2][0][1]) for each in read[0].segments("RXE")])
        read = self.hl7v2(self.export(reception, "CHECKUPS", "HL7_V2_5", ("charset=iso-2022-jp",)),
                          "iso-2022-jp")
        items = [item for checkup in self.records.checkups(reception).checkup_history.checkups
                 for item in checkup.items]
        self.assertEqual(len(items), sum(len(each.segments("OBX")) for each in read))
        self.assertEqual({"ORU", "OUL"}, {str(each["MSH.F9.R1.C1"]) for each in read})
        notebook = self.export(reception, "DRUG_HISTORY", "JAHIS_TC08")
        rows = notebook.body.decode("cp932").split("\r\n")
        self.assertEqual("JAHISTC08,1", rows[0])
        given = [line for line in lines if not line.duplicate_of and
                 line.source != 3]  # prescriptions are not known to be dispensed
        self.assertEqual([line.drug.drug_name for line in given],
                         [row.split(",")[2] for row in rows if row.startswith("201,")])
        self.assertTrue([note for note in notebook.notes if "not known to be dispensed" in note])

    def hl7v2(self, answer, charset):
        """The messages of a body, divided by their sizes."""
        messages, at = [], 0
        for size in answer.message_sizes:
            messages.append(hl7.parse(answer.body[at:at + size].decode(charset)))
            at += size
        self.assertEqual(len(answer.body), at)
        return messages

    def test_without_consent_nothing_is_given_and_nobody_is_asked(self):
        reception = self.records.tap(persona="valid-without-consents", consent="none")
        self.assertTrue(self.export(reception, "RECEPTION", "OQS_MESSAGE").body)
        for what in WHAT[1:]:
            for form in FORMATS:
                if what in FORMS.get(form, WHAT):
                    self.assertEqual("MDG-2001", self.refusal(reception, what, form), (what, form))
        self.assertEqual([], [one for one in self.records.asked()
                              if one["identifier"].startswith(reception)])

    def test_each_category_opens_itself_only(self):
        reception = self.records.tap(persona="two-qualifications", consent="diagnosis")
        for form in FORMATS:
            self.assertEqual("MDG-2001", self.refusal(reception, "DRUG_HISTORY", form))
        record = self.message(reception, "DIAGNOSES").medical_record
        self.assertTrue(record.diagnosis_history.treatment_lines)
        self.assertEqual({codes_pb2.CONSENT_CATEGORY_DIAGNOSIS},
                         {line.category for line in record.diagnosis_history.treatment_lines})
        # The month blocks show the lines that are given, and no others.
        self.assertEqual([line.treatment for line in record.diagnosis_history.treatment_lines],
                         [one for month in record.receipt_months for day in month.days
                          for one in day.treatments])
        self.assertFalse([one for months in (record.receipt_months, record.dispensing_months,
                                             record.prescription_months)
                          for month in months for day in month.days for one in day.drugs])
        xml = self.export(reception, "DIAGNOSES", "OQS_XML").body.decode()
        self.assertNotIn("手術", xml)

    def test_taken_back_and_cancelled(self):
        older = self.records.tap(persona="elderly-2wari", consent="drug")
        self.export(older, "DRUG_HISTORY", "OQS_MESSAGE")
        self.records.tap(persona="elderly-2wari", consent="none")
        self.assertEqual("MDG-2003", self.refusal(older, "DRUG_HISTORY", "OQS_MESSAGE"))
        reception = self.records.tap(persona="limit-certificate", consent="drug")
        self.export(reception, "DRUG_HISTORY", "HL7_V2_5")
        self.records.cancel(reception)
        self.assertEqual("MDG-2003", self.refusal(reception, "DRUG_HISTORY", "HL7_V2_5"))


class CommandLine(unittest.TestCase):
    """`madoguchi export`, and `convert` into a storage."""

    @classmethod
    def setUpClass(cls):
        cls.clinic = Clinic(init=("--patients", "20"))
        cls.addClassCleanup(cls.clinic.close)
        cls.clinic.start_sim("--answer-after", "50ms")
        cls.clinic.start_daemon()
        cls.records = Records(cls.clinic)
        cls.addClassCleanup(cls.records.channel.close)

    def export(self, reception, *words, expect=0, as_json=False):
        return self.clinic.cli("export", reception, *words, as_json=as_json, expect=expect)

    def test_every_format_to_standard_output(self):
        reception = self.records.tap(persona="valid-with-consents", consent="all")
        name = self.records.get(reception).confirmation.qualifications[0].name
        bundle = self.export(reception, "--what", "reception", "--to", "fhir").out
        self.assertEqual(1, bundle.count("\n"))
        self.assertIn("JP_Patient", bundle)
        self.assertNotEqual(bundle, self.export(reception, "--what", "reception", "--to", "fhir",
                                                "--jp-core", "1.1.2").out)
        messages = self.export(reception, "--what", "checkups", "--to", "hl7v2")
        self.assertTrue(messages.out.startswith("MSH|"))
        self.assertEqual(2, messages.out.count("MSH|"))
        self.assertIn("|ADT^A04^ADT_A01|", self.export(
            reception, "--what", "reception", "--to", "hl7v2", "--event", "A04").out)
        xml = self.export(reception, "--what", "diagnoses", "--to", "xml").out
        self.assertIn(f"<Name>{name}</Name>", xml)

        said = self.export(reception, "--what", "drugs", "--to", "message", as_json=True).messages
        self.assertEqual(1, len(said))
        message = oqs_message_pb2.OqsMessage.FromString(base64.b64decode(said[0]["body"]))
        self.assertTrue(message.medical_record.drug_history.drug_lines)

    def test_into_a_file_for_its_owner(self):
        reception = self.records.tap(persona="electronic-prescription", consent="drug")
        out = self.clinic.folder / "notebook.csv"
        words = ("--what", "drugs", "--to", "jahis", "--output", str(out))
        said = self.export(reception, *words)
        self.assertEqual(0o600, out.stat().st_mode & 0o777)
        self.assertTrue(out.read_bytes().startswith(b"JAHISTC08,1\r\n"))
        self.assertIn(str(out), said.out)
        self.assertIn("left out", said.err)
        # Not over what is there, and then nobody is asked.
        out.write_text("mine")
        self.export(reception, *words, expect=2)
        self.assertEqual("mine", out.read_text())
        answer = self.export(reception, *words, "--force", as_json=True).messages
        self.assertNotIn("body", answer[0])
        self.assertIn("Shift_JIS", answer[0]["mediaType"])
        self.assertTrue(answer[0]["notes"])

    def test_wrong_use_and_refusals(self):
        reception = self.records.tap(persona="valid-without-consents", consent="none")
        out = self.clinic.folder / "never.json"
        refused = self.export(reception, "--what", "drugs", "--to", "fhir", "--output", str(out),
                              expect=1)
        self.assertIn("MDG-2001", refused.err)
        self.assertEqual("", refused.out)
        self.assertEqual([], list(self.clinic.folder.glob("never.json*")))
        for words, number in ((("--what", "diagnoses", "--to", "hl7v2"), "MDG-1311"),
                              (("--what", "reception", "--to", "jahis"), "MDG-1311"),
                              (("--what", "reception", "--to", "fhir", "--in1", "jahis"),
                               "MDG-1001"),
                              (("--what", "reception", "--to", "hl7v2", "--charset", "utf-16"),
                               "MDG-1001")):
            self.assertIn(number, self.export(reception, *words, expect=None).err, words)
        for words in (("--what", "reception"), ("--to", "fhir"),
                      ("--what", "all", "--to", "fhir"), ("--what", "drugs", "--to", "csv"),
                      ("--what", "drugs", "--to", "fhir", "--force")):
            self.export(reception, *words, expect=2)
        self.assertIn("--what", self.clinic.cli("export", "--help", as_json=False).out)

    def test_convert_into_a_storage(self):
        storage = self.clinic.folder / "9910000017"
        storage.mkdir()
        record = FIXTURES / "08-drug-info" / "res" / "YZKsiquc01res_022604100920000101.xml"
        words = ("convert", "--to", "ssmix2", "--storage", str(storage), "--time",
                 "20260410091500", "--patient-id", "1234")
        said = self.clinic.cli(*words, record, as_json=False)
        written = said.out.splitlines()
        self.assertTrue(written)
        for name in written:
            self.assertRegex(name, r"^000/000/0000001234/\d{8}/OMP-01/0000001234_\d{8}_OMP-01_"
                                   r"\d{15}_20260410091500000_-_1$")
            self.assertTrue((storage / name).read_bytes().startswith(b"MSH|"), name)
        self.assertEqual(len(written),
                         (storage / "SSMIXIDX.csv").read_bytes().count(b"\n"))
        # Once more: nothing is written anew.
        self.assertEqual(said.out, self.clinic.cli(*words, record, as_json=False).out)
        self.assertEqual(len(written), (storage / "SSMIXIDX.csv").read_bytes().count(b"\n"))
        # Whose it is nobody knows without a chart number; and one number is for one file.
        for wrong, expect in (((*words[:-2], record), 1), ((*words, record, record), 2),
                              (("convert", "--to", "ssmix2", record), 2)):
            self.clinic.cli(*wrong, as_json=False, expect=expect)

    def test_names_of_files_from_standard_input(self):
        record = FIXTURES / "08-drug-info" / "res" / "YZKsiquc01res_022604100920000101.xml"
        once = self.clinic.cli("convert", "--to", "fhir", record, as_json=False).out
        many = self.clinic.cli("convert", "--to", "fhir", "--files-from-stdin", as_json=False,
                               stdin=f"{record}\n" * 3)
        self.assertEqual(once * 3, many.out)
        missing = self.clinic.cli("convert", "--to", "fhir", "--files-from-stdin", as_json=False,
                                  stdin=f"nothing.xml\n{record}\n", expect=1)
        self.assertEqual(once, missing.out)
        self.assertIn("nothing.xml: MDG-", missing.err)
        self.clinic.cli("convert", "--to", "fhir", as_json=False, expect=2)


if __name__ == "__main__":
    unittest.main(verbosity=2)
