#ifndef MADOGUCHI_AGENT_RECORDS_CLOCK_RULE_H_
#define MADOGUCHI_AGENT_RECORDS_CLOCK_RULE_H_

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"

// Consent ends by the clock, so a clock that cannot be trusted opens no medical record.
namespace madoguchi::records {

// The machine's clock may differ from OQS's by this much, either way.
inline constexpr absl::Duration kMostSkew = absl::Seconds(120);
// A clock that time service pulls back by less than this has not been set back.
inline constexpr absl::Duration kSlewAllowed = absl::Seconds(2);
// The durable mark follows the clock in steps of this.
inline constexpr absl::Duration kMarkStep = absl::Seconds(30);

// The time medical records are decided by: never behind any time this site has seen. Thread-safe.
class TrustedClock {
 public:
  // `mark`: the stored high-water mark (InfinitePast when there is none). `skew`: OQS
  // minus machine, as measured last; called from any thread, does not block. All outlive this.
  TrustedClock(base::Clock& clock, absl::Time mark, std::function<absl::Duration()> skew);

  // Now, or MDG-2005: behind the mark by more than kSlewAllowed, or off OQS's time by more than
  // kMostSkew. Never less than a time it gave before.
  absl::StatusOr<absl::Time> Now();

  // The newest time there is a sign of: the clock's, or a later one it has shown before. For what
  // may only happen too early, like deleting.
  absl::Time Latest() const;

  // The mark to make durable; InfinitePast when the durable one is recent enough. After it was
  // stored: Stored(mark).
  absl::Time MarkDue() const;
  void Stored(absl::Time mark);

 private:
  base::Clock& clock_;
  const std::function<absl::Duration()> skew_;
  mutable absl::Mutex mu_;
  absl::Time high_ ABSL_GUARDED_BY(mu_);
  absl::Time stored_ ABSL_GUARDED_BY(mu_);
};

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_CLOCK_RULE_H_
