#ifndef MADOGUCHI_AGENT_ELIGIBILITY_SHARE_THREAD_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_SHARE_THREAD_H_

#include <atomic>
#include <functional>
#include <string>
#include <thread>

#include "absl/functional/function_ref.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "agent/eligibility/file_events.h"
#include "agent/eligibility/outside.h"

namespace madoguchi::eligibility {

// A thread that works on a share, and may hang in a call for as long as the share likes: then it is
// left behind at the end. A member of what the thread works with.
class ShareThread {
 public:
  // Owner only; the first call counts. `name`: 15 characters are all the kernel keeps. `run` owns
  // what this is a member of, and returns soon after Stopping().
  void Start(const std::string& name, std::function<void()> run);

  // Any thread.
  bool Stopping() const { return stop_.load(std::memory_order_acquire); }

  // Owner only. Waits at most `patience` for the end; one that hangs is cut off by `outside`, let
  // go, and told by `on_left`. Whether it has ended.
  bool Stop(absl::Duration patience, WakeUp& wake_up, Outside& outside,
            absl::FunctionRef<void()> on_left);

 private:
  std::thread thread_;
  bool started_ = false;
  std::atomic<bool> stop_{false};
  absl::Notification ended_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_SHARE_THREAD_H_
