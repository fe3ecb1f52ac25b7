#include "agent/oqs/derive_medical.h"

#include "absl/strings/ascii.h"
#include "agent/oqs/duplicates.h"

namespace madoguchi::oqs {
namespace {

using Months = google::protobuf::RepeatedPtrField<v1::MonthBlock>;

// Medical (1) and dental (3) institutions prescribe; what else stands there is no prescriber.
bool MayPrescribe(absl::string_view code) {
  return code.size() > 2 && (code[2] == '1' || code[2] == '3');
}

// Fills in place: a line may be on an arena, where a move is a copy.
void FillDrugLine(v1::DrugSource source, const v1::MonthBlock& month, const v1::DayBlock& day,
                  v1::DrugLine& line) {
  line.set_source(source);
  if (month.has_provider()) *line.mutable_provider() = month.provider();
  if (MayPrescribe(month.prescriber().code())) {
    *line.mutable_prescriber() = month.prescriber();
  } else if (month.has_provider()) {
    *line.mutable_prescriber() = month.provider();
  }
  line.set_provider_kind_code(month.provider_kind_code());
  line.set_own_site_code(month.own_site_code());
  line.set_in_out_code(month.in_out_code());
  if (month.has_month()) *line.mutable_month() = month.month();
  if (day.has_dispensed_on()) *line.mutable_dispensed_on() = day.dispensed_on();
  if (day.has_prescribed_on()) *line.mutable_prescribed_on() = day.prescribed_on();
}

void FillTreatmentLine(const v1::MonthBlock& month, const v1::DayBlock& day,
                       v1::TreatmentLine& line) {
  if (month.has_provider()) *line.mutable_provider() = month.provider();
  line.set_own_site_code(month.own_site_code());
  line.set_in_out_code(month.in_out_code());
  if (month.has_month()) *line.mutable_month() = month.month();
  if (day.has_dispensed_on()) *line.mutable_day() = day.dispensed_on();
}

void AddLines(v1::DrugSource source, const Months& months, v1::MedicalRecord& record) {
  for (const v1::MonthBlock& month : months) {
    for (const v1::DayBlock& day : month.days()) {
      for (const v1::DrugItem& drug : day.drugs()) {
        v1::DrugLine& line = *record.mutable_drug_history()->add_drug_lines();
        FillDrugLine(source, month, day, line);
        *line.mutable_drug() = drug;
      }
      for (const v1::TreatmentItem& treatment : day.treatments()) {
        v1::TreatmentLine& line = *record.mutable_diagnosis_history()->add_treatment_lines();
        FillTreatmentLine(month, day, line);
        line.set_category(CategoryOfTreatment(treatment.treatment_class_code()));
        *line.mutable_treatment() = treatment;
      }
    }
  }
}

}  // namespace

v1::ConsentCategory CategoryOfTreatment(absl::string_view treatment_class) {
  if (treatment_class.size() != 2 || !absl::ascii_isdigit(treatment_class[0]) ||
      !absl::ascii_isdigit(treatment_class[1])) {
    return v1::CONSENT_CATEGORY_UNSPECIFIED;
  }
  return treatment_class[0] == '5' ? v1::CONSENT_CATEGORY_OPERATION
                                   : v1::CONSENT_CATEGORY_DIAGNOSIS;
}

void DeriveLines(v1::MedicalRecord& record) {
  record.clear_drug_history();
  record.clear_diagnosis_history();
  AddLines(v1::DRUG_SOURCE_RECEIPT, record.receipt_months(), record);
  AddLines(v1::DRUG_SOURCE_DISPENSING, record.dispensing_months(), record);
  AddLines(v1::DRUG_SOURCE_PRESCRIPTION, record.prescription_months(), record);
  if (record.has_drug_history()) MarkDuplicates(*record.mutable_drug_history());
}

}  // namespace madoguchi::oqs
