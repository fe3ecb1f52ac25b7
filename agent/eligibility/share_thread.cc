#include "agent/eligibility/share_thread.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace madoguchi::eligibility {

void ShareThread::Start(const std::string& name, std::function<void()> run) {
  if (std::exchange(started_, true)) return;
  thread_ = std::thread([this, name = name.substr(0, 15), run = std::move(run)] {
    pthread_setname_np(pthread_self(), name.c_str());
    run();
    ended_.Notify();
  });
}

bool ShareThread::Stop(absl::Duration patience, WakeUp& wake_up, Outside& outside,
                       absl::FunctionRef<void()> on_left) {
  stop_.store(true, std::memory_order_release);
  wake_up.Wake();
  if (!started_) return true;
  const absl::Duration until = Monotonic() + patience;
  const bool ended = ended_.WaitForNotificationWithTimeout(patience);
  if (!thread_.joinable()) return ended;
  if (ended) {
    thread_.join();
  } else {
    outside.Cut(std::max(until - Monotonic(), absl::Milliseconds(100)));
    // It owns everything it will still touch, and ends when the share answers.
    thread_.detach();
    on_left();
  }
  return ended;
}

}  // namespace madoguchi::eligibility
