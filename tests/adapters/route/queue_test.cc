#include "adapters/route/queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::adapters {
namespace {

using base::ErrorCode;
using kept::v1::OwedItem;
using Kind = Outcome::Kind;

class QueueTest : public ::testing::Test {
 protected:
  static Wish Of(const std::string& id, const std::string& line = "",
                 const std::string& key = "1") {
    return {.reception_id = id,
            .what = v1::EXPORT_WHAT_RECEPTION,
            .revision = 1,
            .key = key,
            .line = line.empty() ? id : line,
            .has_chart = !line.empty()};
  }
  // Whose turn it is, in this order, each delivered.
  std::string Deliver() {
    std::string ids;
    while (const auto item = queue_.Next(now_)) {
      ids += item->reception_id();
      queue_.Settle(*item, {.kind = Kind::kDelivered, .why = {}, .wish = KeyOf(*item)}, now_);
    }
    return ids;
  }
  static Wish KeyOf(const OwedItem& item) {
    return {.reception_id = item.reception_id(),
            .what = item.what(),
            .revision = item.revision(),
            .key = item.key(),
            .line = item.line(),
            .has_chart = false};
  }
  void Fail(ErrorCode code, Kind kind = Kind::kTryAgain) {
    const auto item = queue_.Next(now_);
    ASSERT_TRUE(item.has_value());
    queue_.Settle(*item, {.kind = kind, .why = base::MakeError(code), .wish = KeyOf(*item)}, now_);
  }
  OwedItem Item(int at = 0) const { return queue_.State(now_).items(at); }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  Queue queue_{{}, {.tries = 3}, [] { return 0.5; }};
};

TEST_F(QueueTest, DeliversInTheOrderThingsCameAndEachOnce) {
  EXPECT_TRUE(queue_.Offer(Of("a"), false, now_));
  EXPECT_TRUE(queue_.Offer(Of("b"), false, now_));
  EXPECT_FALSE(queue_.Offer(Of("a"), false, now_));
  EXPECT_EQ(Deliver(), "ab");
  EXPECT_FALSE(queue_.Offer(Of("a"), false, now_));
  EXPECT_EQ(Deliver(), "");
  EXPECT_EQ(queue_.State(now_).delivered(), 2);
}

TEST_F(QueueTest, AChangedRecordIsDeliveredAgain) {
  queue_.Offer(Of("a"), false, now_);
  EXPECT_EQ(Deliver(), "a");
  EXPECT_TRUE(queue_.Offer(Of("a", "chart", "2"), false, now_));
  EXPECT_EQ(Deliver(), "a");
}

TEST_F(QueueTest, ANewerSnapshotTakesThePlaceOfTheOneThatWaits) {
  queue_.Offer(Of("a"), false, now_);
  queue_.Offer(Of("b"), false, now_);
  EXPECT_TRUE(queue_.Offer(Of("a", "", "2"), false, now_));
  EXPECT_EQ(queue_.State(now_).items_size(), 2);
  EXPECT_EQ(Deliver(), "ab");
}

TEST_F(QueueTest, WhatChangesWhileItIsUnderWayIsDeliveredAfterwards) {
  queue_.Offer(Of("a"), false, now_);
  const auto item = queue_.Next(now_);
  queue_.Offer(Of("a", "", "2"), false, now_);
  queue_.Settle(*item, {.kind = Kind::kDelivered, .why = {}, .wish = KeyOf(*item)}, now_);
  EXPECT_EQ(Deliver(), "a");
}

TEST_F(QueueTest, NothingOvertakesAnotherRecordOfTheSamePatient) {
  queue_.Offer(Of("a", "p"), false, now_);
  queue_.Offer(Of("b", "p"), false, now_);
  queue_.Offer(Of("c", "q"), false, now_);
  Fail(ErrorCode::kDestinationAnswerUnusable);
  EXPECT_EQ(Deliver(), "c");
  now_ += absl::Seconds(5);
  EXPECT_EQ(Deliver(), "ab");
}

TEST_F(QueueTest, RecordsOfAPatientGoInTheOrderOqsAnswered) {
  Wish late = Of("late", "p");
  late.answered_at = now_;
  Wish early = Of("early", "p");
  early.answered_at = now_ - absl::Milliseconds(1);
  queue_.Offer(late, false, now_);
  queue_.Offer(early, false, now_);
  queue_.Offer(Of("other"), false, now_);
  EXPECT_EQ(Deliver(), "earlylateother");
}

TEST_F(QueueTest, NorOneThatIsParked) {
  queue_.Offer(Of("a", "p"), false, now_);
  queue_.Offer(Of("b", "p"), false, now_);
  queue_.Offer(Of("c"), false, now_);
  Fail(ErrorCode::kDestinationRefused, Kind::kRefused);
  EXPECT_EQ(Item().waits(), OwedItem::WAITS_FOR_PERSON);
  EXPECT_EQ(Item().last_error(), "MDG-2305");
  EXPECT_EQ(Deliver(), "c");
  now_ += absl::Hours(24);
  EXPECT_EQ(Deliver(), "");
  EXPECT_EQ(queue_.Resend("nobody", now_), 0);
  EXPECT_EQ(queue_.Resend("a", now_), 1);
  EXPECT_EQ(Deliver(), "ab");
}

TEST_F(QueueTest, WhatIsGivenUpLetsTheOthersGo) {
  queue_.Offer(Of("a", "p"), false, now_);
  queue_.Offer(Of("b", "p"), false, now_);
  Fail(ErrorCode::kDestinationRefused, Kind::kRefused);
  EXPECT_EQ(queue_.Drop("a", now_), 1);
  EXPECT_EQ(Deliver(), "b");
  EXPECT_FALSE(queue_.Offer(Of("a", "p"), false, now_));
  EXPECT_EQ(queue_.State(now_).withheld(0).because(), "MDG-2305");
}

TEST_F(QueueTest, ANewerSnapshotOfAParkedRecordHasItsTurn) {
  queue_.Offer(Of("a"), false, now_);
  Fail(ErrorCode::kDestinationRefused, Kind::kRefused);
  EXPECT_TRUE(queue_.Offer(Of("a", "", "2"), false, now_));
  EXPECT_EQ(Deliver(), "a");
}

TEST_F(QueueTest, PausesDoubleUpToTheirLimit) {
  queue_.Offer(Of("a"), false, now_);
  absl::Duration last;
  for (int i = 0; i < 12; ++i) {
    Fail(ErrorCode::kDestinationUnreachable);
    const absl::Duration pause = queue_.NextTime() - now_;
    EXPECT_GE(pause, last);
    EXPECT_LE(pause, absl::Minutes(5));
    last = pause;
    EXPECT_FALSE(queue_.Next(now_ + pause - absl::Milliseconds(1)).has_value());
    now_ += pause;
  }
  EXPECT_EQ(last, absl::Minutes(5));
}

TEST_F(QueueTest, ADestinationThatIsAwayForDaysLosesNothingAndIsNotAskedForEach) {
  for (int i = 0; i < 100; ++i) queue_.Offer(Of(absl::StrCat(i, ".")), false, now_);
  int asked = 0;
  for (const absl::Time until = now_ + absl::Hours(72); now_ < until;) {
    Fail(ErrorCode::kDestinationUnreachable);
    ++asked;
    now_ = queue_.NextTime();
  }
  EXPECT_LT(asked, 72 * 60 / 4);
  const kept::v1::RouteState state = queue_.State(now_);
  for (const OwedItem& item : state.items()) {
    ASSERT_EQ(item.waits(), OwedItem::WAITS_FOR_TURN);
  }
  EXPECT_NE(Deliver(), "");
  EXPECT_EQ(queue_.State(now_).items_size(), 0);
}

TEST_F(QueueTest, OneThatNobodyTakesIsParkedAndDoesNotHoldUpTheRest) {
  queue_.Offer(Of("poison"), false, now_);
  int good = 0;
  int tried = 0;
  while (queue_.NextTime() < absl::InfiniteFuture() && tried < 100) {
    now_ = std::max(now_, queue_.NextTime());
    if (good < 10) queue_.Offer(Of(absl::StrCat(good++)), false, now_);
    while (const auto item = queue_.Next(now_)) {
      if (item->reception_id() == "poison") {
        ++tried;
        Fail(ErrorCode::kDestinationSilent);
      } else {
        queue_.Settle(*item, {.kind = Kind::kDelivered, .why = {}, .wish = KeyOf(*item)}, now_);
      }
    }
  }
  // Silence counts from the second time on: before that nothing else had been taken.
  EXPECT_LE(tried, 4);
  EXPECT_EQ(queue_.State(now_).delivered(), good);
  ASSERT_EQ(queue_.State(now_).items_size(), 1);
  EXPECT_EQ(Item().waits(), OwedItem::WAITS_FOR_PERSON);
  EXPECT_EQ(Item().last_error(), "MDG-2303");
}

TEST_F(QueueTest, AFailureThatIsAboutTheRecordIsCountedAndPauses) {
  queue_.Offer(Of("a"), false, now_);
  queue_.Offer(Of("b"), false, now_);
  for (int i = 0; i < 3; ++i) {
    Fail(ErrorCode::kDestinationAnswerUnusable);
    EXPECT_EQ(Deliver(), i == 0 ? "b" : "");
    now_ = std::min(queue_.NextTime(), now_ + absl::Hours(1));
  }
  EXPECT_EQ(Item().waits(), OwedItem::WAITS_FOR_PERSON);
}

TEST_F(QueueTest, TheDaemonsAbsenceIsNobodysFailure) {
  queue_.Offer(Of("a"), false, now_);
  for (int i = 0; i < 50; ++i) {
    Fail(ErrorCode::kCannotReach, Kind::kDaemonAway);
    EXPECT_LE(queue_.NextTime() - now_, absl::Seconds(10));
    now_ = queue_.NextTime();
  }
  EXPECT_EQ(Item().tries(), 0);
  EXPECT_EQ(Deliver(), "a");
}

TEST_F(QueueTest, ARecordThatOqsDoesNotGiveNowHoldsUpNobody) {
  queue_.Offer(Of("a"), false, now_);
  queue_.Offer(Of("b"), false, now_);
  for (int i = 0; i < 50; ++i) {
    Fail(ErrorCode::kNotAsked, Kind::kNotYet);
    EXPECT_EQ(Deliver(), i == 0 ? "b" : "");
    EXPECT_LE(queue_.NextTime() - now_, absl::Minutes(1));
    now_ = queue_.NextTime();
  }
  EXPECT_EQ(Item().tries(), 0);
  EXPECT_EQ(Item().last_error(), "MDG-1413");
  EXPECT_EQ(Deliver(), "a");
}

TEST_F(QueueTest, ARecordWaitsForItsChart) {
  queue_.Offer(Of("a"), true, now_);
  queue_.Offer(Of("b", "p"), true, now_);
  EXPECT_EQ(Deliver(), "b");
  EXPECT_EQ(Item().waits(), OwedItem::WAITS_FOR_CHART);
  EXPECT_TRUE(queue_.Offer(Of("a", "q", "2"), true, now_));
  EXPECT_EQ(Deliver(), "a");
}

TEST_F(QueueTest, WhatNeverGetsAChartIsGivenUpAfterAWeek) {
  queue_.Offer(Of("a"), true, now_);
  now_ += Queue::kRemember + absl::Hours(1);
  queue_.Offer(Of("b", "p"), true, now_);
  ASSERT_EQ(queue_.State(now_).items_size(), 1);
  EXPECT_EQ(Item().reception_id(), "b");
  EXPECT_EQ(queue_.State(now_).withheld(0).because(), "MDG-2312");
}

TEST_F(QueueTest, WhatIsWithheldIsToldAndNotTriedAgain) {
  queue_.Offer(Of("a", "p"), false, now_);
  queue_.Offer(Of("b", "p"), false, now_);
  Fail(ErrorCode::kConsentWithdrawn, Kind::kWithheld);
  EXPECT_FALSE(queue_.Offer(Of("a", "p"), false, now_));
  EXPECT_EQ(Deliver(), "b");
  ASSERT_EQ(queue_.State(now_).withheld_size(), 1);
  EXPECT_EQ(queue_.State(now_).withheld(0).because(), "MDG-2003");
}

TEST_F(QueueTest, WithdrawnIsNotDelivered) {
  queue_.Offer(Of("a"), false, now_);
  EXPECT_TRUE(queue_.Withdraw("a", v1::EXPORT_WHAT_RECEPTION,
                              base::MakeError(ErrorCode::kWrongState), now_));
  EXPECT_FALSE(queue_.Withdraw("a", v1::EXPORT_WHAT_RECEPTION,
                               base::MakeError(ErrorCode::kWrongState), now_));
  EXPECT_EQ(Deliver(), "");
}

TEST_F(QueueTest, EverythingIsRememberedOverARestart) {
  queue_.Offer(Of("a"), false, now_);
  EXPECT_EQ(Deliver(), "a");
  queue_.Offer(Of("b", "p"), false, now_);
  queue_.Offer(Of("c", "p"), false, now_);
  queue_.set_cursor("here");
  Fail(ErrorCode::kDestinationRefused, Kind::kRefused);
  Queue again(queue_.State(now_), {.tries = 3}, [] { return 0.5; });
  EXPECT_EQ(again.cursor(), "here");
  EXPECT_FALSE(again.Offer(Of("a"), false, now_));
  EXPECT_FALSE(again.Next(now_).has_value());
  EXPECT_EQ(again.State(now_).SerializeAsString(), queue_.State(now_).SerializeAsString());
  EXPECT_EQ(again.Resend("", now_), 1);
  EXPECT_EQ(again.Next(now_)->reception_id(), "b");
}

TEST_F(QueueTest, MarksAreForgottenAfterAWeek) {
  queue_.Offer(Of("a"), false, now_);
  Deliver();
  now_ += Queue::kRemember + absl::Hours(1);
  queue_.Offer(Of("b"), false, now_);
  Deliver();
  ASSERT_EQ(queue_.State(now_).marks_size(), 1);
  EXPECT_EQ(queue_.State(now_).marks(0).reception_id(), "b");
}

TEST_F(QueueTest, WithheldNotesAreBounded) {
  for (int i = 0; i < 150; ++i) {
    queue_.Offer(Of(absl::StrCat(i)), false, now_);
    Fail(ErrorCode::kNoConsent, Kind::kWithheld);
  }
  EXPECT_EQ(queue_.State(now_).withheld_size(), 100);
  EXPECT_EQ(queue_.State(now_).withheld(99).reception_id(), "149");
}

}  // namespace
}  // namespace madoguchi::adapters
