#include "agent/records/clock_rule.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::records {

TrustedClock::TrustedClock(base::Clock& clock, absl::Time mark,
                           std::function<absl::Duration()> skew)
    : clock_(clock), skew_(std::move(skew)), high_(mark), stored_(mark) {}

absl::StatusOr<absl::Time> TrustedClock::Now() {
  const absl::Duration skew = skew_();
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mu_);
  if (now < high_ - kSlewAllowed) {
    return base::MakeError(base::ErrorCode::kClockNotTrusted,
                           {.what = "it is behind a time this site has seen already"});
  }
  high_ = std::max(high_, now);
  if (absl::AbsDuration(skew) > kMostSkew) {
    return base::MakeError(
        base::ErrorCode::kClockNotTrusted,
        {.what = absl::StrCat("it differs from the time of OQS by ", absl::ToInt64Seconds(skew),
                              " seconds; allowed are 120")});
  }
  return high_;
}

absl::Time TrustedClock::Latest() const {
  const absl::Time now = clock_.Now();
  absl::MutexLock lock(&mu_);
  return std::max(high_, now);
}

absl::Time TrustedClock::MarkDue() const {
  absl::MutexLock lock(&mu_);
  return high_ - stored_ >= kMarkStep ? high_ : absl::InfinitePast();
}

void TrustedClock::Stored(absl::Time mark) {
  absl::MutexLock lock(&mu_);
  stored_ = std::max(stored_, mark);
}

}  // namespace madoguchi::records
