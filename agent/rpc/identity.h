#ifndef MADOGUCHI_AGENT_RPC_IDENTITY_H_
#define MADOGUCHI_AGENT_RPC_IDENTITY_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "agent/rpc/peer.h"
#include "madoguchi/v1/options.pb.h"

namespace madoguchi::rpc {

// One `[[client]]` of the configuration: who may connect and as what.
struct ClientConfig {
  // Names the identity in assignments and in the audit trail.
  std::string name;
  // A program on this machine, by the user it runs as.
  std::optional<uid_t> uid;
  // A program on the network, by the common name of its certificate.
  std::optional<std::string> common_name;
  std::vector<v1::Role> roles;
  // Counters it may see; empty: all.
  std::vector<std::string> counters;
};

// Who a peer is to the daemon.
struct Identity {
  std::string name;
  std::vector<v1::Role> roles;
  // Empty: all.
  std::vector<std::string> counters;
};

// Peer -> Identity. Immutable after Make, so any thread may ask.
class IdentityTable {
 public:
  // MDG-1601 when a client has no name, no role, neither uid nor common name, or when two clients
  // share one of them.
  static absl::StatusOr<IdentityTable> Make(const std::vector<ClientConfig>& clients);

  // nullptr: nobody of the configuration. Lives as long as the table.
  const Identity* Find(const Peer& peer) const;

 private:
  std::vector<Identity> identities_;
  absl::flat_hash_map<uid_t, size_t> by_uid_;
  absl::flat_hash_map<std::string, size_t> by_common_name_;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_IDENTITY_H_
