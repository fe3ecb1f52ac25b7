#include "agent/reader/room.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/reader/card_certificate.h"
#include "tests/reader/test_room.h"

namespace madoguchi::reader {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST_F(RoomTest, FiveExchangesFromOpenToProof) {
  Start();
  const absl::StatusOr<CardFacts> facts = Open();
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(Number(facts->check), "OK");
  EXPECT_EQ(facts->attempts_left, 3);
  EXPECT_EQ(facts->exchanges, 3);
  EXPECT_EQ(facts->kind, std::nullopt);
  EXPECT_TRUE(facts->extended_length && facts->short_ids && !facts->pin_pad);
  EXPECT_GT(facts->took, absl::ZeroDuration());
  WaitForReader(kFront, [](const RoomReader& reader) { return reader.holder == "R1"; });
  const AuthenticateResult result = Authenticate();
  ASSERT_TRUE(result.proof.ok()) << result.proof.status();
  EXPECT_EQ(result.proof->exchanges, 5);
  EXPECT_EQ(result.proof->certificate, facts->certificate);
  EXPECT_TRUE(
      CheckCardSignature(facts->certificate, challenge_.Bytes(), result.proof->signature).ok());
  // Over, and powered off, when the answer comes. The first was at the start.
  EXPECT_THAT(Dispositions(kFront),
              ElementsAre(DWORD{SCARD_UNPOWER_CARD}, DWORD{SCARD_UNPOWER_CARD}));
  WaitForReader(kFront, [](const RoomReader& reader) { return reader.holder.empty(); });
  EXPECT_EQ(Number(Authenticate().proof.status()), "MDG-2104");
  EXPECT_EQ(LookAt(front_).forbidden, 0);
  EXPECT_EQ(LookAt(front_).verifies, 1);
  EXPECT_THAT(LostSoFar(), IsEmpty());
}

TEST_F(RoomTest, CardsThatLieThereAtTheStartArePoweredOff) {
  Put("Other", back_);
  Start();
  // In order: it was the first that was done.
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(Dispositions(kFront), ElementsAre(DWORD{SCARD_UNPOWER_CARD}));
  Close();
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(Dispositions(kFront),
              ElementsAre(DWORD{SCARD_UNPOWER_CARD}, DWORD{SCARD_RESET_CARD}));
  // What is nobody's is left alone.
  EXPECT_THAT(Dispositions("Other"), IsEmpty());
}

TEST_F(RoomTest, TheLabelIsReadWhenAskedForOrTheCertificateIsStrange) {
  Start();
  const absl::StatusOr<CardFacts> facts = Open(kFront, "R1", {.label = true});
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->kind, TokenKind::kPlastic);
  EXPECT_EQ(facts->exchanges, 4);
  Close();
  static const TestIdentity old = MakeTestIdentity();
  TestCard old_card(old);
  old_card.label = "JPKIAPICCTOKEN";
  PutAnew(kFront, old_card);
  EXPECT_EQ(Number(Open().status()), "MDG-2106");
  TestCard stranger(old);
  PutAnew(kFront, stranger);
  const absl::StatusOr<CardFacts> strange = Open();
  ASSERT_TRUE(strange.ok()) << strange.status();
  EXPECT_EQ(Number(strange->check), "MDG-2111");
  // Nothing is sent to a card that nobody trusts.
  EXPECT_EQ(Number(Authenticate().proof.status()), "MDG-2111");
  EXPECT_EQ(LookAt(stranger).verifies, 0);
  EXPECT_TRUE(room_->Stop(kRoomPatience));
}

TEST_F(RoomTest, AWrongPinLeavesItOpenForAnother) {
  Start();
  ASSERT_TRUE(Open().ok());
  const AuthenticateResult wrong = Authenticate("9999");
  EXPECT_EQ(Number(wrong.proof.status()), "MDG-2112");
  EXPECT_EQ(wrong.attempts_left, 2);
  EXPECT_TRUE(wrong.open);
  EXPECT_EQ(Authenticate("9998").attempts_left, 1);
  const AuthenticateResult unasked = Authenticate("1234");
  EXPECT_EQ(Number(unasked.proof.status()), "MDG-2115");
  EXPECT_EQ(unasked.attempts_left, 1);
  EXPECT_EQ(LookAt(front_).verifies, 2);
  const AuthenticateResult right = Authenticate("1234", true);
  ASSERT_TRUE(right.proof.ok()) << right.proof.status();
  EXPECT_EQ(right.proof->exchanges, 7);
}

TEST_F(RoomTest, TheLastAttemptBlocksAndEndsTheSession) {
  front_.attempts = 1;
  Start();
  ASSERT_TRUE(Open().ok());
  const AuthenticateResult result = Authenticate("9999", true);
  EXPECT_EQ(Number(result.proof.status()), "MDG-2113");
  EXPECT_EQ(result.attempts_left, 0);
  EXPECT_FALSE(result.open);
  EXPECT_EQ(Open()->attempts_left, 0);
  EXPECT_EQ(Number(Authenticate().proof.status()), "MDG-2113");
  EXPECT_EQ(LookAt(front_).verifies, 1);
}

TEST_F(RoomTest, OneHolderAtATime) {
  Start();
  ASSERT_TRUE(Open().ok());
  const absl::Status second = Open(kFront, "R2").status();
  EXPECT_EQ(Number(second), "MDG-2119");
  EXPECT_THAT(std::string(second.message()), HasSubstr("R1"));
  EXPECT_EQ(Number(Authenticate("1234", false, kFront, "R2").proof.status()), "MDG-2119");
  Close(kFront, "R2");
  ASSERT_TRUE(Open(kBack, "R2").ok());
  EXPECT_TRUE(Authenticate().proof.ok());
  EXPECT_TRUE(Authenticate("1234", false, kBack, "R2").proof.ok());
  ASSERT_TRUE(Open(kFront, "R2").ok());
  Close(kFront, "R2");
  // No PIN was sent: a reset is enough.
  EXPECT_EQ(Dispositions(kFront).back(), DWORD{SCARD_RESET_CARD});
}

TEST_F(RoomTest, WhatIsNotThereIsNamed) {
  Start();
  EXPECT_EQ(Number(Open("Nowhere").status()), "MDG-2101");
  EXPECT_THAT(std::string(Open("Other").status().message()), HasSubstr("belongs to no counter"));
  FakePcsc::Get().Remove("Front 00 00");
  WaitForReader(kFront, [](const RoomReader& reader) {
    return reader.facts.state == ReaderFacts::State::kEmpty;
  });
  EXPECT_EQ(Number(Open().status()), "MDG-2103");
  front_.has_application = false;
  PutAnew(kFront, front_);
  EXPECT_EQ(Number(Open().status()), "MDG-2105");
  WaitForReader(kFront, [](const RoomReader& reader) { return reader.holder.empty(); });
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.service = false; });
  WaitFor([](const RoomState& state) { return !state.service.ok(); });
  EXPECT_EQ(Number(Open().status()), "MDG-2102");
}

TEST_F(RoomTest, ACardThatIsNotPoweredYetIsWaitedFor) {
  Make(kRoomPatience);
  Start();
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers["Front 00 00"].not_powered = 3; });
  EXPECT_TRUE(Open().ok());
}

TEST_F(RoomTest, ButNotForLong) {
  Make(kRoomPatience, absl::Milliseconds(100));
  Start();
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers["Front 00 00"].not_powered = 1 << 20; });
  EXPECT_EQ(Number(Open().status()), "MDG-2104");
  FakePcsc::Get().Change([](FakePcsc& fake) {
    fake.readers["Front 00 00"].not_powered = 0;
    fake.readers["Front 00 00"].shared_out = true;
  });
  EXPECT_EQ(Number(Open().status()), "MDG-2119");
}

TEST_F(RoomTest, TakenAwayWhileItWaits) {
  Start();
  ASSERT_TRUE(Open().ok());
  FakePcsc::Get().Remove("Front 00 00");
  EXPECT_THAT(WaitForLost(1), ElementsAre(Pair("R1", "MDG-2104")));
  EXPECT_EQ(Number(Authenticate().proof.status()), "MDG-2104");
  PutAnew(kFront, front_);
  EXPECT_TRUE(Open().ok());
  EXPECT_THAT(LostSoFar(), ElementsAre(Pair("R1", "MDG-2104")));
}

TEST_F(RoomTest, SwappedWhileItWaits) {
  Start();
  ASSERT_TRUE(Open().ok());
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers["Front 00 00"].events += 2; });
  EXPECT_THAT(WaitForLost(1), ElementsAre(Pair("R1", "MDG-2104")));
  EXPECT_TRUE(Open(kFront, "R2").ok());
}

TEST_F(RoomTest, ReaderOrServiceGoesWhileItWaits) {
  Start();
  ASSERT_TRUE(Open().ok());
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers.erase("Front 00 00"); });
  EXPECT_THAT(WaitForLost(1), ElementsAre(Pair("R1", "MDG-2101")));
  ASSERT_TRUE(Open(kBack, "R2").ok());
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.service = false; });
  EXPECT_THAT(WaitForLost(2), ElementsAre(Pair("R1", "MDG-2101"), Pair("R2", "MDG-2102")));
  FakePcsc::Get().StartService();
  PutAnew(kFront, front_);
  EXPECT_TRUE(Open().ok());
}

TEST_F(RoomTest, AServiceThatCameBackUnnoticedIsTakenUp) {
  Start();
  ASSERT_TRUE(Open().ok());
  Close();
  FakePcsc::Get().StartService();
  // Whether or not the monitor has seen it: the old connection is of no use.
  const absl::StatusOr<CardFacts> facts = Open();
  if (!facts.ok()) {
    EXPECT_EQ(Number(facts.status()), "MDG-2102");
  }
  WaitForReader(kFront, [](const RoomReader& reader) { return reader.facts.card != 0; });
}

TEST_F(RoomTest, ALostExchangeIsTheAnswerAndNothingElseIsTold) {
  Start();
  ASSERT_TRUE(Open().ok());
  {
    absl::MutexLock lock(&cards_mu_);
    front_.yank_at = front_.exchanges + 1;
  }
  EXPECT_EQ(Number(Authenticate().proof.status()), "MDG-2116");
  FakePcsc::Get().Remove("Front 00 00");
  WaitForReader(kFront, [](const RoomReader& reader) {
    return reader.facts.state == ReaderFacts::State::kEmpty;
  });
  EXPECT_THAT(LostSoFar(), IsEmpty());
}

// The service has not seen that one card went and another came.
TEST_F(RoomTest, APinNeverCostsASwappedCardAnAttempt) {
  static const TestIdentity other = MakeTestIdentity();
  for (const bool fails_first : {true, false}) {
    if (fails_first) Start();
    TestCard second(other);
    PutAnew(kFront, front_);
    ASSERT_TRUE(Open().ok());
    FakePcsc::Get().Change([&](FakePcsc& fake) {
      auto first = std::make_shared<bool>(fails_first);
      fake.readers["Front 00 00"].card =
          [&, first](const std::string& command) -> std::optional<std::string> {
        if (std::exchange(*first, false)) return std::nullopt;
        absl::MutexLock lock(&cards_mu_);
        return second(command);
      };
    });
    EXPECT_EQ(Number(Authenticate().proof.status()), fails_first ? "MDG-2116" : "MDG-2118");
    EXPECT_EQ(LookAt(second).verifies, 0);
    EXPECT_EQ(LookAt(second).attempts, 3);
    EXPECT_EQ(Dispositions(kFront).back(), DWORD{SCARD_UNPOWER_CARD});
  }
  EXPECT_TRUE(room_->Stop(kRoomPatience));
}

TEST_F(RoomTest, WhatAReaderCannotDoIsLearntOnce) {
  front_.extended_length = false;
  Start();
  const absl::StatusOr<CardFacts> first = Open();
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(first->extended_length);
  Close();
  EXPECT_EQ(Open()->exchanges, first->exchanges - 1);
}

TEST_F(RoomTest, AfterTheStopEverythingIsAnsweredAtOnce) {
  EXPECT_EQ(Number(Open().status()), "MDG-1004");
  Start();
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(room_->Stop(kRoomPatience));
  EXPECT_EQ(Number(Open().status()), "MDG-1004");
  EXPECT_EQ(Number(Authenticate().proof.status()), "MDG-1004");
  Close();
  EXPECT_THAT(LostSoFar(), IsEmpty());
}

}  // namespace
}  // namespace madoguchi::reader
