#ifndef MADOGUCHI_HL7_FHIR_CHECKUP_H_
#define MADOGUCHI_HL7_FHIR_CHECKUP_H_

#include "absl/strings/string_view.h"
#include "hl7/fhir/bundle.h"
#include "hl7/fhir/identity.h"
#include "madoguchi/v1/medical.pb.h"

namespace madoguchi::hl7::fhir {

// What an item of a checkup is, by its code (JLAC10, 17 characters): a measure of the body, a vital
// sign, a result of a laboratory, an answer to a question, or anything else.
enum class ItemKind { kExam, kBodyMeasurement, kVitalSign, kLaboratory, kSocialHistory };
ItemKind KindOfItem(absl::string_view item_code);

// Adds what tells histories apart.
void AddCheckups(const v1::CheckupHistory& history, Fingerprint& content);

// Of each checkup an Observation of each item, the Specimens laboratory items came from, and one
// DiagnosticReport of all.
void WriteCheckups(Bundle& bundle, const v1::CheckupHistory& history, const Id& patient);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_HL7_FHIR_CHECKUP_H_
