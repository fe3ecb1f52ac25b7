#ifndef MADOGUCHI_AGENT_OQS_DERIVE_H_
#define MADOGUCHI_AGENT_OQS_DERIVE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "agent/oqs/message.h"
#include "madoguchi/v1/oqs_message.pb.h"

// Fields of the record that no element carries. The reader fills them, the writer ignores them.
namespace madoguchi::oqs {

// An insurer number without padding: spaces around it dropped; of 8 digits that begin with two
// zeros the last 6 (a 6-digit number filled up: the first two of a real 8-digit number are its kind
// of law, which is never 00). Anything else as it is.
std::string TrimInsurerNumber(absl::string_view number);

// Percent out of `020`: up to 3 digits of at most 100; 0 for anything else.
int ParsePercent(absl::string_view text);

// Fills every derived field of a message that was just read: trimmed insurer numbers, full-width
// readings, placeholder marks, notices, the day a request asks for, lines of medical records; puts
// consents into the order of their categories.
void Derive(v1::OqsMessage& message, Wanted wanted = Wanted::kAll);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_DERIVE_H_
