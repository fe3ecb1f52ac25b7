#include "adapters/destination/bounded_thread.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace madoguchi::adapters {

struct BoundedThread::Shared {
  Shared() : idle(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Shared() {
    if (idle >= 0) close(idle);
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  // Can be read while no work is under way.
  const int idle;
  absl::Mutex mu;
  std::function<void()> work ABSL_GUARDED_BY(mu);
  bool ended ABSL_GUARDED_BY(mu) = false;
};

BoundedThread::BoundedThread() : shared_(std::make_shared<Shared>()) {
  thread_ = std::thread([shared = shared_] {
    pthread_setname_np(pthread_self(), "share");
    while (true) {
      std::function<void()> work;
      {
        absl::MutexLock lock(&shared->mu);
        shared->mu.Await(absl::Condition(
            +[](Shared* one) {
              one->mu.AssertHeld();
              return one->ended || one->work != nullptr;
            },
            shared.get()));
        if (shared->ended) return;
        work = std::exchange(shared->work, nullptr);
      }
      work();
      // What it held goes before anybody is told that it is over.
      work = nullptr;
      eventfd_write(shared->idle, 1);
    }
  });
}

BoundedThread::~BoundedThread() {
  {
    absl::MutexLock lock(&shared_->mu);
    shared_->ended = true;
    shared_->work = nullptr;
  }
  if (WaitFor(shared_->idle, POLLIN, {.deadline = absl::InfinitePast()}) == Waited::kReady) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

Waited BoundedThread::Run(std::function<void()> work, const Patience& patience) {
  if (const Waited before = WaitFor(shared_->idle, POLLIN, patience); before != Waited::kReady) {
    return before;
  }
  eventfd_t count = 0;
  eventfd_read(shared_->idle, &count);
  {
    absl::MutexLock lock(&shared_->mu);
    shared_->work = std::move(work);
  }
  return WaitFor(shared_->idle, POLLIN, patience);
}

}  // namespace madoguchi::adapters
