#include "agent/records/views.h"

#include <algorithm>

#include "agent/oqs/duplicates.h"
#include "google/protobuf/arena.h"

namespace madoguchi::records {
namespace {

bool IsIn(const v1::Date& month, const std::optional<Months>& months) {
  if (!months.has_value() || month.year() == 0 || month.month() < 1 || month.month() > 12) {
    return true;
  }
  return months->Contains(absl::CivilMonth(month.year(), month.month()));
}

bool IsCovered(v1::ConsentCategory category, const Coverage& coverage) {
  if (category == v1::CONSENT_CATEGORY_DIAGNOSIS || category == v1::CONSENT_CATEGORY_OPERATION) {
    return coverage.Covers(category);
  }
  return coverage.Covers(v1::CONSENT_CATEGORY_DIAGNOSIS) &&
         coverage.Covers(v1::CONSENT_CATEGORY_OPERATION);
}

}  // namespace

DrugView ViewDrugs(const v1::MedicalRecord& record, const std::optional<Months>& months,
                   bool include_duplicates) {
  DrugView view;
  auto& lines = *view.history.mutable_drug_lines();
  for (const v1::DrugLine& line : record.drug_history().drug_lines()) {
    if (IsIn(line.month(), months)) *lines.Add() = line;
  }
  oqs::MarkDuplicates(view.history);
  const auto is_duplicate = [](const v1::DrugLine& line) { return line.duplicate_of() != 0; };
  view.duplicates = static_cast<int>(std::count_if(lines.begin(), lines.end(), is_duplicate));
  if (!include_duplicates && view.duplicates > 0) {
    // What is left has no marks: the line a mark names is never a duplicate itself.
    lines.erase(std::remove_if(lines.begin(), lines.end(), is_duplicate), lines.end());
  }
  return view;
}

DiagnosisView ViewDiagnoses(const v1::MedicalRecord& record, const Coverage& coverage,
                            const std::optional<Months>& months) {
  DiagnosisView view;
  for (const v1::TreatmentLine& line : record.diagnosis_history().treatment_lines()) {
    if (!IsIn(line.month(), months)) continue;
    if (IsCovered(line.category(), coverage)) {
      *view.history.add_treatment_lines() = line;
    } else {
      ++view.withheld_lines;
    }
  }
  return view;
}

v1::CheckupHistory ViewCheckups(const v1::CheckupHistory& record) {
  v1::CheckupHistory view;
  *view.mutable_checkups() = record.checkups();
  return view;
}

void Slim(Kind kind, v1::MedicalRecord& record) {
  // A record asked for its medicines has no use for anything else it may hold, and the other way.
  // Moved aside within its arena, if any, while all else is cleared, fields yet to come among it.
  google::protobuf::Arena* const arena = record.GetArena();
  if (kind == Kind::kDrug) {
    auto* const kept = google::protobuf::Arena::CreateMessage<v1::DrugHistory>(arena);
    kept->Swap(record.mutable_drug_history());
    record.Clear();
    record.unsafe_arena_set_allocated_drug_history(kept);
  } else {
    auto* const kept = google::protobuf::Arena::CreateMessage<v1::DiagnosisHistory>(arena);
    kept->Swap(record.mutable_diagnosis_history());
    record.Clear();
    record.unsafe_arena_set_allocated_diagnosis_history(kept);
  }
}

}  // namespace madoguchi::records
