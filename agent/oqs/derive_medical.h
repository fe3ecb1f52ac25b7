#ifndef MADOGUCHI_AGENT_OQS_DERIVE_MEDICAL_H_
#define MADOGUCHI_AGENT_OQS_DERIVE_MEDICAL_H_

#include "absl/strings/string_view.h"
#include "madoguchi/v1/medical.pb.h"

// The lines of an answer with medical data, which its elements only hold in pieces.
namespace madoguchi::oqs {

// The consent a treatment of this class (診療識別) needs; see TreatmentLine.category.
v1::ConsentCategory CategoryOfTreatment(absl::string_view treatment_class);

// Makes drug_history and diagnosis_history anew from the month blocks: claims, then dispensing,
// then prescriptions, each in the order sent; one line per medicine or treatment, none left out.
void DeriveLines(v1::MedicalRecord& record);

// The same, but the lines take their medicines and treatments out of the blocks instead of copying
// them (Wanted::kLines).
void MoveLines(v1::MedicalRecord& record);

// The other way: makes the month blocks anew from the lines, for records that have nothing but
// lines, so that DeriveLines() gives the same lines again. Lines that stand one behind the other
// and agree in all but the medicine or treatment share a block. A prescriber who is the provider is
// left out: DeriveLines() puts the provider there.
void RebuildMonths(v1::MedicalRecord& record);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_DERIVE_MEDICAL_H_
