#ifndef MADOGUCHI_HL7_FHIR_CONSENT_H_
#define MADOGUCHI_HL7_FHIR_CONSENT_H_

#include "hl7/fhir/bundle.h"
#include "hl7/fhir/identity.h"
#include "madoguchi/v1/confirmation.pb.h"

namespace madoguchi::hl7::fhir {

// The patient's answer about one category, as OQS echoes it. `coverage`: of the qualification that
// says so; the same answer of two qualifications is two resources.
Id WriteConsent(Bundle& bundle, const v1::Consent& consent, const Id& patient, const Id& coverage);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_CONSENT_H_
