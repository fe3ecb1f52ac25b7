#ifndef MADOGUCHI_AGENT_ELIGIBILITY_OUTSIDE_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_OUTSIDE_H_

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"

namespace madoguchi::eligibility {

// The door between a thread that works on a share and the rest of the program. After Cut() nothing
// behind it is touched any more: that is how a thread can be left behind in a call on the share.
class Outside {
 public:
  // `clock` is behind the door.
  explicit Outside(base::Clock& clock) : clock_(&clock) {}

  // The clock's time; after Cut the last one seen.
  absl::Time Now();
  // Calls `call`, unless the door is shut; returns whether it did. One thread only.
  bool Call(absl::FunctionRef<void()> call);
  // Shuts the door. Waits, at most `patience`, for a call that is under way.
  void Cut(absl::Duration patience);

 private:
  absl::Mutex mu_;
  bool cut_ ABSL_GUARDED_BY(mu_) = false;
  bool inside_ ABSL_GUARDED_BY(mu_) = false;
  absl::Time last_now_ ABSL_GUARDED_BY(mu_);
  base::Clock* clock_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_OUTSIDE_H_
