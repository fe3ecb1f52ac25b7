#ifndef MADOGUCHI_AGENT_ELIGIBILITY_OUTBOX_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_OUTBOX_H_

#include <cstdint>
#include <list>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/eligibility/file_events.h"
#include "agent/eligibility/terminal.h"

namespace madoguchi::eligibility {

// Pushes that are read but not yet on disk, oldest first. Thread-safe.
class Outbox {
 public:
  // Beyond either, newer files stay in the terminal's folder.
  static constexpr int kMostPushes = 2000;
  static constexpr size_t kMostBytes = size_t{64} << 20;

  bool HasRoom() const;
  void Add(FacePush push);
  int Waiting() const;

  struct Offer {
    uint64_t id = 0;
    FacePush push;
  };
  // What is to be offered at `now` (Monotonic()), in order; counts as being with the sink from here
  // on, until Done. At most `most`.
  std::vector<Offer> Due(absl::Duration now, size_t most);
  // When Due may have something; InfiniteDuration when only Add or Done can change that.
  absl::Duration NextDue() const;
  // The sink's answer. A second answer to the same offer is ignored.
  void Done(uint64_t id, const absl::Status& status, absl::Duration now);

  // Woken by Add and Done.
  WakeUp& wake_up() { return wake_up_; }

 private:
  struct Item {
    uint64_t id = 0;
    FacePush push;
    size_t bytes = 0;
    bool offered = false;
    absl::Duration not_before = absl::ZeroDuration();
  };

  mutable absl::Mutex mu_;
  std::list<Item> items_ ABSL_GUARDED_BY(mu_);
  size_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t last_id_ ABSL_GUARDED_BY(mu_) = 0;
  // Nothing is offered before this: what could not be stored comes first again, newer ones must
  // not overtake it.
  absl::Duration pause_until_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();
  absl::Duration backoff_ ABSL_GUARDED_BY(mu_) = absl::Seconds(1);
  WakeUp wake_up_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_OUTBOX_H_
