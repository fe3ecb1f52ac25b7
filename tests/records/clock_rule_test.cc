#include "agent/records/clock_rule.h"

#include <gtest/gtest.h>

#include "agent/base/error.h"

namespace madoguchi::records {
namespace {

class TrustedClockTest : public testing::Test {
 protected:
  const absl::Time start_ = absl::FromUnixSeconds(1'775'779'200);
  base::ManualClock clock_{start_};
  absl::Duration skew_;
  TrustedClock trusted_{clock_, absl::InfinitePast(), [this] { return skew_; }};
};

TEST_F(TrustedClockTest, FollowsTheClock) {
  EXPECT_EQ(*trusted_.Now(), start_);
  clock_.Advance(absl::Hours(5));
  EXPECT_EQ(*trusted_.Now(), start_ + absl::Hours(5));
}

TEST_F(TrustedClockTest, AClockSetBackIsNotTrusted) {
  ASSERT_TRUE(trusted_.Now().ok());
  clock_.Set(start_ - absl::Seconds(3));
  EXPECT_TRUE(base::Is(trusted_.Now().status(), base::ErrorCode::kClockNotTrusted));
  // Time service may pull it back a little; the time itself never goes back.
  clock_.Set(start_ - absl::Seconds(1));
  EXPECT_EQ(*trusted_.Now(), start_);
  clock_.Set(start_ + absl::Seconds(1));
  EXPECT_EQ(*trusted_.Now(), start_ + absl::Seconds(1));
}

TEST_F(TrustedClockTest, TheMarkOutlivesTheProgram) {
  TrustedClock later(clock_, start_ + absl::Hours(1), [] { return absl::ZeroDuration(); });
  EXPECT_TRUE(base::Is(later.Now().status(), base::ErrorCode::kClockNotTrusted));
  clock_.Set(start_ + absl::Hours(1));
  EXPECT_TRUE(later.Now().ok());
}

TEST_F(TrustedClockTest, SkewEitherWayIsNotTrusted) {
  for (const int seconds : {121, -121, 3600, -3600}) {
    skew_ = absl::Seconds(seconds);
    EXPECT_TRUE(base::Is(trusted_.Now().status(), base::ErrorCode::kClockNotTrusted)) << seconds;
  }
  for (const int seconds : {120, -120, 0}) {
    skew_ = absl::Seconds(seconds);
    EXPECT_TRUE(trusted_.Now().ok()) << seconds;
  }
}

TEST_F(TrustedClockTest, TheMarkIsDueInSteps) {
  ASSERT_TRUE(trusted_.Now().ok());
  EXPECT_EQ(trusted_.MarkDue(), start_);
  trusted_.Stored(start_);
  EXPECT_EQ(trusted_.MarkDue(), absl::InfinitePast());
  clock_.Advance(kMarkStep - absl::Seconds(1));
  ASSERT_TRUE(trusted_.Now().ok());
  EXPECT_EQ(trusted_.MarkDue(), absl::InfinitePast());
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(trusted_.Now().ok());
  EXPECT_EQ(trusted_.MarkDue(), start_ + kMarkStep);
}

}  // namespace
}  // namespace madoguchi::records
