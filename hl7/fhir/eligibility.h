#ifndef MADOGUCHI_HL7_FHIR_ELIGIBILITY_H_
#define MADOGUCHI_HL7_FHIR_ELIGIBILITY_H_

#include <string>

#include "hl7/fhir/bundle.h"
#include "madoguchi/v1/confirmation.pb.h"

namespace madoguchi::hl7::fhir {

// A Bundle of one answer about a person: Patient, Coverage of each qualification, Organizations,
// CoverageEligibilityRequest and Response, Consents. `header`: of the message the answer came in.
void WriteEligibility(Bundle& bundle, const v1::MessageHeader& header,
                      const v1::Confirmation& confirmation, std::string& out);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_ELIGIBILITY_H_
