#include "agent/cli/json.h"

#include "agent/base/error.h"
#include "google/protobuf/util/json_util.h"

namespace madoguchi::cli {

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& message) {
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json).ok()) {
    return base::MakeError(base::ErrorCode::kInternal, {.what = "no JSON form"});
  }
  return json;
}

}  // namespace madoguchi::cli
