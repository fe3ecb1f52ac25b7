#ifndef MADOGUCHI_HL7_FHIR_NAMES_H_
#define MADOGUCHI_HL7_FHIR_NAMES_H_

#include "absl/strings/string_view.h"
#include "madoguchi/v1/codes.pb.h"

// What codes of OQS are called (tables OQSCD006 to 018), for the people who read a resource. Empty
// for a code nobody knows.
namespace madoguchi::hl7::fhir {

absl::string_view NameOf(v1::Validity value);
absl::string_view NameOf(v1::ReasonOfLoss value);
absl::string_view NameOf(v1::InsuredCardClassification value);
absl::string_view NameOf(v1::LimitCertificateKind value);
absl::string_view NameOf(v1::LimitCategory value);
absl::string_view NameOf(v1::SpecificDisease value);
absl::string_view NameOf(v1::TicketType value);
absl::string_view NameOf(v1::MedicalTreatmentType value);
// What is consented to: `薬剤情報の閲覧同意`.
absl::string_view NameOf(v1::ConsentCategory value);
// The first part of the names of OQS's elements of a consent: `PharmacistsInfo`.
absl::string_view ElementOf(v1::ConsentCategory value);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_NAMES_H_
