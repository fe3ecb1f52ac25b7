#include "tests/rpc/record_answers.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/message.h"

namespace madoguchi::rpc {
namespace {

void FillPatient(const records::Question& question, bool wrong, v1::PatientBlock& patient) {
  patient.set_name(wrong ? "架空桃子" : question.qualification.name());
  *patient.mutable_birth_date() = question.qualification.birth_date();
  patient.set_sex_code(question.qualification.sex1_code());
}

template <typename Record>
void FillHead(const records::Question& question, bool wrong, Record& record) {
  record.mutable_header()->set_medical_institution_code(question.medical_institution_code);
  record.mutable_header()->set_arbitrary_file_identifier("000101");
  record.mutable_result()->set_code("1");
  FillPatient(question, wrong, *record.mutable_patient());
}

void FillLines(int drug_lines, v1::MedicalRecord& record) {
  v1::MonthBlock& month = *record.add_receipt_months();
  month.mutable_provider()->set_code("9940000012");
  month.mutable_provider()->set_name("架空薬局");
  *month.mutable_month() = base::ParseOqsDate("202602");
  v1::DayBlock& day = *month.add_days();
  *day.mutable_dispensed_on() = base::ParseOqsDate("20260205");
  for (int i = 0; i < drug_lines; ++i) {
    v1::DrugItem& drug = *day.add_drugs();
    drug.set_treatment_class_code("21");
    drug.set_drug_code(absl::StrCat("69990000", i));
    drug.set_drug_name(absl::StrCat("架空錠", i));
  }
  for (int i = 0; i < kDiagnosisLines + kOperationLines; ++i) {
    v1::TreatmentItem& treatment = *day.add_treatments();
    treatment.set_treatment_class_code(i < kDiagnosisLines ? "60" : "50");
    treatment.set_treatment_code(absl::StrCat("16000000", i));
    treatment.set_treatment_name(absl::StrCat("架空検査", i));
  }
}

void FillCheckup(v1::CheckupHistory& record) {
  v1::Checkup& checkup = *record.add_checkups();
  *checkup.mutable_examined_on() = base::ParseOqsDate("20250610");
  v1::CheckupItem& item = *checkup.add_items();
  item.set_item_code("3D046000001920402");
  item.set_item_name("HbA1c");
  item.set_data_value("5.4");
}

}  // namespace

absl::StatusOr<records::Answer> MakeAnswer(const records::Question& question, bool wrong,
                                           int drug_lines) {
  const records::KindFacts& facts = records::FactsOf(question.kind);
  records::Answer answer;
  answer.identifier = "000101";
  answer.file_name = absl::StrCat(facts.family, "siquc01res_1", facts.document ? ".pdf" : ".xml");
  if (facts.document) {
    answer.bytes = absl::StrCat("%PDF-1.4 ", std::string(kDocumentBytes - 9, 'p'));
    return answer;
  }
  v1::OqsMessage message;
  message.set_role(v1::MESSAGE_ROLE_RESPONSE);
  if (question.kind == records::Kind::kCheckup) {
    message.set_family(v1::MESSAGE_FAMILY_TKKSIQUC01);
    FillHead(question, wrong, *message.mutable_checkup_history());
    FillCheckup(*message.mutable_checkup_history());
  } else {
    message.set_family(v1::MESSAGE_FAMILY_YZKSIQUC01);
    FillHead(question, wrong, *message.mutable_medical_record());
    FillLines(drug_lines, *message.mutable_medical_record());
  }
  const auto bytes = oqs::WriteMessage(message, oqs::Encoding::kUtf8);
  if (!bytes.ok()) return bytes.status();
  answer.bytes = *bytes;
  return answer;
}

}  // namespace madoguchi::rpc
