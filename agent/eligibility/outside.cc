#include "agent/eligibility/outside.h"

namespace madoguchi::eligibility {

absl::Time Outside::Now() {
  absl::MutexLock lock(&mu_);
  if (!cut_) last_now_ = clock_->Now();
  return last_now_;
}

bool Outside::Call(absl::FunctionRef<void()> call) {
  {
    absl::MutexLock lock(&mu_);
    if (cut_) return false;
    inside_ = true;
  }
  call();
  absl::MutexLock lock(&mu_);
  inside_ = false;
  return true;
}

void Outside::Cut(absl::Duration patience) {
  mu_.LockWhenWithTimeout(absl::Condition(
                              +[](bool* inside) { return !*inside; }, &inside_),
                          patience);
  cut_ = true;
  mu_.Unlock();
}

}  // namespace madoguchi::eligibility
