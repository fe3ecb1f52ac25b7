#ifndef MADOGUCHI_AGENT_BASE_REDACT_H_
#define MADOGUCHI_AGENT_BASE_REDACT_H_

#include <string>

#include "google/protobuf/message.h"

namespace madoguchi::base {

// `message` on one line, every field marked `personal` or `secret` in the .proto as ***, at most
// 2,000 bytes. The only way a message may be printed outside the CLI and exports.
std::string Redacted(const google::protobuf::Message& message);

}  // namespace madoguchi::base

#endif  // MADOGUCHI_AGENT_BASE_REDACT_H_
