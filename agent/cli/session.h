#ifndef MADOGUCHI_AGENT_CLI_SESSION_H_
#define MADOGUCHI_AGENT_CLI_SESSION_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <memory>
#include <string>

#include "agent/cli/commands.h"
#include "agent/client/channel.h"

namespace madoguchi::cli {

inline absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const Global& global) {
  return client::Dial({global.target, global.certificate, global.key, global.ca});
}

// Deadline and person of one call.
inline void Prepare(const Global& global, grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(static_cast<int>(global.timeout_seconds * 1000)));
  if (!global.person.empty()) context.AddMetadata("madoguchi-operator", global.person);
}

// One unary call: `method` is a member of `Stub`. Fills `response` when OK.
template <typename Stub, typename Request, typename Response>
absl::Status Call(const Global& global, Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response& response) {
  grpc::ClientContext context;
  Prepare(global, context);
  return client::FromGrpc((stub.*method)(&context, request, &response));
}

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_SESSION_H_
