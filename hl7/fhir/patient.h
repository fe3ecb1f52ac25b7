#ifndef MADOGUCHI_HL7_FHIR_PATIENT_H_
#define MADOGUCHI_HL7_FHIR_PATIENT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "hl7/fhir/identity.h"
#include "hl7/fhir/json.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "madoguchi/v1/medical.pb.h"

// The person a record is about.
namespace madoguchi::hl7::fhir {

// What OQS says about a person; points into a record.
struct Person {
  absl::string_view name;
  // Half or full width.
  absl::string_view name_kana;
  absl::string_view name_of_other;
  absl::string_view name_of_other_kana;
  v1::Sex sex = v1::SEX_UNSPECIFIED;
  absl::string_view sex_code;
  const v1::Date* birth_date = &v1::Date::default_instance();
  absl::string_view address;
  absl::string_view post_number;
  // The site's own number, and the 10 digits of that site.
  absl::string_view reference_number;
  absl::string_view institution;
  // As MemberId() makes it; empty when there is none.
  std::string member_id;
};

Person PersonOf(const v1::Qualification& qualification, absl::string_view institution);
Person PersonOf(const v1::PatientBlock& patient);
// All a question tells.
Person PersonOf(const v1::EligibilityQuery& query);

// 被保険者個人識別子: `保険者番号:記号:番号:枝番`, the insurer number filled up to 8 digits, symbol
// and number both in one width and without spaces, a missing part empty, the last colon always
// there. Empty without a number.
std::string MemberId(const v1::InsuredId& insured);

Id IdOf(const Person& person);
// One entry.
void WritePatient(Json& json, const Person& person, const Id& id);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_PATIENT_H_
