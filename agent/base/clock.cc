#include "agent/base/clock.h"

#include <algorithm>

namespace madoguchi::base {
namespace {

// A wall clock that is set back or forth must not stretch a wait: nobody waits longer than this
// without looking at the clock again.
constexpr absl::Duration kLongestWait = absl::Seconds(5);

}  // namespace

absl::Time SystemClock::Now() const { return absl::Now(); }

void SystemClock::Wait(absl::Mutex& mu, absl::CondVar& cv, absl::Time deadline) {
  const absl::Duration left = deadline - absl::Now();
  if (left <= absl::ZeroDuration()) return;
  cv.WaitWithTimeout(&mu, std::min(left, kLongestWait));
}

absl::Time ManualClock::Now() const {
  absl::MutexLock lock(&clock_mu_);
  return now_;
}

void ManualClock::Wait(absl::Mutex& mu, absl::CondVar& cv, absl::Time deadline) {
  {
    absl::MutexLock lock(&clock_mu_);
    if (deadline <= now_) return;
    waiters_.insert(&cv);
  }
  // Set() may run between the two locks and signal before we wait: the timeout makes the caller's
  // loop look again.
  cv.WaitWithTimeout(&mu, absl::Milliseconds(20));
  absl::MutexLock lock(&clock_mu_);
  waiters_.erase(waiters_.find(&cv));
}

void ManualClock::Advance(absl::Duration by) { Set(Now() + by); }

void ManualClock::Set(absl::Time now) {
  absl::MutexLock lock(&clock_mu_);
  now_ = now;
  for (absl::CondVar* cv : waiters_) cv->SignalAll();
}

}  // namespace madoguchi::base
