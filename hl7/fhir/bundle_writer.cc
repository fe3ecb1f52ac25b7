#include "hl7/fhir/bundle_writer.h"

#include "hl7/fhir/bundle.h"
#include "hl7/fhir/checkup.h"
#include "hl7/fhir/eligibility.h"
#include "hl7/fhir/medicine.h"
#include "hl7/fhir/patient.h"
#include "hl7/fhir/treatment.h"
#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {
namespace {

// What OQS says instead of data, or beside it.
void WriteOutcome(Bundle& bundle, const v1::OqsResult& result) {
  const bool success = result.code() == "1";
  if (IsBlank(result.message()) && (success || IsBlank(result.code()))) return;
  Json& json = bundle.json();
  Fingerprint fingerprint("OperationOutcome");
  fingerprint.Add(result.code()).Add(result.message());
  StartEntry(json, bundle.ids().Take(fingerprint), "OperationOutcome");
  json.Array("issue");
  json.Object();
  json.Members(success ? R"("severity":"information","code":"informational")"
                       : R"("severity":"error","code":"processing")");
  WriteConcept(json, "details", LocalSystem("oqs-result"), result.code(), result.message());
  json.EndObject();
  json.EndArray();
  EndEntry(json);
}

Person PersonOfRecord(const v1::OqsMessage& message, const v1::MessageHeader& header,
                      const v1::PatientBlock& patient) {
  if (!message.has_asked_for()) return PersonOf(patient);
  return PersonOf(message.asked_for(), header.medical_institution_code());
}

}  // namespace

struct BundleWriter::Rooms {
  explicit Rooms(JpCore version) : bundle(version), medicines(bundle) {}

  void WriteMedical(const v1::MessageHeader& header, const Person& person,
                    const v1::OqsResult& result, const v1::DrugHistory& drugs,
                    const v1::DiagnosisHistory& diagnoses, std::string& out) {
    bundle.Clear();
    const Id patient = IdOf(person);
    Fingerprint content("Medical");
    content.Add(patient).Add(result.code());
    medicines.TakeIds(drugs, patient, content);
    AddTreatments(diagnoses, content);
    bundle.Start(out, header, content);
    WritePatient(bundle.json(), person, patient);
    WriteOutcome(bundle, result);
    medicines.Write(drugs, patient);
    WriteTreatments(bundle, diagnoses, patient);
    bundle.Finish("薬剤・診療情報の変換");
  }

  void WriteCheckupBundle(const v1::MessageHeader& header, const Person& person,
                          const v1::CheckupHistory& checkups, std::string& out) {
    bundle.Clear();
    const Id patient = IdOf(person);
    Fingerprint content("Checkups");
    content.Add(patient).Add(checkups.result().code());
    AddCheckups(checkups, content);
    bundle.Start(out, header, content);
    WritePatient(bundle.json(), person, patient);
    WriteOutcome(bundle, checkups.result());
    WriteCheckups(bundle, checkups, patient);
    bundle.Finish("特定健診情報の変換");
  }

  Bundle bundle;
  Medicines medicines;
};

BundleWriter::BundleWriter(JpCore version) : rooms_(std::make_unique<Rooms>(version)) {}
BundleWriter::~BundleWriter() = default;

int BundleWriter::CountOf(const v1::OqsMessage& message) {
  switch (message.body_case()) {
    case v1::OqsMessage::kConfirmation:
    case v1::OqsMessage::kMedicalRecord:
    case v1::OqsMessage::kCheckupHistory:
      return 1;
    case v1::OqsMessage::kBatchAnswer: {
      int count = 0;
      for (const auto& unit : message.batch_answer().units()) count += unit.has_confirmation();
      return count;
    }
    default:
      return 0;
  }
}

void BundleWriter::Write(const v1::OqsMessage& message, int index, std::string& out) {
  switch (message.body_case()) {
    case v1::OqsMessage::kConfirmation:
      return WriteEligibility(rooms_->bundle, message.confirmation().header(),
                              message.confirmation(), out);
    case v1::OqsMessage::kMedicalRecord: {
      const v1::MedicalRecord& record = message.medical_record();
      return rooms_->WriteMedical(
          record.header(), PersonOfRecord(message, record.header(), record.patient()),
          record.result(), record.drug_history(), record.diagnosis_history(), out);
    }
    case v1::OqsMessage::kCheckupHistory: {
      const v1::CheckupHistory& history = message.checkup_history();
      return rooms_->WriteCheckupBundle(
          history.header(), PersonOfRecord(message, history.header(), history.patient()), history,
          out);
    }
    default:
      break;
  }
  const v1::BatchAnswer& batch = message.batch_answer();
  for (const auto& unit : batch.units()) {
    if (unit.has_confirmation() && index-- == 0) {
      return WriteEligibility(rooms_->bundle, batch.header(), unit.confirmation(), out);
    }
  }
  out.clear();
}

}  // namespace madoguchi::hl7::fhir
