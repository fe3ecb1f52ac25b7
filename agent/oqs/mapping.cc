#include "agent/oqs/mapping.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/oqs/element.h"

namespace madoguchi::oqs {
namespace {

absl::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kText:
      return "text";
    case Kind::kCode:
      return "code";
    case Kind::kDate:
      return "date";
    case Kind::kMonth:
      return "month";
    case Kind::kTime:
      return "time";
    case Kind::kPercent:
      return "percent";
    case Kind::kGroup:
      return "group";
    case Kind::kRepeated:
      return "repeated";
    case Kind::kTexts:
      return "texts";
  }
  return "";
}

absl::string_view ConfidenceName(Confidence confidence) {
  switch (confidence) {
    case Confidence::kTwoSources:
      return "2+";
    case Confidence::kOneSource:
      return "1";
    case Confidence::kInferred:
      return "inferred";
    case Confidence::kAssumption:
      return "assumption";
  }
  return "";
}

// The `[]` of a repeated field stands at its end, unless it is inside.
std::string FieldOf(const Element& element, const std::string& record) {
  if (element.field.empty()) return "";
  const bool many = element.kind == Kind::kRepeated || element.kind == Kind::kTexts;
  const bool marked = absl::StrContains(element.field, "[]");
  return absl::StrCat(record, element.field, many && !marked ? "[]" : "");
}

// Nests as deep as the table does (9).
void Append(Scope scope, absl::string_view message, const std::string& path,
            const std::string& record, std::vector<MappingRow>& rows) {
  for (const Element& element : ElementsOf(scope)) {
    const std::string inner_path = absl::StrCat(path, "/", element.name);
    const std::string field = FieldOf(element, record);
    rows.push_back({message, inner_path, field, KindName(element.kind), element.codes,
                    std::string(element.meaning_ja), std::string(element.meaning_en),
                    ConfidenceName(element.confidence)});
    if (element.kind == Kind::kGroup || element.kind == Kind::kRepeated) {
      Append(element.inner, message, inner_path, field.empty() ? record : absl::StrCat(field, "."),
             rows);
    }
  }
}

std::vector<MappingRow> Mapping(absl::string_view message, Scope root, const std::string& record) {
  std::vector<MappingRow> rows;
  Append(root, message, std::string(kRootName), record, rows);
  return rows;
}

}  // namespace

std::vector<MappingRow> ResponseMapping() {
  return Mapping("OQSsiquc01res", Scope::kResponse, "confirmation.");
}

std::vector<MappingRow> RequestMapping() { return Mapping("OQSsiquc01req", Scope::kRequest, ""); }

std::vector<MappingRow> BatchRequestMapping() {
  return Mapping("OQSmuquc01req", Scope::kBatchRequest, "");
}

std::vector<MappingRow> BatchAnswerMapping() {
  return Mapping("OQSmuquc02res", Scope::kBatchAnswer, "batch_answer.");
}

std::vector<MappingRow> RegistrationBatchMapping() {
  return Mapping("OQSmuimm02res", Scope::kRegistrationBatch, "batch_answer.");
}

std::vector<MappingRow> RegistrationAnswerMapping() {
  return Mapping("OQSsiimm01res", Scope::kRegistrationAnswer, "registration_answer.");
}

std::vector<MappingRow> MedicalMapping() {
  return Mapping("YZKsiquc01res", Scope::kMedical, "medical_record.");
}

std::vector<MappingRow> CheckupMapping() {
  return Mapping("TKKsiquc01res", Scope::kCheckups, "checkup_history.");
}

std::vector<MappingRow> InformationRequestMapping() {
  return Mapping("YZKsiquc01req", Scope::kInformationRequest, "information_query.");
}

std::vector<std::vector<MappingRow>> AllMappings() {
  return {RequestMapping(),
          ResponseMapping(),
          BatchRequestMapping(),
          BatchAnswerMapping(),
          RegistrationBatchMapping(),
          RegistrationAnswerMapping(),
          InformationRequestMapping(),
          MedicalMapping(),
          CheckupMapping()};
}

}  // namespace madoguchi::oqs
