#include "hl7/v2/patient.h"

#include "absl/strings/str_cat.h"
#include "hl7/v2/local.h"
#include "hl7/v2/standard.h"

namespace madoguchi::hl7::v2 {
namespace {

bool StandsInPid(const Leaf& leaf) {
  const Standard* row = FindStandard(leaf.record);
  if (row == nullptr) return false;
  if (row->form == Form::kDay) {
    return !DayText(static_cast<const v1::Date&>(*leaf.message)).empty();
  }
  return row->form != Form::kSex || !SexOf(leaf.text).empty();
}

}  // namespace

Person PersonOf(const v1::PatientBlock& patient, const Options& options) {
  return {.patient_id = options.patient_id,
          .name = patient.name(),
          .kana = patient.name_kana(),
          .birth_date = &patient.birth_date(),
          .sex_code = patient.sex_code()};
}

void AddLeftovers(const v1::MessageHeader& header, const v1::PatientBlock& patient,
                  const v1::OqsResult& result,
                  const google::protobuf::RepeatedPtrField<v1::UnknownElement>& unknown,
                  absl::string_view record, SegmentWriter& writer) {
  Leftovers leftovers(writer);
  leftovers.Add(header, absl::StrCat(record, "header."), StandsInPid);
  leftovers.Add(patient, absl::StrCat(record, "patient."), StandsInPid);
  leftovers.Add(result, absl::StrCat(record, "result."), StandsInPid);
  for (const v1::UnknownElement& each : unknown) leftovers.AddUnknown(each);
}

}  // namespace madoguchi::hl7::v2
