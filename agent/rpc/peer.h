#ifndef MADOGUCHI_AGENT_RPC_PEER_H_
#define MADOGUCHI_AGENT_RPC_PEER_H_

#include <sys/types.h>

#include <optional>
#include <string>

namespace grpc {
class ServerContextBase;
}

namespace madoguchi::rpc {

// Who is at the other end of a connection, as the machine or the TLS handshake vouches for it.
struct Peer {
  enum class Kind { kUnix, kTls };
  Kind kind = Kind::kUnix;
  // kUnix: SO_PEERCRED.
  uid_t uid = 0;
  pid_t pid = 0;
  // kTls: common name of the client certificate.
  std::string common_name;
};

// Finds the peer of a call; read once, when the call begins.
class PeerDirectory {
 public:
  virtual ~PeerDirectory() = default;
  // Any thread, does not block. nullopt: the connection is not (or no longer) one of ours.
  virtual std::optional<Peer> Find(const grpc::ServerContextBase& context) const = 0;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_PEER_H_
