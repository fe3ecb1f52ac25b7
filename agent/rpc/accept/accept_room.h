#ifndef MADOGUCHI_AGENT_RPC_ACCEPT_ACCEPT_ROOM_H_
#define MADOGUCHI_AGENT_RPC_ACCEPT_ACCEPT_ROOM_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/rpc/peer.h"

namespace grpc {
class Server;
class ServerBuilder;
class ServerContextBase;
}  // namespace grpc

namespace madoguchi::rpc {

class TlsIdentity;

// How many connections are let in, and how long they may stay silent. A connection is *unproven*
// until a call arrives on it: whoever only connects, or never finishes the TLS handshake, stays so.
// The *owner* of a connection is the uid (UNIX) or the remote address (TCP).
struct AcceptLimits {
  int total = 0;
  int per_owner = 0;
  int unproven = 0;
  absl::Duration unproven_unix = absl::Seconds(60);
  absl::Duration unproven_tcp = absl::Seconds(20);
  // A descriptor number that told who a caller is names nobody else for this long.
  absl::Duration quarantine = absl::Seconds(5);
  // Calls a second, over two seconds, after which a connection is cut (HTTP/2 rapid reset).
  int calls_per_second = 20'000;
  // Private range of descriptor numbers for UNIX connections.
  int first_number = 0;
  int numbers = 0;

  // For a process that may have `descriptors` open (RLIMIT_NOFILE). Each connection takes two
  // until gRPC has let go of it; 160 are left for files, the database and gRPC itself.
  static AcceptLimits For(int descriptors);
};

// Raises the soft limit of open descriptors as far as the hard one allows, at most to `wanted`.
// Returns the limit that holds now. At the start of a program.
int RaiseDescriptorLimit(int wanted = 16'384);

struct AcceptOptions {
  // Empty: no UNIX listener. At most 107 bytes.
  std::string unix_path = {};
  mode_t unix_mode = 0600;
  // HOST:PORT or [IPV6]:PORT, port 0 for any free one; empty: no TCP listener.
  std::string tcp_address = {};
  // Needed with tcp_address. The room looks for changed files every `reload_every`.
  std::shared_ptr<TlsIdentity> tls = {};
  absl::Duration reload_every = absl::Seconds(5);
  // nullopt: AcceptLimits::For(the process's RLIMIT_NOFILE).
  std::optional<AcceptLimits> limits = {};
  // Time since any fixed moment, never going back; for tests. Empty: the machine's.
  std::function<absl::Duration()> now = {};
};

// Since the start, except the first three.
struct AcceptStatus {
  int unix_connections = 0;
  int tcp_connections = 0;
  int unproven = 0;
  uint64_t accepted = 0;
  // Cut to make room for another one, because no call came in time, for too many calls.
  uint64_t cut_for_room = 0;
  uint64_t cut_silent = 0;
  uint64_t cut_excessive = 0;
  // Turned away because all others were in use, or because descriptors ran out.
  uint64_t refused = 0;
};

// The only door into the daemon. gRPC 1.51 stops listening for good when descriptors run out
// (CVE-2023-4785) and does not know who is on a UNIX socket, so the room accepts by itself, on one
// thread, and hands each connection over by descriptor. It keeps a duplicate of each, so that any
// can be cut at any time. When a limit is reached the oldest unproven connection makes room:
// idle connections can never lock out a client that really calls.
//
// Order: Open, Attach, BuildAndStart, Start ... StopListening, CutAll, Server::Shutdown, destroy.
// The room outlives the server's calls and its thread ends before the server is destroyed: destroy
// the room, or call Stop, between Shutdown and the end of the server.
class AcceptRoom final : public PeerDirectory {
 public:
  // Binds both listeners; a connection waits until Start. A socket file nobody answers on is
  // replaced; MDG-1602 when a daemon answers there, MDG-1603 with the address otherwise.
  static absl::StatusOr<std::unique_ptr<AcceptRoom>> Open(AcceptOptions options);
  // Stops.
  ~AcceptRoom() override;

  // Before BuildAndStart: gives the server the TLS credentials and notices every call (takes the
  // builder's interceptors). Ordinary services, health and reflection are all noticed.
  void Attach(grpc::ServerBuilder& builder);
  // Begins to accept. `server` was built by the attached builder.
  absl::Status Start(grpc::Server* server);

  // The address of the TCP listener with its real port; empty without one.
  std::string TcpAddress() const;
  int TcpPort() const;
  const std::string& UnixPath() const;

  // From PeerDirectory. Read it when the call begins: once the connection is gone, and the
  // quarantine over, its number may name another one.
  std::optional<Peer> Find(const grpc::ServerContextBase& context) const override;
  // A call has arrived on this connection. Any thread, does not block. The attached interceptor
  // does this; only servers without it need it.
  void MarkProven(const grpc::ServerContextBase& context);

  // Any thread.
  AcceptStatus Status() const;

  // Closes the listeners and removes the socket file if it is still ours; open connections stay.
  // Idempotent, not from a gRPC thread.
  void StopListening();
  // Cuts every connection: calls on them end as if the peer had gone. Any thread.
  void CutAll();
  // StopListening, CutAll, ends the thread. Idempotent.
  void Stop();

 private:
  class Impl;
  explicit AcceptRoom(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_ACCEPT_ACCEPT_ROOM_H_
