#ifndef MADOGUCHI_AGENT_CLI_JSON_H_
#define MADOGUCHI_AGENT_CLI_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace madoguchi::cli {

// `message` as protobuf JSON on one line, unredacted: for the person or program that asked.
absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_JSON_H_
