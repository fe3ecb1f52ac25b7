#include "agent/base/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <vector>

#include "absl/synchronization/notification.h"
#include "agent/base/clock.h"

namespace madoguchi::base {
namespace {

using ::testing::ElementsAre;

constexpr absl::Duration kPatience = absl::Seconds(10);

TEST(Executor, RunsTasksInOrderOnOneThread) {
  SystemClock clock;
  Executor executor("test", clock);
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(executor.Post([&, i] {
      EXPECT_TRUE(executor.OnThisThread());
      order.push_back(i);
    }));
  }
  ASSERT_TRUE(executor.RunAndWait([] {}));
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
  EXPECT_FALSE(executor.OnThisThread());
}

TEST(Executor, RunsTimersWhenTheirTimeHasCome) {
  ManualClock clock(absl::FromUnixSeconds(1000));
  Executor executor("test", clock);
  std::vector<int> order;
  absl::Notification last;
  executor.PostAt(absl::FromUnixSeconds(1020), [&] {
    order.push_back(2);
    last.Notify();
  });
  executor.PostAt(absl::FromUnixSeconds(1010), [&] { order.push_back(1); });
  const auto cancelled = executor.PostAt(absl::FromUnixSeconds(1005), [&] { order.push_back(-1); });
  executor.Cancel(cancelled);
  ASSERT_TRUE(executor.RunAndWait([] {}));
  EXPECT_TRUE(order.empty());
  clock.Advance(absl::Seconds(10));
  clock.Advance(absl::Seconds(10));
  ASSERT_TRUE(last.WaitForNotificationWithTimeout(kPatience));
  EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST(Executor, StopFinishesWhatWasPostedAndDropsTimers) {
  ManualClock clock(absl::UnixEpoch());
  std::atomic<int> ran = 0;
  Executor executor("test", clock);
  for (int i = 0; i < 50; ++i) executor.Post([&] { ++ran; });
  executor.PostAt(absl::FromUnixSeconds(10), [&] { ran = 1000; });
  executor.Stop();
  EXPECT_EQ(ran, 50);
  EXPECT_FALSE(executor.Post([] {}));
  EXPECT_EQ(executor.PostAt(absl::UnixEpoch(), [] {}), 0u);
  EXPECT_FALSE(executor.RunAndWait([] {}));
  executor.Stop();
}

TEST(Executor, LetsGoOfWhatATaskHeldBeforeItWaits) {
  SystemClock clock;
  Executor executor("test", clock);
  auto held = std::make_shared<int>(1);
  std::weak_ptr<int> watched = held;
  executor.Post([held = std::move(held)] {});
  // The next task is taken only after the one before was let go of.
  ASSERT_TRUE(executor.RunAndWait([&] { EXPECT_TRUE(watched.expired()); }));
}

}  // namespace
}  // namespace madoguchi::base
