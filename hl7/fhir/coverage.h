#ifndef MADOGUCHI_HL7_FHIR_COVERAGE_H_
#define MADOGUCHI_HL7_FHIR_COVERAGE_H_

#include "absl/strings/string_view.h"
#include "hl7/fhir/bundle.h"
#include "hl7/fhir/identity.h"
#include "hl7/fhir/organization.h"
#include "madoguchi/v1/confirmation.pb.h"

// One Coverage of each qualification.
namespace madoguchi::hl7::fhir {

// Who pays: what an Organization of it is made of.
struct Payor {
  OrganizationKind kind = OrganizationKind::kInsurer;
  absl::string_view code;
  absl::string_view name;
};
Payor PayorOf(const v1::Qualification& qualification);

// The code of 保険種別: 1 医保, 2 国保, 7 後期高齢者, 8 公費, by the first two digits of the
// insurer number, which name the law; empty when these do not tell.
absl::string_view InsuranceCategory(const v1::Qualification& qualification);

// True for a qualification of public assistance.
bool IsPublicExpense(const v1::Qualification& qualification);

// Writes the entry. `payor` may be null.
Id WriteCoverage(Bundle& bundle, const v1::Qualification& qualification, v1::Validity validity,
                 const Id& patient, const Id* payor);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_COVERAGE_H_
