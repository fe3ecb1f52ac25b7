#include "hl7/fhir/jp_core.h"

namespace madoguchi::hl7::fhir {
namespace {

constexpr Dialect k120 = {
    .version = JpCore::k1_2_0,
    .insurer_number = "http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsurerNumber",
    .public_payer_number = "http://jpfhir.jp/fhir/core/mhlw/IdSystem/PublicPayerNumber",
    .organization_number = "http://jpfhir.jp/fhir/core/mhlw/IdSystem/MedicalOrganizationID",
    .rp_number = "http://jpfhir.jp/fhir/core/mhlw/IdSystem/Medication-RPGroupNumber",
    .order_in_rp = "http://jpfhir.jp/fhir/core/mhlw/IdSystem/MedicationAdministrationIndex",
    .prefecture = "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/PrefectureNo-2digits",
    .fee_score_type = "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationFeeScoreType",
    .insurance_category = "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/InsuranceMajorCategory",
    .insured_person_category = "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/InsuredPersonCategory",
    .merit9_unit = "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationUnitMERIT9Code",
    .strength_type =
        "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/MedicationIngredientStrengthStrengthType",
    .specimen_profile = "JP_Specimen_Common",
};

constexpr Dialect k112 = {
    .version = JpCore::k1_1_2,
    .insurer_number = "urn:oid:1.2.392.100495.20.3.61",
    .public_payer_number = "urn:oid:1.2.392.100495.20.3.71",
    .organization_number = "urn:oid:1.2.392.100495.20.3.23",
    .rp_number = "urn:oid:1.2.392.100495.20.3.81",
    .order_in_rp = "urn:oid:1.2.392.100495.20.3.82",
    .prefecture = "urn:oid:1.2.392.100495.20.3.21",
    .fee_score_type = "urn:oid:1.2.392.100495.20.3.22",
    .insurance_category = "urn:oid:1.2.392.100495.20.2.61",
    .insured_person_category = "urn:oid:1.2.392.100495.20.2.62",
    .merit9_unit = "urn:oid:1.2.392.100495.20.2.101",
    .strength_type = "urn:oid:1.2.392.100495.20.2.22",
    .specimen_profile = "JP_Specimen",
};

}  // namespace

std::optional<JpCore> ParseJpCore(absl::string_view version) {
  if (version == "1.2.0") return JpCore::k1_2_0;
  if (version == "1.1.2") return JpCore::k1_1_2;
  return std::nullopt;
}

const Dialect& DialectOf(JpCore version) { return version == JpCore::k1_2_0 ? k120 : k112; }

}  // namespace madoguchi::hl7::fhir
