#ifndef MADOGUCHI_AGENT_RPC_POLICY_H_
#define MADOGUCHI_AGENT_RPC_POLICY_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "agent/rpc/identity.h"
#include "google/protobuf/descriptor.h"
#include "madoguchi/v1/options.pb.h"

namespace madoguchi::rpc {

// Every service of madoguchi.v1 this program knows.
std::vector<const google::protobuf::ServiceDescriptor*> ApiServices();

// Who may call what, read from the `policy` options of the descriptors. Immutable: any thread.
class Authoriser {
 public:
  explicit Authoriser(const std::vector<const google::protobuf::ServiceDescriptor*>& services);

  // `method`: full name with dots, e.g. `madoguchi.v1.SystemService.GetStatus`. `identity` may be
  // nullptr. MDG-1105 for a method that is unknown or has no policy, MDG-1101 for nobody, MDG-1102
  // for somebody without a role the policy names (field: those roles).
  absl::Status Check(absl::string_view method, const Identity* identity) const;

  // nullptr: unknown, or without policy.
  const v1::MethodPolicy* Policy(absl::string_view method) const;

 private:
  absl::flat_hash_map<std::string, v1::MethodPolicy> policies_;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_POLICY_H_
