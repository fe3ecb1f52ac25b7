#ifndef MADOGUCHI_AGENT_RPC_ADMISSION_H_
#define MADOGUCHI_AGENT_RPC_ADMISSION_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/audit/trail.h"
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
            const Authoriser& authoriser, audit::Trail& trail)
      : peers_(peers), identities_(identities), authoriser_(authoriser), trail_(trail) {}

  // `method` as Authoriser::Check takes it. MDG-1101, 1102 and 1105 from there; MDG-1104 when the
  // method wants a person and metadata `madoguchi-operator` names none, MDG-1001 when it is
  // malformed. Refusals are noted in the audit trail.
  absl::StatusOr<reception::Caller> Admit(const grpc::ServerContextBase& context,
                                          absl::string_view method) const;

  // `status`, after the audit trail was told, from memory, when it refuses the caller
  // (PERMISSION_DENIED, UNAUTHENTICATED). For refusals that are found after Admit.
  absl::Status Refusal(const reception::Caller& caller, absl::string_view method,
                       const absl::Status& status) const;

 private:
  absl::StatusOr<reception::Caller> Decide(const grpc::ServerContextBase& context,
                                           absl::string_view method,
                                           const Identity* identity) const;

  const PeerDirectory& peers_;
  const IdentityTable& identities_;
  const Authoriser& authoriser_;
  audit::Trail& trail_;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_ADMISSION_H_
