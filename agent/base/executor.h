#ifndef MADOGUCHI_AGENT_BASE_EXECUTOR_H_
#define MADOGUCHI_AGENT_BASE_EXECUTOR_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"

namespace madoguchi::base {

// One thread that runs tasks in the order they were posted, and timed tasks when their time has
// come. Owned by whoever wires the program; tasks must not block on the same executor.
class Executor {
 public:
  using Task = std::function<void()>;
  using TimerId = uint64_t;

  // `name` (at most 15 characters) is the thread's name; `clock` outlives the executor.
  Executor(std::string name, Clock& clock);
  // Stops.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // Any thread. False after Stop: the task was not taken and will not run.
  bool Post(Task task);
  // Any thread. Runs `task` once when the clock reaches `at`. 0 after Stop.
  TimerId PostAt(absl::Time at, Task task);
  // Any thread. The task will not start after this returned, unless it runs already.
  void Cancel(TimerId id);
  // Posts `task` and waits for its end; false when stopped. Never from the executor's own thread.
  bool RunAndWait(Task task);
  // Runs what was posted before, drops timers, joins the thread. Idempotent; not from own thread.
  void Stop();
  // Tasks that wait to run (timers apart).
  size_t Pending() const;
  bool OnThisThread() const;

 private:
  void Run();
  bool NextTask(Task& task);

  const std::string name_;
  Clock& clock_;
  mutable absl::Mutex mu_;
  absl::CondVar cv_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mu_);
  std::map<std::pair<absl::Time, TimerId>, Task> timers_ ABSL_GUARDED_BY(mu_);
  std::map<TimerId, absl::Time> timer_times_ ABSL_GUARDED_BY(mu_);
  TimerId next_timer_ ABSL_GUARDED_BY(mu_) = 1;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace madoguchi::base

#endif  // MADOGUCHI_AGENT_BASE_EXECUTOR_H_
