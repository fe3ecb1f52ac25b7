#ifndef MADOGUCHI_AGENT_RPC_ACCEPT_CONNECTION_TABLE_H_
#define MADOGUCHI_AGENT_RPC_ACCEPT_CONNECTION_TABLE_H_

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/rpc/accept/accept_room.h"
#include "agent/rpc/accept/number_pool.h"

namespace madoguchi::rpc {

// Every connection that is open or not yet let go by gRPC, and who makes room for whom.
// Thread-safe: the accept thread adds, ends and sweeps; calls are noted from gRPC's threads.
class ConnectionTable {
 public:
  enum class Kind { kUnix, kTcp };

  struct Arrival {
    Kind kind = Kind::kUnix;
    // The accepted descriptor: the table's from Add on.
    int kept_fd = -1;
    // kTcp: ADDRESS|PORT, which names the caller's end in gRPC.
    std::string address_key;
    // `uid:<uid>` or the remote address.
    std::string owner;
    Peer peer;
  };

  ConnectionTable(const AcceptLimits& limits, int most_open);
  // Closes what is left.
  ~ConnectionTable();

  // False when nobody can be cut for another connection of this owner; otherwise enough were cut.
  bool MakeRoomFor(const std::string& owner, absl::Duration now);
  // Descriptors ran out: cuts the oldest unproven connection of the owner with most of them.
  bool CutOneUnproven();
  // The oldest unproven connection of `owner`.
  void CutOneUnprovenOf(const std::string& owner);
  // False while gRPC still holds so many ended connections that another one would endanger the
  // spare descriptors.
  bool HasSpace() const;

  // Returns the connection's id.
  uint64_t Add(const Arrival& arrival, absl::Duration now);

  struct HandOver {
    // The connection has ended meanwhile, or gRPC has it already.
    bool gone = false;
    Kind kind = Kind::kUnix;
    std::string owner;
    int kept_fd = -1;
    // For gRPC, which owns it from now on; -1: none can be had now.
    int grpc_fd = -1;
    // Why not, as errno: EBUSY when connections of the same uid must first be let go.
    int error = 0;
  };
  // Makes the descriptor for gRPC, known to FindUnix and NoteCall from now on.
  HandOver Give(uint64_t id, absl::Duration now);

  // The peer has gone, or must go. Idempotent.
  void End(uint64_t id);
  void EndAll();
  // Cuts connections that stayed silent, and lets go of those gRPC has closed. Returns how many are
  // left to be closed by gRPC, and through `released` how many it let go.
  size_t Sweep(absl::Duration now, size_t& released);
  // When the next silent connection is due; InfiniteDuration when none is unproven.
  absl::Duration NextDeadline() const;

  // The peer at the UNIX connection with gRPC's number `number`.
  std::optional<Peer> FindUnix(int number) const;
  void NoteCall(int number, absl::Duration now);
  void NoteCall(const std::string& address_key, absl::Duration now);

  void CountRefused() { refused_.fetch_add(1, std::memory_order_relaxed); }
  AcceptStatus Status() const;

 private:
  struct Connection {
    uint64_t id = 0;
    Arrival arrival;
    // -1: the peer has not said anything yet, and gRPC does not know the connection. For kUnix the
    // number that names the caller's end in gRPC.
    int grpc_fd = -1;
    // Tells whether grpc_fd is still this socket.
    dev_t device = 0;
    ino_t inode = 0;
    absl::Duration silent_until;
    bool ended = false;
    std::atomic<bool> proven{false};
    // Calls since `window_start` (nanoseconds).
    std::atomic<int64_t> window_start{0};
    std::atomic<int> calls{0};
  };
  struct Owner {
    int open = 0;
    // Oldest first.
    std::set<uint64_t> unproven;
  };
  using Map = std::map<uint64_t, std::unique_ptr<Connection>>;

  void EndLocked(Connection& connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::set<uint64_t>& UnprovenOf(Kind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int UnprovenCount() const ABSL_SHARED_LOCKS_REQUIRED(mu_);
  void ForgetUnproven(Connection& connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool CutOldestOf(const std::string& owner) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool CutOldestOfBusiest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CutSilent(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int DuplicateUnix(uid_t uid, int fd, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static bool GrpcHolds(const Connection& connection);
  void Close(Connection& connection, absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // True when the connection must be looked at under the exclusive lock.
  bool CountCall(Connection& connection, absl::Duration now) const;
  void ProveOrCut(uint64_t id);

  const AcceptLimits limits_;
  const size_t most_open_;
  std::atomic<uint64_t> refused_{0};
  mutable absl::Mutex mu_;
  NumberPool numbers_ ABSL_GUARDED_BY(mu_);
  uint64_t next_id_ ABSL_GUARDED_BY(mu_) = 1;
  Map connections_ ABSL_GUARDED_BY(mu_);
  // Open ones only.
  std::unordered_map<int, Connection*> by_number_ ABSL_GUARDED_BY(mu_);
  std::unordered_map<std::string, Connection*> by_address_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, Owner> owners_ ABSL_GUARDED_BY(mu_);
  // By kind, oldest first.
  std::array<std::set<uint64_t>, 2> unproven_ ABSL_GUARDED_BY(mu_);
  std::set<uint64_t> ended_ ABSL_GUARDED_BY(mu_);
  int open_unix_ ABSL_GUARDED_BY(mu_) = 0;
  int open_tcp_ ABSL_GUARDED_BY(mu_) = 0;
  AcceptStatus totals_ ABSL_GUARDED_BY(mu_);
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_ACCEPT_CONNECTION_TABLE_H_
