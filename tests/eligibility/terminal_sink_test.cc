// What was read is offered until it is on disk, in order and from memory.

#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/eligibility/outbox.h"
#include "tests/eligibility/terminal_test_support.h"

namespace madoguchi::eligibility {
namespace {

std::vector<std::string> Tokens(const std::vector<FacePush>& pushes) {
  std::vector<std::string> tokens;
  tokens.reserve(pushes.size());
  for (const FacePush& push : pushes) {
    tokens.push_back(push.confirmation.header().arbitrary_file_identifier());
  }
  return tokens;
}

TEST(TerminalSink, WhatADiskThatIsFullRefusesArrivesOnceAndInOrderWhenThereIsSpace) {
  Site site;
  site.StartAndSettle();
  site.sink.SetAnswer(FakeSink::Answer::kFull);
  std::vector<std::string> expected;
  for (int i = 1; i <= 20; ++i) {
    const absl::Time now = absl::Now();
    PublishFile(site.face, FaceName(now, i), FaceXml(now, i));
    expected.push_back(absl::StrCat("token-", i));
    ASSERT_TRUE(Eventually([&] { return site.terminal->Waiting() == i; }));
    // Other software takes the file away; it is in memory.
    ASSERT_EQ(unlink(absl::StrCat(site.face, "/", FaceName(now, i)).c_str()), 0);
  }
  site.sink.SetAnswer(FakeSink::Answer::kOk);
  ASSERT_TRUE(site.Stores(20, absl::Seconds(15)));
  EXPECT_EQ(Tokens(site.sink.stored()), expected);
  EXPECT_TRUE(Eventually([&] { return site.terminal->Waiting() == 0; }));
  site.AwaitRescan();
  EXPECT_EQ(site.sink.stored_count(), 20U);
  EXPECT_EQ(site.Status().files_taken(), 20);
}

TEST(TerminalSink, DoesNotWaitForOneBeforeOfferingTheNext) {
  Site site;
  site.StartAndSettle();
  site.sink.SetAnswer(FakeSink::Answer::kHold);
  for (int i = 1; i <= 5; ++i) {
    const absl::Time now = absl::Now();
    PublishFile(site.face, FaceName(now, i), FaceXml(now, i));
  }
  ASSERT_TRUE(Eventually([&] { return site.sink.offered().size() == 5; }));
  EXPECT_EQ(site.terminal->Waiting(), 5);
  site.AwaitRescan();
  EXPECT_EQ(site.sink.offered().size(), 5U);
  site.sink.Release(absl::OkStatus());
  EXPECT_TRUE(Eventually([&] { return site.terminal->Waiting() == 0; }));
}

TEST(TerminalSink, AnAnswerAfterTheTerminalIsGoneIsHarmless) {
  Site site;
  site.StartAndSettle();
  site.sink.SetAnswer(FakeSink::Answer::kHold);
  const absl::Time now = absl::Now();
  PublishFile(site.face, FaceName(now), FaceXml(now));
  ASSERT_TRUE(Eventually([&] { return site.sink.offered().size() == 1; }));
  ASSERT_TRUE(site.terminal->Stop(absl::Seconds(5)));
  site.terminal.reset();
  site.sink.Release(absl::OkStatus());
  EXPECT_EQ(site.sink.stored_count(), 1U);
}

TEST(TerminalSink, TakesNoMoreThanItMayKeepAndTheRestLater) {
  const TempFolder fast(TempFolder::FastParent());
  Site site;
  site.config.face = site.face = fast.Make("face");
  site.sink.SetAnswer(FakeSink::Answer::kHold);
  const absl::Time now = absl::Now();
  const int count = Outbox::kMostPushes + 50;
  for (int i = 1; i <= count; ++i) {
    WriteFile(absl::StrCat(site.face, "/", FaceName(now, i)), FaceXml(now, i));
  }
  site.Start();
  ASSERT_TRUE(site.Becomes(v1::CONNECTION_STATE_DEGRADED, "MDG-1505"));
  EXPECT_EQ(site.terminal->Waiting(), Outbox::kMostPushes);
  site.sink.SetAnswer(FakeSink::Answer::kOk);
  site.sink.Release(absl::OkStatus());
  ASSERT_TRUE(site.Stores(static_cast<size_t>(count)));
  EXPECT_TRUE(site.BecomesOnline());
  EXPECT_EQ(site.sink.offered().size(), static_cast<size_t>(count));
}

FacePush Push(const std::string& name) {
  FacePush push;
  push.file_name = name;
  return push;
}

std::vector<std::string> Names(const std::vector<Outbox::Offer>& offers) {
  std::vector<std::string> names;
  names.reserve(offers.size());
  for (const auto& offer : offers) names.push_back(offer.push.file_name);
  return names;
}

TEST(Outbox, WhatFailsComesBackInOrderAfterAPauseThatGrows) {
  const absl::Status full = base::MakeError(base::ErrorCode::kStoreFull);
  Outbox outbox;
  outbox.Add(Push("a"));
  outbox.Add(Push("b"));
  absl::Duration now = absl::Seconds(100);
  for (const int pause : {1, 2, 4, 5, 5}) {
    const auto offers = outbox.Due(now, 10);
    ASSERT_EQ(Names(offers), (std::vector<std::string>{"a", "b"}));
    // The answers come in any order.
    outbox.Done(offers[1].id, full, now);
    outbox.Done(offers[0].id, full, now);
    EXPECT_EQ(outbox.NextDue(), now + absl::Seconds(pause));
    now += absl::Seconds(pause) - absl::Milliseconds(1);
    EXPECT_TRUE(outbox.Due(now, 10).empty());
    now += absl::Milliseconds(1);
  }
  // A newer one does not overtake.
  outbox.Add(Push("c"));
  const auto offers = outbox.Due(now, 10);
  ASSERT_EQ(Names(offers), (std::vector<std::string>{"a", "b", "c"}));
  outbox.Done(offers[0].id, full, now);
  outbox.Add(Push("d"));
  EXPECT_TRUE(outbox.Due(now, 10).empty());
  // One that succeeds tells that there is space again.
  outbox.Done(offers[1].id, absl::OkStatus(), now);
  EXPECT_EQ(Names(outbox.Due(now, 10)), (std::vector<std::string>{"a", "d"}));
  EXPECT_EQ(outbox.Waiting(), 3);
}

TEST(Outbox, OnePushThatIsRefusedDoesNotHoldUpOthers) {
  Outbox outbox;
  outbox.Add(Push("a"));
  const absl::Duration now = absl::Seconds(100);
  const auto first = outbox.Due(now, 10);
  outbox.Done(first[0].id, base::MakeError(base::ErrorCode::kInternal), now);
  outbox.Add(Push("b"));
  EXPECT_EQ(Names(outbox.Due(now, 10)), std::vector<std::string>{"b"});
  EXPECT_EQ(Names(outbox.Due(now + absl::Seconds(5), 10)), std::vector<std::string>{"a"});
  EXPECT_EQ(outbox.Waiting(), 2);
}

TEST(Outbox, ASecondAnswerIsIgnored) {
  Outbox outbox;
  outbox.Add(Push("a"));
  const absl::Duration now = absl::Seconds(100);
  const auto first = outbox.Due(now, 10);
  outbox.Done(first[0].id, absl::OkStatus(), now);
  outbox.Done(first[0].id, base::MakeError(base::ErrorCode::kStoreFull), now);
  EXPECT_EQ(outbox.Waiting(), 0);
  EXPECT_EQ(outbox.NextDue(), absl::InfiniteDuration());
}

}  // namespace
}  // namespace madoguchi::eligibility
