#include "agent/oqs/mapping.h"

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

// Nests as deep as the table does (9).
void Append(Scope scope, const std::string& path, const std::string& record,
            std::vector<MappingRow>& rows) {
  for (const Element& element : ElementsOf(scope)) {
    const std::string inner_path = absl::StrCat(path, "/", element.name);
    const std::string field =
        element.field.empty()
            ? ""
            : absl::StrCat(record, element.field, element.kind == Kind::kRepeated ? "[]" : "");
    rows.push_back({inner_path, field, KindName(element.kind), element.codes,
                    std::string(element.meaning_ja), std::string(element.meaning_en),
                    ConfidenceName(element.confidence)});
    if (element.kind == Kind::kGroup || element.kind == Kind::kRepeated) {
      Append(element.inner, inner_path, field.empty() ? record : absl::StrCat(field, "."), rows);
    }
  }
}

std::vector<MappingRow> Mapping(Scope root, const std::string& record) {
  std::vector<MappingRow> rows;
  Append(root, std::string(kRootName), record, rows);
  return rows;
}

}  // namespace

std::vector<MappingRow> ResponseMapping() { return Mapping(Scope::kResponse, "confirmation."); }

std::vector<MappingRow> RequestMapping() { return Mapping(Scope::kRequest, ""); }

std::vector<MappingRow> MedicalMapping() { return Mapping(Scope::kMedical, "medical_record."); }

std::vector<MappingRow> CheckupMapping() { return Mapping(Scope::kCheckups, "checkup_history."); }

std::vector<MappingRow> InformationRequestMapping() {
  return Mapping(Scope::kInformationRequest, "information_query.");
}

}  // namespace madoguchi::oqs
