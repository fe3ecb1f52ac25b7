#ifndef MADOGUCHI_AGENT_RPC_WIRE_CHECK_H_
#define MADOGUCHI_AGENT_RPC_WIRE_CHECK_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace madoguchi::rpc {

// Largest request, in bytes: what gRPC itself lets in (accept/server_options.h), so that a field
// that is too long is named instead of the whole message.
inline constexpr size_t kMostRequestBytes = size_t{1} << 20;

// Parses the bytes of a request. gRPC's own parsing answers UNIMPLEMENTED to bytes that do not
// parse and names nothing; this names the string field that is not UTF-8 (MDG-1001), or the message
// as a whole when it is too large, cut or nested too deeply.
absl::Status ParseRequest(absl::string_view bytes, google::protobuf::Message& request);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_WIRE_CHECK_H_
