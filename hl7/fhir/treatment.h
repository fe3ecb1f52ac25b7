#ifndef MADOGUCHI_HL7_FHIR_TREATMENT_H_
#define MADOGUCHI_HL7_FHIR_TREATMENT_H_

#include "hl7/fhir/bundle.h"
#include "hl7/fhir/identity.h"
#include "madoguchi/v1/medical.pb.h"

namespace madoguchi::hl7::fhir {

// Adds what tells histories apart.
void AddTreatments(const v1::DiagnosisHistory& history, Fingerprint& content);

// A Procedure of each line of a history of diagnoses and operations: what they say is an act of
// care that was claimed, never a diagnosis.
void WriteTreatments(Bundle& bundle, const v1::DiagnosisHistory& history, const Id& patient);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_TREATMENT_H_
