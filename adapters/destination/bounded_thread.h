#ifndef MADOGUCHI_ADAPTERS_DESTINATION_BOUNDED_THREAD_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_BOUNDED_THREAD_H_

#include <functional>
#include <memory>
#include <thread>

#include "adapters/destination/destination.h"
#include "adapters/destination/outcome.h"

namespace madoguchi::adapters {

// A thread for calls that may hang for as long as a share likes: the caller does not hang with
// them. Used by one thread.
class BoundedThread {
 public:
  BoundedThread();
  // A call that hangs is left behind, and ends when the share answers.
  ~BoundedThread();
  BoundedThread(const BoundedThread&) = delete;
  BoundedThread& operator=(const BoundedThread&) = delete;

  // Runs `work` and waits for its end; kReady when it has ended. Otherwise it still runs, so it has
  // to own everything it touches; until it ends no other work is begun, and Run waits for that
  // first.
  Waited Run(std::function<void()> work, const Patience& patience);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_BOUNDED_THREAD_H_
