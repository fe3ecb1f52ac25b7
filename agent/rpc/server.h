#ifndef MADOGUCHI_AGENT_RPC_SERVER_H_
#define MADOGUCHI_AGENT_RPC_SERVER_H_

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/audit/trail.h"
#include "agent/base/clock.h"
#include "agent/reception/desk.h"
#include "agent/records/keeper.h"
#include "agent/rpc/accept/accept_room.h"
#include "agent/rpc/accept/tls.h"
#include "agent/rpc/identity.h"
#include "agent/rpc/reader_functions.h"
#include "agent/rpc/status_source.h"
#include "agent/rpc/watch_hub.h"

namespace madoguchi::rpc {

struct ServerOptions {
  // Empty: no UNIX listener.
  std::string unix_path;
  mode_t unix_mode = 0600;
  // HOST:PORT, port 0 for any free one; empty: no TCP listener. With it, `tls` is needed: there is
  // no TCP without mutual TLS.
  std::string tcp_address;
  TlsFiles tls;
  // The program calls SetTlsCiphers with the same value at its start.
  bool tls13_only = false;
  // nullopt: from the limit of open descriptors.
  std::optional<AcceptLimits> limits;
  std::vector<ClientConfig> clients;
  // Every configured counter.
  std::vector<std::string> counters;
  WatchOptions watch;
  // nullptr: MedicalRecordService is not served. Outlives the server's Stop.
  records::Keeper* keeper = nullptr;
  ReaderFunctions readers;
};

// The gRPC server of the daemon: listeners, services, health, reflection. It has three threads of
// its own besides gRPC's and the accept room's: `rpc-watch` (wakes streams, timers), `rpc-read`
// (what blocks on the disk) and `rpc-audit` (reads the audit trail).
class Server {
 public:
  // `desk`, `trail` and `clock` outlive the server and the desk runs while it does. `status` is
  // asked on gRPC's threads: from memory only.
  Server(ServerOptions options, reception::Desk& desk, audit::Trail& trail, base::Clock& clock,
         StatusFunction status);
  // Stops, with 2 s of patience.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens and serves. MDG-1601 a client list that contradicts itself, MDG-1602 and 1603 from the
  // listeners, MDG-1801 from the certificates. Blocks while it proves the TLS listener (at most
  // 5 s). Once.
  absl::Status Start();

  // The desk has new events (and so a new status). Any thread, returns at once; also before Start
  // and after Stop.
  void NotifyEvent();
  // The status has changed. Like NotifyEvent.
  void NotifyStatus();

  // Says NOT_SERVING, stops listening, ends every stream with MDG-1004, lets calls finish for up to
  // 1 s and cuts what remains. About `patience` at most. Idempotent; not from a gRPC thread.
  void Stop(absl::Duration patience);

  // What GetStatus says about the listeners; any thread. Addresses are empty when not configured.
  v1::ListenerStatus UnixListener() const;
  v1::ListenerStatus TcpListener() const;
  // Open streams.
  int Watchers() const;
  // HOST:PORT with the real port; empty without a TCP listener.
  std::string TcpAddress() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_SERVER_H_
