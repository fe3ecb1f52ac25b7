#ifndef MADOGUCHI_AGENT_RPC_STATUS_MAP_H_
#define MADOGUCHI_AGENT_RPC_STATUS_MAP_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace madoguchi::rpc {

// Largest google.rpc.Status that leaves the daemon, in bytes: with base64 and the message beside it
// it stays under the 8 KB of metadata every gRPC client accepts.
inline constexpr size_t kMostDetailBytes = 4096;

// What a client is told of `status`: code and `MDG-nnnn text` as message, and the ErrorDetail in a
// google.rpc.Status as error details. A status that carries no ErrorDetail becomes MDG-1005
// INTERNAL without its text, which may hold anything.
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_STATUS_MAP_H_
