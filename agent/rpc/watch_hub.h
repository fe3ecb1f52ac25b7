#ifndef MADOGUCHI_AGENT_RPC_WATCH_HUB_H_
#define MADOGUCHI_AGENT_RPC_WATCH_HUB_H_

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"
#include "agent/base/executor.h"
#include "agent/rpc/watcher.h"

namespace madoguchi::rpc {

struct WatchOptions {
  // Open streams, of any kind.
  int per_identity = 2000;
  int total = 4000;
  absl::Duration heartbeat = absl::Seconds(15);
  absl::Duration stuck = absl::Seconds(60);
};

// All open streams: counts them, wakes them when something is new, gives each a timer, ends them.
// Thread-safe.
class WatchHub {
 public:
  // `wake` runs wakings and timers, `read` what blocks on the disk; both outlive the hub, run until
  // Stop has returned, and are stopped before the hub goes, because what was posted looks at it.
  WatchHub(WatchOptions options, base::Clock& clock, base::Executor& wake, base::Executor& read);

  // A place for one more stream. MDG-1007 at a limit, MDG-1004 after Stop has begun. The caller
  // makes the stream's wire first and calls Start on what it gets.
  absl::StatusOr<std::shared_ptr<Watcher>> Open(const std::string& identity,
                                                std::unique_ptr<WatchSource> source,
                                                WatchWire* wire);

  // The desk has new events. Any thread; returns at once.
  void NotifyEvent();
  // The status has changed. Any thread; returns at once.
  void NotifyStatus();

  // Ends every stream with MDG-1004, breaks those that have not ended by half of `patience`, and
  // returns whether all had ended within it. Not from a gRPC thread.
  bool Stop(absl::Duration patience);

  int Count() const;

  // For watchers.
  const WatchOptions& options() const { return options_; }
  absl::Time Now() const { return clock_.Now(); }
  bool Post(base::Executor::Task task) { return wake_.Post(std::move(task)); }
  bool PostRead(base::Executor::Task task) { return read_.Post(std::move(task)); }
  void PostAt(absl::Time at, base::Executor::Task task) { wake_.PostAt(at, std::move(task)); }
  void Remove(const std::shared_ptr<Watcher>& watcher);

 private:
  // Takes the lock for a copy of the list only.
  std::vector<std::shared_ptr<Watcher>> All() const;
  void WakeAll();
  void Notify();
  bool WaitForNone(absl::Duration patience);

  const WatchOptions options_;
  base::Clock& clock_;
  base::Executor& wake_;
  base::Executor& read_;
  // Whether events were notified since the last waking, or only the status.
  std::atomic<bool> events_{false};
  // One waking is posted at a time.
  std::atomic<bool> posted_{false};

  mutable absl::Mutex mu_;
  absl::flat_hash_set<std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, int> per_identity_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_WATCH_HUB_H_
