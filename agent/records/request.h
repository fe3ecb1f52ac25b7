#ifndef MADOGUCHI_AGENT_RECORDS_REQUEST_H_
#define MADOGUCHI_AGENT_RECORDS_REQUEST_H_

#include <string>

#include "absl/strings/string_view.h"
#include "agent/records/answer_rule.h"
#include "madoguchi/v1/oqs_message.pb.h"

namespace madoguchi::records {

// The question as a message for OQS (section 9.1 of the interface): the identifiers of the very
// qualification whose consent was looked at, the months, what kind of file is wanted, data of
// electronic prescriptions included, seen as an outpatient. `identifier` comes back in the answer.
// Pure.
v1::OqsMessage MakeRequest(const Question& question, absl::string_view identifier);

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_REQUEST_H_
