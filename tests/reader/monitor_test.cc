#include "agent/reader/monitor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/synchronization/mutex.h"
#include "agent/base/error.h"
#include "tests/reader/fake_pcsc.h"

namespace madoguchi::reader {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using State = ReaderFacts::State;

constexpr absl::Duration kPatience = absl::Seconds(20);

FakePcsc::Card AnyCard() {
  return [](const std::string&) { return std::string("\x90\x00", 2); };
}

class MonitorTest : public testing::Test {
 protected:
  void SetUp() override { FakePcsc::Get().Reset(); }
  void TearDown() override { EXPECT_TRUE(monitor_.Stop(kPatience)); }

  // Waits until the newest list is as wanted.
  ReaderList WaitFor(const std::function<bool(const ReaderList&)>& wanted) {
    absl::MutexLock lock(&mu_);
    const auto there = [&] { return wanted(newest_); };
    EXPECT_TRUE(mu_.AwaitWithTimeout(absl::Condition(&there), kPatience));
    return newest_;
  }
  ReaderFacts WaitForState(State state) {
    return WaitFor([&](const ReaderList& list) {
             return list.readers.size() == 1 && list.readers[0].state == state;
           })
        .readers[0];
  }

  absl::Mutex mu_;
  ReaderList newest_;
  ReaderMonitor monitor_{
      {.rules = {{.match = "Front*", .counter = "front"}}, .retry = absl::Milliseconds(10)},
      [this](const ReaderList& list) {
        absl::MutexLock lock(&mu_);
        newest_ = list;
      }};
};

TEST_F(MonitorTest, ReadersAndCardsComeAndGo) {
  monitor_.Start();
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers["Front 00 00"]; });
  const ReaderFacts empty = WaitForState(State::kEmpty);
  EXPECT_EQ(empty.name, "Front");
  EXPECT_EQ(empty.service_name, "Front 00 00");
  EXPECT_EQ(empty.counter, "front");
  FakePcsc::Get().Insert("Front 00 00", AnyCard());
  const uint32_t first = WaitForState(State::kCard).card;
  FakePcsc::Get().Remove("Front 00 00");
  WaitForState(State::kEmpty);
  FakePcsc::Get().Insert("Front 00 00", AnyCard());
  EXPECT_NE(WaitForState(State::kCard).card, first);
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers.clear(); });
  WaitFor([](const ReaderList& list) { return list.readers.empty(); });
}

TEST_F(MonitorTest, ACardBackWithinOneLookIsAnotherCard) {
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers["Front 00 00"]; });
  monitor_.Start();
  WaitForState(State::kEmpty);
  FakePcsc::Get().Insert("Front 00 00", AnyCard());
  const uint32_t first = WaitForState(State::kCard).card;
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers["Front 00 00"].events += 2; });
  WaitFor([first](const ReaderList& list) {
    return list.readers.size() == 1 && list.readers[0].card != first;
  });
}

TEST_F(MonitorTest, SurvivesTheServiceGoingAndComing) {
  FakePcsc::Get().Change([](FakePcsc& fake) {
    fake.service = false;
    fake.readers["Front 00 00"].card = AnyCard();
  });
  monitor_.Start();
  for (int round = 0; round < 3; ++round) {
    const ReaderList down = WaitFor([](const ReaderList& list) { return !list.service.ok(); });
    EXPECT_TRUE(base::Is(down.service, base::ErrorCode::kCardServiceDown));
    EXPECT_THAT(down.readers, IsEmpty());
    FakePcsc::Get().Change([](FakePcsc& fake) { fake.service = true; });
    WaitForState(State::kCard);
    FakePcsc::Get().Change([](FakePcsc& fake) { fake.service = false; });
  }
}

TEST_F(MonitorTest, ImpossibleAndUnusableStatesAreTrouble) {
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers["Front 00 00"].card = AnyCard(); });
  monitor_.Start();
  WaitForState(State::kCard);
  for (const DWORD bits : {SCARD_STATE_EMPTY, SCARD_STATE_MUTE, SCARD_STATE_UNAVAILABLE}) {
    FakePcsc::Get().Change([&](FakePcsc& fake) { fake.readers["Front 00 00"].more_bits = bits; });
    WaitForState(State::kTrouble);
    FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers["Front 00 00"].more_bits = 0; });
    WaitForState(State::kCard);
  }
  FakePcsc::Get().Change(
      [](FakePcsc& fake) { fake.readers["Front 00 00"].more_bits = SCARD_STATE_EXCLUSIVE; });
  WaitForState(State::kBusy);
}

TEST(ReaderNamesTest, AreStableUnlessTheyWouldBeAlike) {
  EXPECT_THAT(StableNames({"A 00 00", "B 01 00"}), ElementsAre("A", "B"));
  EXPECT_THAT(StableNames({"A 00 00", "A 01 00", "B 02 00"}),
              ElementsAre("A 00 00", "A 01 00", "B"));
  EXPECT_THAT(StableNames({"A [x] (1) 0a 0B", "odd", " 00 00", ""}),
              ElementsAre("A [x] (1)", "odd", " 00", ""));
}

TEST(ReaderNamesTest, BelongToTheCounterOfTheFirstRuleThatFits) {
  const std::vector<ReaderRule> rules = {{.match = "A", .counter = "a"},
                                         {.match = "A*", .counter = "as"},
                                         {.match = "*", .counter = "rest"}};
  EXPECT_EQ(CounterOf("A", rules), "a");
  EXPECT_EQ(CounterOf("AB", rules), "as");
  EXPECT_EQ(CounterOf("C", rules), "rest");
  EXPECT_EQ(CounterOf("C", {rules[0]}), "");
}

}  // namespace
}  // namespace madoguchi::reader
