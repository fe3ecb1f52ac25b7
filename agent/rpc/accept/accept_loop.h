#ifndef MADOGUCHI_AGENT_RPC_ACCEPT_ACCEPT_LOOP_H_
#define MADOGUCHI_AGENT_RPC_ACCEPT_ACCEPT_LOOP_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/rpc/accept/connection_table.h"
#include "agent/rpc/accept/listener.h"
#include "agent/rpc/accept/tls.h"

namespace grpc {
class Server;
namespace experimental {
class ExternalConnectionAcceptor;
}
}  // namespace grpc

namespace madoguchi::rpc {

struct AcceptListeners {
  UnixListener local;
  Fd tcp;
};

// The accept thread: takes connections from the listeners, hands each to gRPC when its peer has
// said something (both HTTP/2 and TLS begin with the client), notices their end. Who only connects
// costs a descriptor, and nothing of gRPC.
class AcceptLoop {
 public:
  // All outlive the loop.
  struct Parts {
    grpc::Server* server = nullptr;
    // Null without a TCP listener.
    grpc::experimental::ExternalConnectionAcceptor* acceptor = nullptr;
    ConnectionTable* table = nullptr;
    std::shared_ptr<TlsIdentity> tls;
    absl::Duration reload_every;
    std::function<absl::Duration()> now;
  };

  // MDG-1603 when the machine has no descriptors left for it.
  static absl::StatusOr<std::unique_ptr<AcceptLoop>> Start(Parts parts, AcceptListeners listeners);
  ~AcceptLoop() { Stop(); }

  // Both return when it is done; idempotent; not from the loop's thread.
  void StopListening();
  void Stop();

 private:
  // A connection whose peer has spoken, but for which there is no descriptor yet.
  struct Waiting {
    uint64_t id = 0;
    absl::Duration since;
  };

  explicit AcceptLoop(Parts parts, AcceptListeners listeners);
  absl::Status Prepare();
  void Run();
  void HandleEvents(int timeout_ms);
  void HandleEvent(uint64_t tag, uint32_t events);
  int TimeoutMs() const;
  void CheckListening();
  void Sweep();
  void ReloadTls();
  void Accept(int listener, void (AcceptLoop::*take)(Fd));
  void TakeUnix(Fd fd);
  void TakeTcp(Fd fd);
  void Keep(const ConnectionTable::Arrival& arrival, Fd fd);
  // The peer has spoken: gives the connection to gRPC. False when it must wait.
  bool GiveToGrpc(uint64_t id);
  void GiveWaiting();
  // Descriptors have run out: cuts idle connections, so that those who wait can come in. False when
  // there are none.
  bool MakeDescriptors();
  void TurnAwayOne(int listener);
  void Pause(bool pause);
  void Wake();

  Parts parts_;
  AcceptListeners listeners_;
  Fd epoll_;
  Fd wake_;
  // Closed for a moment to accept, and turn away, when there are no descriptors left.
  Fd spare_;
  // The accept thread's own.
  std::deque<Waiting> waiting_;
  bool paused_ = false;
  size_t waiting_for_grpc_ = 0;
  absl::Duration sweep_interval_;
  absl::Duration next_reload_;
  std::atomic<bool> stop_listening_{false};
  std::atomic<bool> stop_{false};
  absl::Mutex mu_;
  bool listening_ ABSL_GUARDED_BY(mu_) = true;
  std::thread thread_;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_ACCEPT_ACCEPT_LOOP_H_
