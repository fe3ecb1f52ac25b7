#ifndef MADOGUCHI_AGENT_RPC_ACCEPT_ACCEPT_LOOP_H_
#define MADOGUCHI_AGENT_RPC_ACCEPT_ACCEPT_LOOP_H_

#include <atomic>
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

// The accept thread: takes connections from the listeners, hands them to gRPC, notices their end.
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
  // kDone: given to gRPC, or turned away. kWait: it can be neither now.
  enum class Outcome { kDone, kWait };
  struct Door {
    uint64_t tag = 0;
    Outcome (AcceptLoop::*take)(Fd&) = nullptr;
    // Accepted, but there is no descriptor number for it yet.
    Fd pending = {};
    absl::Duration pending_since = {};
  };

  explicit AcceptLoop(Parts parts, AcceptListeners listeners);
  absl::Status Prepare();
  void Run();
  void HandleEvents(int timeout_ms);
  void HandleEvent(uint64_t tag);
  int TimeoutMs() const;
  void CheckListening();
  void Sweep();
  void ReloadTls();
  int ListenerOf(const Door& door) const;
  void Accept(Door& door);
  // False when nothing more can be taken through this door now.
  bool AcceptOne(Door& door);
  bool TryPending(Door& door);
  void AcceptPending();
  // Descriptors have run out: cuts idle connections, so that those who wait can come in later; when
  // there are none, lets one wait no longer.
  void MakeDescriptors(int listener);
  Outcome TakeUnix(Fd& fd);
  Outcome TakeTcp(Fd& fd);
  void Watch(uint64_t id, int fd);
  void Pause(bool pause);
  void Wake();

  Parts parts_;
  AcceptListeners listeners_;
  Fd epoll_;
  Fd wake_;
  // Closed for a moment to accept, and turn away, when there are no descriptors left.
  Fd spare_;
  // The accept thread's own.
  Door unix_door_;
  Door tcp_door_;
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
