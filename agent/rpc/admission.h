#ifndef MADOGUCHI_AGENT_RPC_ADMISSION_H_
#define MADOGUCHI_AGENT_RPC_ADMISSION_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/reception/desk.h"
#include "agent/rpc/identity.h"
#include "agent/rpc/peer.h"
#include "agent/rpc/policy.h"

namespace grpc {
class ServerContextBase;
}

namespace madoguchi::rpc {

// The first thing every handler does: finds out who calls and whether this method is theirs.
// Any thread; everything given by reference outlives it.
class Admission {
 public:
  Admission(const PeerDirectory& peers, const IdentityTable& identities,
            const Authoriser& authoriser)
      : peers_(peers), identities_(identities), authoriser_(authoriser) {}

  // `method` as Authoriser::Check takes it. MDG-1101, 1102 and 1105 from there; MDG-1104 when the
  // method wants a person and metadata `madoguchi-operator` names none, MDG-1001 when it is
  // malformed.
  absl::StatusOr<reception::Caller> Admit(const grpc::ServerContextBase& context,
                                          absl::string_view method) const;

 private:
  const PeerDirectory& peers_;
  const IdentityTable& identities_;
  const Authoriser& authoriser_;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_ADMISSION_H_
