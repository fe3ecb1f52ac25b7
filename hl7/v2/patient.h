#ifndef MADOGUCHI_HL7_V2_PATIENT_H_
#define MADOGUCHI_HL7_V2_PATIENT_H_

#include "absl/strings/string_view.h"
#include "hl7/v2/assembly.h"
#include "madoguchi/v1/medical.pb.h"

// What both kinds of medical records share.
namespace madoguchi::hl7::v2 {

// Both must outlive what is returned.
Person PersonOf(const v1::PatientBlock& patient, const Options& options);

// The ZOQ segments of a medical record: what head, patient block and result hold besides what has
// fields, and unknown elements. `record`: the record's name in the OqsMessage,
// `checkup_history.`.
void AddLeftovers(const v1::MessageHeader& header, const v1::PatientBlock& patient,
                  const v1::OqsResult& result,
                  const google::protobuf::RepeatedPtrField<v1::UnknownElement>& unknown,
                  absl::string_view record, SegmentWriter& writer);

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_PATIENT_H_
