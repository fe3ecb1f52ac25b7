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

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_DERIVE_MEDICAL_H_
