#include "agent/rpc/export_message.h"

#include <utility>

#include "agent/base/japan_time.h"
#include "agent/oqs/derive_medical.h"

namespace madoguchi::rpc {
namespace {

v1::OqsMessage AnswerOf(v1::MessageFamily family) {
  v1::OqsMessage message;
  message.set_family(family);
  message.set_role(v1::MESSAGE_ROLE_RESPONSE);
  return message;
}

// `record`: of `message`, with a head, a patient block and a result.
template <typename Record>
void FillHead(const ExportSubject& subject, v1::OqsMessage& message, Record& record) {
  const v1::Qualification& qualification = subject.qualification;
  *message.mutable_asked_for() = qualification;
  v1::MessageHeader& header = *record.mutable_header();
  header.set_medical_institution_code(subject.confirmation.header().medical_institution_code());
  *header.mutable_process_execution_time() =
      base::ParseOqsTime(base::FormatOqsTime(subject.fetched_at));
  v1::PatientBlock& patient = *record.mutable_patient();
  patient.set_name(qualification.name());
  patient.set_name_kana(qualification.name_kana());
  if (qualification.has_birth_date()) *patient.mutable_birth_date() = qualification.birth_date();
  patient.set_sex_code(qualification.sex1_code());
  patient.set_sex(qualification.sex1());
  record.mutable_result()->set_code("1");
}

}  // namespace

v1::OqsMessage ExportMessage(const v1::Confirmation& confirmation) {
  v1::OqsMessage message = AnswerOf(v1::MESSAGE_FAMILY_OQSSIQUC01);
  *message.mutable_confirmation() = confirmation;
  return message;
}

v1::OqsMessage ExportMessage(const ExportSubject& subject, v1::DrugHistory drugs) {
  v1::OqsMessage message = AnswerOf(v1::MESSAGE_FAMILY_YZKSIQUC01);
  v1::MedicalRecord& record = *message.mutable_medical_record();
  *record.mutable_drug_history() = std::move(drugs);
  FillHead(subject, message, record);
  oqs::RebuildMonths(record);
  return message;
}

v1::OqsMessage ExportMessage(const ExportSubject& subject, v1::DiagnosisHistory diagnoses) {
  v1::OqsMessage message = AnswerOf(v1::MESSAGE_FAMILY_YZKSIQUC01);
  v1::MedicalRecord& record = *message.mutable_medical_record();
  *record.mutable_diagnosis_history() = std::move(diagnoses);
  FillHead(subject, message, record);
  oqs::RebuildMonths(record);
  return message;
}

v1::OqsMessage ExportMessage(const ExportSubject& subject, v1::CheckupHistory checkups) {
  v1::OqsMessage message = AnswerOf(v1::MESSAGE_FAMILY_TKKSIQUC01);
  *message.mutable_checkup_history() = std::move(checkups);
  FillHead(subject, message, *message.mutable_checkup_history());
  return message;
}

}  // namespace madoguchi::rpc
