#ifndef MADOGUCHI_ADAPTERS_ROUTE_RUNNER_H_
#define MADOGUCHI_ADAPTERS_ROUTE_RUNNER_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "adapters/route/courier.h"
#include "adapters/route/queue.h"
#include "adapters/route/source.h"
#include "adapters/route/state_folder.h"
#include "agent/base/clock.h"
#include "agent/client/resuming_watch.h"
#include "agent/crypto/digest.h"

namespace madoguchi::adapters {

// Runs one route: a thread that watches the daemon from the route's own cursor and fills the queue,
// and one that delivers. Routes share nothing but the channel, so that one never waits for another.
//
// What is on disk is always a cursor together with everything owed before it. It is written after a
// delivery, at most every kSaveEvery: what was delivered and not yet written is delivered once more
// after a crash, with the same message id.
class Runner {
 public:
  static constexpr absl::Duration kSaveEvery = absl::Milliseconds(100);
  static constexpr absl::Duration kHearWithin = absl::Seconds(10);

  // All that is given outlives it. `state`: as LoadState gave it; a route without a cursor begins
  // with today's receptions.
  Runner(Route route, std::string folder, const kept::v1::RouteState& state,
         const std::shared_ptr<grpc::Channel>& channel, const crypto::KeyedHash& hash,
         base::Clock& clock);
  // Stops, and waits for both threads.
  ~Runner();

  void Start();
  // Returns at once.
  void Stop();
  const std::string& name() const { return route_.name; }
  // How many records it was about.
  int Do(const Ask& ask);

 private:
  void Watch();
  bool Heard(const v1::WatchReceptionsResponse& message);
  void Lost(const absl::Status& trouble);
  // Whether records may leave. Not before everything that has changed up to now was heard of: the
  // stream tells each reception's newest snapshot in the order they changed last, and an older
  // reception changes once more when a newer one of the same person comes. But not longer than
  // kHearWithin.
  bool MayDeliver(absl::Time now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Take(const v1::Reception& reception) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Deliver();
  void SaveIfDue(bool now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Route route_;
  const std::string folder_;
  const crypto::KeyedHash& hash_;
  base::Clock& clock_;
  DaemonSource source_;
  client::ResumingWatch watch_;
  // An eventfd: readable once the route is to stop.
  const int stop_fd_;

  absl::Mutex mu_;
  absl::CondVar cv_;
  Queue queue_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool caught_up_ ABSL_GUARDED_BY(mu_) = false;
  absl::Time hearing_since_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
  // What the daemon was lost to: `MDG-1701`; empty while it is there.
  std::string lost_ ABSL_GUARDED_BY(mu_);
  bool dirty_ ABSL_GUARDED_BY(mu_) = false;
  bool save_failed_ ABSL_GUARDED_BY(mu_) = false;
  absl::Time saved_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();

  std::thread watcher_;
  std::thread courier_;
};

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_ROUTE_RUNNER_H_
