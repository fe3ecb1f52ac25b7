#ifndef MADOGUCHI_HL7_V2_ADT_H_
#define MADOGUCHI_HL7_V2_ADT_H_

#include "absl/status/statusor.h"
#include "hl7/v2/message.h"
#include "madoguchi/v1/confirmation.pb.h"

namespace madoguchi::hl7::v2 {

// As ConvertConfirmation, with the head of the answer it came in, and its place among several
// messages (from 1).
absl::StatusOr<Message> WriteAdt(const v1::Confirmation& confirmation,
                                 const v1::MessageHeader& header, int place,
                                 const Options& options);

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_ADT_H_
