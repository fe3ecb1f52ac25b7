#ifndef MADOGUCHI_HL7_FHIR_QUANTITY_H_
#define MADOGUCHI_HL7_FHIR_QUANTITY_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "hl7/fhir/jp_core.h"
#include "hl7/fhir/json.h"
#include "hl7/fhir/values.h"

// Amounts with their units.
namespace madoguchi::hl7::fhir {

// The code of MERIT-9 (医薬品単位略号) of a unit as claims write it; empty for a unit that is not
// in the list.
absl::string_view Merit9Code(absl::string_view unit);

// The code of UCUM of a unit as checkups write it; empty when we know none.
absl::string_view UcumCode(absl::string_view unit);

// An amount of a medicine that JP Core's quantity can hold: a number, and a unit that is a code.
struct MedicineAmount {
  ShortText value;
  absl::string_view unit;
};
std::optional<MedicineAmount> MedicineAmountOf(absl::string_view amount, absl::string_view unit);
// As the member `key`. A unit outside MERIT-9 is a code of our list `oqs-unit`: itself.
void WriteMedicineAmount(Json& json, const Dialect& dialect, absl::string_view key,
                         const MedicineAmount& amount);

// `{"value":n,"unit":"日",...}` as the member `key`.
void WriteDays(Json& json, absl::string_view key, absl::string_view days);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_QUANTITY_H_
