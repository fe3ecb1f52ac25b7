#include "hl7/fhir/checkup.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "hl7/fhir/extensions.h"
#include "hl7/fhir/quantity.h"
#include "hl7/fhir/values.h"

namespace madoguchi::hl7::fhir {
namespace {

// Items of 特定健診 have codes of their own in the frame of JLAC10.
constexpr absl::string_view kItemSystem = "urn:oid:1.2.392.200119.6.1005";

struct KindRow {
  absl::string_view profile;
  // Of JP_SimpleObservationCategory_CS.
  absl::string_view category;
};

KindRow RowOf(ItemKind kind) {
  switch (kind) {
    case ItemKind::kBodyMeasurement:
      return {"JP_Observation_BodyMeasurement", "body-measurement"};
    case ItemKind::kVitalSign:
      return {"JP_Observation_VitalSigns", "vital-signs"};
    case ItemKind::kLaboratory:
      return {"JP_Observation_LabResult", "laboratory"};
    case ItemKind::kSocialHistory:
      return {"JP_Observation_SocialHistory", "social-history"};
    case ItemKind::kExam:
      break;
  }
  return {"JP_Observation_Common", "exam"};
}

// A number with what compares: `<5`, `5以下`, `100.0以上`.
struct Compared {
  absl::string_view comparator;
  ShortText value;
};

std::optional<Compared> ComparedOf(absl::string_view text) {
  struct Mark {
    absl::string_view text;
    absl::string_view comparator;
    bool before;
  };
  constexpr Mark kMarks[] = {{"<=", "<=", true},    {">=", ">=", true},   {"≦", "<=", true},
                             {"≧", ">=", true},     {"<", "<", true},     {">", ">", true},
                             {"＜", "<", true},     {"＞", ">", true},    {"以下", "<=", false},
                             {"以上", ">=", false}, {"未満", "<", false}, {"超", ">", false}};
  absl::string_view comparator;
  for (const Mark& mark : kMarks) {
    const bool found =
        mark.before ? absl::ConsumePrefix(&text, mark.text) : absl::ConsumeSuffix(&text, mark.text);
    if (!found) continue;
    comparator = mark.comparator;
    break;
  }
  const auto value = DecimalOf(absl::StripAsciiWhitespace(text));
  if (!value) return std::nullopt;
  return Compared{comparator, *value};
}

// `1.2.392.200119.6.2102`: a system of codes.
bool IsOid(absl::string_view text) {
  if (text.size() < 3 || text.size() > 64 || text.front() < '0' || text.front() > '2') return false;
  if (text[1] != '.' || text.back() == '.') return false;
  char before = '.';
  for (const char c : text) {
    const bool digit = absl::ascii_isdigit(static_cast<unsigned char>(c));
    if (!digit && (c != '.' || before == '.')) return false;
    before = c;
  }
  return true;
}

// JLAC10 in its frame of 17: what was examined stands at 10 to 12.
absl::string_view MaterialOf(absl::string_view item_code) {
  return item_code.size() == 17 ? item_code.substr(9, 3) : absl::string_view();
}

class CheckupWriter {
 public:
  CheckupWriter(Bundle& bundle, const Id& patient)
      : bundle_(bundle), json_(bundle.json()), patient_(patient) {}

  void Write(const v1::Checkup& checkup) {
    items_.clear();
    specimens_.clear();
    for (const auto& item : checkup.items()) WriteItem(checkup, item);
    WriteReport(checkup);
  }

 private:
  Id SpecimenOf(const v1::Checkup& checkup, absl::string_view material) {
    const auto [place, is_new] = specimens_.try_emplace(material);
    if (!is_new) return place->second;
    Fingerprint fingerprint("Specimen");
    fingerprint.Add(patient_).Add(checkup.examined_on()).Add(material);
    const Id id = bundle_.ids().Take(fingerprint);
    place->second = id;
    StartEntry(json_, id, "Specimen", bundle_.dialect().specimen_profile);
    WriteConcept(json_, "type", LocalSystem("jlac10-material"), material);
    WriteReference(json_, "subject", patient_);
    EndEntry(json_);
    return id;
  }

  void WriteItem(const v1::Checkup& checkup, const v1::CheckupItem& item) {
    ItemKind kind = KindOfItem(item.item_code());
    // What JP Core demands of results of a laboratory.
    const bool complete = IsCode(item.item_code()) && !IsBlank(item.item_name()) &&
                          DateOf(checkup.examined_on()).has_value();
    if (kind == ItemKind::kLaboratory && !complete) kind = ItemKind::kExam;
    const bool laboratory = kind == ItemKind::kLaboratory;
    const Id specimen = laboratory ? SpecimenOf(checkup, MaterialOf(item.item_code())) : Id{};
    Fingerprint fingerprint("Observation");
    fingerprint.Add(patient_).Add(checkup.examined_on()).Add(item.item_code());
    fingerprint.Add(item.item_name()).Add(item.data_value()).Add(item.data_value_name());
    const Id id = bundle_.ids().Take(fingerprint);
    bundle_.AddTarget(id);
    items_.push_back(id);

    const KindRow row = RowOf(kind);
    StartEntry(json_, id, "Observation", row.profile);
    WriteItemExtensions(item);
    json_.Members(R"("status":"final")");
    json_.Array("category");
    json_.Object();
    json_.Array("coding");
    WriteCoding(json_, {},
                {"http://jpfhir.jp/fhir/core/CodeSystem/JP_SimpleObservationCategory_CS"},
                row.category);
    json_.EndArray();
    json_.EndObject();
    json_.EndArray();
    WriteItemCode(item);
    WriteReference(json_, "subject", patient_);
    WriteDate(json_, "effectiveDateTime", checkup.examined_on());
    WriteValue(item);
    if (laboratory) WriteReference(json_, "specimen", specimen);
    EndEntry(json_);
  }

  void WriteItemCode(const v1::CheckupItem& item) {
    json_.Object("code");
    if (!IsBlank(item.item_code())) {
      json_.Array("coding");
      WriteCoding(json_, {}, {kItemSystem}, item.item_code(), item.item_name());
      json_.EndArray();
    }
    if (!IsBlank(item.item_name())) {
      json_.Text("text", item.item_name());
    } else if (IsBlank(item.item_code())) {
      WriteUnknown(json_, "text");
    }
    json_.EndObject();
  }

  // How a value is written: by its type, as far as the value is one.
  enum class Form { kAbsent, kQuantity, kConcept, kString };

  static Form FormOf(const v1::CheckupItem& item) {
    const bool coded = item.data_type() == "CD" || item.data_type() == "CO";
    if (coded && (!IsBlank(item.data_value()) || !IsBlank(item.data_value_name()))) {
      return Form::kConcept;
    }
    if (IsBlank(item.data_value()) && IsBlank(item.data_value_name())) return Form::kAbsent;
    if (item.data_type() == "PQ" && ComparedOf(item.data_value())) return Form::kQuantity;
    return Form::kString;
  }

  void WriteItemExtensions(const v1::CheckupItem& item) {
    const Form form = FormOf(item);
    Extensions extensions(json_);
    // Where the form of the value does not tell.
    const bool told =
        (form == Form::kQuantity) || (form == Form::kString && item.data_type() == "ST");
    if (!told) extensions.Code("DataType", "oqs-data-type", item.data_type());
    if (form != Form::kQuantity) extensions.Text("Unit", item.unit());
    if (form != Form::kConcept || !IsOid(item.oid())) extensions.Text("Oid", item.oid());
    // Names belong to coded values; others have no place for them.
    const bool named =
        form == Form::kConcept || (form == Form::kString && IsBlank(item.data_value()));
    if (!named) extensions.Text("DataValueName", item.data_value_name());
  }

  void WriteValue(const v1::CheckupItem& item) {
    switch (FormOf(item)) {
      case Form::kAbsent:
        json_.Members(
            R"("dataAbsentReason":{"coding":[{"system":)"
            R"("http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"unknown"}]})");
        return;
      case Form::kQuantity:
        return WriteQuantity(*ComparedOf(item.data_value()), item.unit());
      case Form::kConcept:
        return WriteCoded(item);
      case Form::kString:
        json_.Text("valueString",
                   IsBlank(item.data_value()) ? item.data_value_name() : item.data_value());
    }
  }

  void WriteQuantity(const Compared& compared, absl::string_view unit) {
    json_.Object("valueQuantity");
    json_.Number("value", compared.value.view());
    if (!compared.comparator.empty()) json_.Plain("comparator", compared.comparator);
    json_.Text("unit", unit);
    const absl::string_view code = UcumCode(unit);
    if (!code.empty()) {
      json_.Members(R"("system":"http://unitsofmeasure.org")");
      json_.Plain("code", code);
    }
    json_.EndObject();
  }

  void WriteCoded(const v1::CheckupItem& item) {
    json_.Object("valueCodeableConcept");
    if (!IsBlank(item.data_value())) {
      json_.Array("coding");
      const System system =
          IsOid(item.oid()) ? System{"urn:oid:", item.oid()} : LocalSystem("oqs-checkup-value");
      WriteCoding(json_, {}, system, item.data_value(), item.data_value_name());
      json_.EndArray();
    }
    json_.Text("text", item.data_value_name());
    json_.EndObject();
  }

  void WriteReport(const v1::Checkup& checkup) {
    Fingerprint fingerprint("DiagnosticReport");
    fingerprint.Add(patient_).Add(checkup.examined_on());
    for (const Id& item : items_) fingerprint.Add(item);
    const Id id = bundle_.ids().Take(fingerprint);
    bundle_.AddTarget(id);
    StartEntry(json_, id, "DiagnosticReport", "JP_DiagnosticReport_Common");
    json_.Members(R"("status":"final","category":[{"coding":[{"system":"http://loinc.org",)"
                  R"("code":"LP29693-6","display":"Laboratory"}]}],"code":{"coding":[{"system":)"
                  R"("http://jpfhir.jp/fhir/Common/CodeSystem/doc-typecodes","code":"53576-5",)"
                  R"("display":"検診・健診報告書"}],"text":"特定健康診査 結果"})");
    WriteReference(json_, "subject", patient_);
    WriteDate(json_, "effectiveDateTime", checkup.examined_on());
    if (!items_.empty()) {
      json_.Array("result");
      for (const Id& item : items_) WriteReferenceItem(json_, item);
      json_.EndArray();
    }
    EndEntry(json_);
  }

  Bundle& bundle_;
  Json& json_;
  const Id& patient_;
  // Of the checkup that is written.
  std::vector<Id> items_;
  absl::flat_hash_map<absl::string_view, Id> specimens_;
};

}  // namespace

ItemKind KindOfItem(absl::string_view item_code) {
  if (item_code.size() != 17) return ItemKind::kExam;
  // The first digit of JLAC10 names the field: 1 to 8 examine what was taken from a body.
  if (item_code.front() >= '1' && item_code.front() <= '8') return ItemKind::kLaboratory;
  if (item_code.substr(0, 3) == "9A7") return ItemKind::kVitalSign;
  for (const absl::string_view measure : {"9N001", "9N006", "9N011", "9N016", "9N021", "9N026"}) {
    if (item_code.substr(0, 5) == measure) return ItemKind::kBodyMeasurement;
  }
  if (item_code.substr(0, 3) == "9N7") return ItemKind::kSocialHistory;
  return ItemKind::kExam;
}

void AddCheckups(const v1::CheckupHistory& history, Fingerprint& content) {
  for (const auto& checkup : history.checkups()) {
    content.Add(checkup.examined_on().text());
    for (const auto& item : checkup.items()) {
      content.Add(item.item_code()).Add(item.item_name()).Add(item.data_value());
      content.Add(item.data_value_name());
    }
  }
}

void WriteCheckups(Bundle& bundle, const v1::CheckupHistory& history, const Id& patient) {
  CheckupWriter writer(bundle, patient);
  for (const auto& checkup : history.checkups()) writer.Write(checkup);
}

}  // namespace madoguchi::hl7::fhir
