#include "hl7/fhir/quantity.h"

namespace madoguchi::hl7::fhir {
namespace {

struct UnitRow {
  absl::string_view unit;
  absl::string_view code;
};

// JP Core's CodeSystem of MERIT-9 units, in both widths where claims use either.
constexpr UnitRow kMerit9[] = {
    {"錠", "TAB"},        {"カプセル", "CAP"},
    {"包", "PCK"},        {"ｇ", "G"},
    {"g", "G"},           {"ｍＬ", "ML"},
    {"mL", "ML"},         {"枚", "SHT"},
    {"本", "HON"},        {"個", "KO"},
    {"瓶", "BTL"},        {"管", "TUBE"},
    {"筒", "PIPE"},       {"キット", "KIT"},
    {"袋", "BAG"},        {"ｍｇ", "MG"},
    {"mg", "MG"},         {"アンプル", "AMP"},
    {"バイアル", "VIL"},  {"シリンジ", "SYRG"},
    {"回", "TIME"},       {"回分", "DOSE"},
    {"単位", "UNT"},      {"国際単位", "IUNT"},
    {"丸", "PILL"},       {"滴", "DROP"},
    {"シート", "SHET"},   {"ブリスター", "BLST"},
    {"トローチ", "TROC"}, {"缶", "CAN"},
    {"容器", "VSL"},      {"μｇ", "MCG"},
    {"μL", "MCL"},        {"Ｌ", "L"},
    {"L", "L"},           {"ｋｇ", "KG"},
    {"ｃｍ２", "CM2"},    {"ｃｍ", "CM"},
    {"ｍ", "M"},          {"箱", "BOX"},
    {"巻", "ROLL"},       {"組", "PARI"},
    {"セット", "SET"},    {"千単位", "TUNT"},
    {"万単位", "TTUN"},   {"万国際単位", "TTIU"},
    {"ｍＥｑ", "MEQ"},    {"ＭＢｑ", "MGBQ"},
};

constexpr UnitRow kUcum[] = {
    {"cm", "cm"},
    {"kg", "kg"},
    {"kg/m2", "kg/m2"},
    {"mm[Hg]", "mm[Hg]"},
    {"mmHg", "mm[Hg]"},
    {"mg/dL", "mg/dL"},
    {"mg/dl", "mg/dL"},
    {"g/dL", "g/dL"},
    {"g/dl", "g/dL"},
    {"%", "%"},
    {"U/L", "U/L"},
    {"U/l", "U/L"},
    {"IU/L", "[IU]/L"},
    {"mL/min/1.73m2", "mL/min/{1.73_m2}"},
    {"10*4/mm3", "10*4/mm3"},
    {"10*6/uL", "10*6/uL"},
    {"/uL", "/uL"},
    {"ng/mL", "ng/mL"},
    {"ng/ml", "ng/mL"},
};

template <size_t N>
absl::string_view CodeIn(const UnitRow (&rows)[N], absl::string_view unit) {
  for (const UnitRow& row : rows) {
    if (row.unit == unit) return row.code;
  }
  return {};
}

}  // namespace

absl::string_view Merit9Code(absl::string_view unit) { return CodeIn(kMerit9, unit); }

absl::string_view UcumCode(absl::string_view unit) { return CodeIn(kUcum, unit); }

std::optional<MedicineAmount> MedicineAmountOf(absl::string_view amount, absl::string_view unit) {
  const auto value = DecimalOf(amount);
  if (!value || !IsCode(unit)) return std::nullopt;
  return MedicineAmount{*value, unit};
}

void WriteMedicineAmount(Json& json, const Dialect& dialect, absl::string_view key,
                         const MedicineAmount& amount) {
  const absl::string_view code = Merit9Code(amount.unit);
  if (!code.empty()) {
    json.Members({"\"", key, "\":{\"value\":", amount.value.view(), ",\"unit\":\"", amount.unit,
                  "\",\"system\":\"", dialect.merit9_unit, "\",\"code\":\"", code, "\"}"});
    return;
  }
  json.Object(key);
  json.Number("value", amount.value.view());
  json.Text("unit", amount.unit);
  const System system = LocalSystem("oqs-unit");
  json.Plain("system", system.base, system.name);
  json.Text("code", amount.unit);
  json.EndObject();
}

void WriteDays(Json& json, absl::string_view key, absl::string_view days) {
  json.Members({"\"", key, "\":{\"value\":", days,
                R"(,"unit":"日","system":"http://unitsofmeasure.org","code":"d"})"});
}

}  // namespace madoguchi::hl7::fhir
