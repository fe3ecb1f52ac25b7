#ifndef MADOGUCHI_HL7_FHIR_CERTIFICATES_H_
#define MADOGUCHI_HL7_FHIR_CERTIFICATES_H_

#include "hl7/fhir/json.h"
#include "madoguchi/v1/confirmation.pb.h"

namespace madoguchi::hl7::fhir {

// The `item` of an `insurance` of a CoverageEligibilityResponse: what the patient pays, and the
// certificates and tickets of a qualification. Nothing when there are none.
void WriteItems(Json& json, const v1::Qualification& qualification);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_CERTIFICATES_H_
