#ifndef MADOGUCHI_HL7_FHIR_JP_CORE_H_
#define MADOGUCHI_HL7_FHIR_JP_CORE_H_

#include <optional>

#include "absl/strings/string_view.h"

// The two dialects of JP Core. Profile URLs are the same in both; the systems of identifiers and
// codes are OIDs in one and URLs in the other (guide page "OIDマッピング表"), so that a record in
// one dialect does not conform to the other.
namespace madoguchi::hl7::fhir {

enum class JpCore { k1_2_0, k1_1_2 };

// `1.2.0` or `1.1.2`; nullopt for anything else.
std::optional<JpCore> ParseJpCore(absl::string_view version);

struct Dialect {
  JpCore version;
  // Identifiers.
  absl::string_view insurer_number;
  absl::string_view public_payer_number;
  // 7 digits of an institution.
  absl::string_view organization_number;
  absl::string_view rp_number;
  absl::string_view order_in_rp;
  // Codes.
  absl::string_view prefecture;
  absl::string_view fee_score_type;
  absl::string_view insurance_category;
  absl::string_view insured_person_category;
  absl::string_view merit9_unit;
  absl::string_view strength_type;
  absl::string_view specimen_profile;
};

// Lives for ever.
const Dialect& DialectOf(JpCore version);

// What no public standard has a system or an element for is named below here. A placeholder host:
// nobody is to look it up.
inline constexpr absl::string_view kLocalBase = "http://madoguchi.example.jp/fhir/";
// The start of a profile of JP Core, and of one of its extensions.
inline constexpr absl::string_view kProfileBase = "http://jpfhir.jp/fhir/core/StructureDefinition/";
inline constexpr absl::string_view kExtensionBase =
    "http://jpfhir.jp/fhir/core/Extension/StructureDefinition/";

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_JP_CORE_H_
