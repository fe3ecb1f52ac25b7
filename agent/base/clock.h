#ifndef MADOGUCHI_AGENT_BASE_CLOCK_H_
#define MADOGUCHI_AGENT_BASE_CLOCK_H_

#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace madoguchi::base {

// Where every room takes the time from, so that tests can move it. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall-clock time.
  virtual absl::Time Now() const = 0;

  // Waits on `cv`, with `mu` held, until it is signalled or `deadline` (wall clock) has come; may
  // return early without a reason, so callers loop. A wall clock that jumps is noticed within a few
  // seconds.
  virtual void Wait(absl::Mutex& mu, absl::CondVar& cv, absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
  void Wait(absl::Mutex& mu, absl::CondVar& cv, absl::Time deadline) override;
};

// A clock that stands still until it is moved; waiters wake when it passes their deadline.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time now) : now_(now) {}
  absl::Time Now() const override;
  void Wait(absl::Mutex& mu, absl::CondVar& cv, absl::Time deadline) override;

  void Advance(absl::Duration by);
  void Set(absl::Time now);

 private:
  mutable absl::Mutex clock_mu_;
  absl::Time now_ ABSL_GUARDED_BY(clock_mu_);
  std::multiset<absl::CondVar*> waiters_ ABSL_GUARDED_BY(clock_mu_);
};

}  // namespace madoguchi::base

#endif  // MADOGUCHI_AGENT_BASE_CLOCK_H_
