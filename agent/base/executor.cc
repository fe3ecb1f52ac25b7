#include "agent/base/executor.h"

#include <pthread.h>

#include <memory>

#include "absl/synchronization/notification.h"

namespace madoguchi::base {

Executor::Executor(std::string name, Clock& clock)
    : name_(std::move(name)), clock_(clock), thread_([this] { Run(); }) {}

Executor::~Executor() { Stop(); }

bool Executor::Post(Task task) {
  absl::MutexLock lock(&mu_);
  if (stopping_) return false;
  tasks_.push_back(std::move(task));
  cv_.Signal();
  return true;
}

Executor::TimerId Executor::PostAt(absl::Time at, Task task) {
  absl::MutexLock lock(&mu_);
  if (stopping_) return 0;
  const TimerId id = next_timer_++;
  timers_.emplace(std::make_pair(at, id), std::move(task));
  timer_times_.emplace(id, at);
  cv_.Signal();
  return id;
}

void Executor::Cancel(TimerId id) {
  absl::MutexLock lock(&mu_);
  const auto found = timer_times_.find(id);
  if (found == timer_times_.end()) return;
  timers_.erase({found->second, id});
  timer_times_.erase(found);
}

bool Executor::RunAndWait(Task task) {
  auto done = std::make_shared<absl::Notification>();
  if (!Post([task = std::move(task), done] {
        task();
        done->Notify();
      })) {
    return false;
  }
  done->WaitForNotification();
  return true;
}

void Executor::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    timers_.clear();
    timer_times_.clear();
    cv_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

size_t Executor::Pending() const {
  absl::MutexLock lock(&mu_);
  return tasks_.size();
}

bool Executor::OnThisThread() const { return std::this_thread::get_id() == thread_.get_id(); }

bool Executor::NextTask(Task& task) {
  absl::MutexLock lock(&mu_);
  for (;;) {
    if (!timers_.empty() && timers_.begin()->first.first <= clock_.Now()) {
      auto first = timers_.begin();
      task = std::move(first->second);
      timer_times_.erase(first->first.second);
      timers_.erase(first);
      return true;
    }
    if (!tasks_.empty()) {
      task = std::move(tasks_.front());
      tasks_.pop_front();
      return true;
    }
    if (stopping_) return false;
    clock_.Wait(mu_, cv_, timers_.empty() ? absl::InfiniteFuture() : timers_.begin()->first.first);
  }
}

void Executor::Run() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  Task task;
  while (NextTask(task)) {
    task();
    task = nullptr;  // what the task holds must not live until the next one comes
  }
}

}  // namespace madoguchi::base
