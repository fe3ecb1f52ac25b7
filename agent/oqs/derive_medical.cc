#include "agent/oqs/derive_medical.h"

#include <utility>

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
  // Setting even an empty text makes one on an arena.
  if (!month.provider_kind_code().empty()) {
    line.set_provider_kind_code(month.provider_kind_code());
  }
  if (!month.own_site_code().empty()) line.set_own_site_code(month.own_site_code());
  if (!month.in_out_code().empty()) line.set_in_out_code(month.in_out_code());
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

// Puts `item` of a block into a line of the same record: a copy, or what the block held.
template <typename Item>
void Put(Item& item, bool move, Item& into) {
  if (move) {
    into.Swap(&item);
  } else {
    into = item;
  }
}

void AddLines(v1::DrugSource source, Months& months, bool move, v1::MedicalRecord& record) {
  for (v1::MonthBlock& month : months) {
    for (v1::DayBlock& day : *month.mutable_days()) {
      for (v1::DrugItem& drug : *day.mutable_drugs()) {
        v1::DrugLine& line = *record.mutable_drug_history()->add_drug_lines();
        FillDrugLine(source, month, day, line);
        Put(drug, move, *line.mutable_drug());
      }
      for (v1::TreatmentItem& treatment : *day.mutable_treatments()) {
        v1::TreatmentLine& line = *record.mutable_diagnosis_history()->add_treatment_lines();
        FillTreatmentLine(month, day, line);
        line.set_category(CategoryOfTreatment(treatment.treatment_class_code()));
        Put(treatment, move, *line.mutable_treatment());
      }
    }
  }
}

void AddAllLines(bool move, v1::MedicalRecord& record) {
  record.clear_drug_history();
  record.clear_diagnosis_history();
  AddLines(v1::DRUG_SOURCE_RECEIPT, *record.mutable_receipt_months(), move, record);
  AddLines(v1::DRUG_SOURCE_DISPENSING, *record.mutable_dispensing_months(), move, record);
  AddLines(v1::DRUG_SOURCE_PRESCRIPTION, *record.mutable_prescription_months(), move, record);
  if (record.has_drug_history()) MarkDuplicates(*record.mutable_drug_history());
}

bool SameProvider(const v1::Provider& a, const v1::Provider& b) {
  return a.code() == b.code() && a.name() == b.name();
}

bool SameDays(const v1::DayBlock& a, const v1::DayBlock& b) {
  return a.dispensed_on().text() == b.dispensed_on().text() &&
         a.prescribed_on().text() == b.prescribed_on().text();
}

bool SameMonths(const v1::MonthBlock& a, const v1::MonthBlock& b) {
  return a.month().text() == b.month().text() && SameProvider(a.provider(), b.provider()) &&
         SameProvider(a.prescriber(), b.prescriber()) &&
         a.provider_kind_code() == b.provider_kind_code() &&
         a.own_site_code() == b.own_site_code() && a.in_out_code() == b.in_out_code();
}

// What drugs and treatments have in common.
template <typename Line>
v1::MonthBlock MonthOf(const Line& line) {
  v1::MonthBlock month;
  if (line.has_provider()) *month.mutable_provider() = line.provider();
  month.set_own_site_code(line.own_site_code());
  month.set_in_out_code(line.in_out_code());
  if (line.has_month()) *month.mutable_month() = line.month();
  return month;
}

// The block a line goes to: the last one when it is of the same month and day.
v1::DayBlock& DayFor(v1::MonthBlock month, v1::DayBlock day, Months& months) {
  if (months.empty() || !SameMonths(months.Get(months.size() - 1), month)) {
    *months.Add() = std::move(month);
  }
  auto& days = *months.Mutable(months.size() - 1)->mutable_days();
  if (days.empty() || !SameDays(days.Get(days.size() - 1), day)) *days.Add() = std::move(day);
  return *days.Mutable(days.size() - 1);
}

Months& MonthsOf(v1::DrugSource source, v1::MedicalRecord& record) {
  switch (source) {
    case v1::DRUG_SOURCE_DISPENSING:
      return *record.mutable_dispensing_months();
    case v1::DRUG_SOURCE_PRESCRIPTION:
      return *record.mutable_prescription_months();
    default:
      return *record.mutable_receipt_months();
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

void DeriveLines(v1::MedicalRecord& record) { AddAllLines(false, record); }

void MoveLines(v1::MedicalRecord& record) { AddAllLines(true, record); }

void RebuildMonths(v1::MedicalRecord& record) {
  record.clear_receipt_months();
  record.clear_dispensing_months();
  record.clear_prescription_months();
  for (const v1::DrugLine& line : record.drug_history().drug_lines()) {
    v1::MonthBlock month = MonthOf(line);
    month.set_provider_kind_code(line.provider_kind_code());
    if (!SameProvider(line.prescriber(), line.provider())) {
      *month.mutable_prescriber() = line.prescriber();
    }
    v1::DayBlock day;
    if (line.has_dispensed_on()) *day.mutable_dispensed_on() = line.dispensed_on();
    if (line.has_prescribed_on()) *day.mutable_prescribed_on() = line.prescribed_on();
    Months& months = MonthsOf(line.source(), record);
    *DayFor(std::move(month), std::move(day), months).add_drugs() = line.drug();
  }
  for (const v1::TreatmentLine& line : record.diagnosis_history().treatment_lines()) {
    v1::DayBlock day;
    if (line.has_day()) *day.mutable_dispensed_on() = line.day();
    Months& months = *record.mutable_receipt_months();
    *DayFor(MonthOf(line), std::move(day), months).add_treatments() = line.treatment();
  }
}

}  // namespace madoguchi::oqs
