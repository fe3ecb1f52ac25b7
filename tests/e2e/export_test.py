"""Records in the formats of others, from the face reader through daemon, terminal and gate to a
client of ExportService: read back here by readers of their own, and never given without consent."""

import json
import unittest
import xml.etree.ElementTree as ElementTree

import grpc
import hl7
from recording import Records
from madoguchi.v1 import (codes_pb2, export_service_pb2 as api,
                          export_service_pb2_grpc as services, oqs_message_pb2)

from asking import number_of
from clinic import PATIENCE, Clinic

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


if __name__ == "__main__":
    unittest.main(verbosity=2)
