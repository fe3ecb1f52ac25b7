#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "agent/reader/room.h"
#include "tests/reader/test_room.h"

// What hangs in the card service, and what that must not touch.
namespace madoguchi::reader {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr absl::Duration kSoon = absl::Milliseconds(50);

bool IsSelect(const std::string& command) { return command[1] == '\xA4'; }
bool IsVerify(const std::string& command) { return command[1] == '\x20' && command.size() > 4; }
bool IsSign(const std::string& command) { return command[1] == '\x2A'; }

class RoomHangTest : public RoomTest {
 protected:
  void SetUp() override {
    RoomTest::SetUp();
    Make(kSoon);
  }
  void WaitUntilStuck(bool stuck) {
    WaitForReader(kFront, [stuck](const RoomReader& reader) { return reader.stuck == stuck; });
  }
};

TEST_F(RoomHangTest, TheCallerIsAnsweredAndTheReaderComesBack) {
  Start();
  const auto gate = HoldOn(kFront, front_, IsSelect);
  EXPECT_EQ(Number(Open().status()), "MDG-2120");
  WaitUntilStuck(true);
  EXPECT_EQ(Number(Open().status()), "MDG-2120");
  Close();
  // The other one does not notice.
  ASSERT_TRUE(Open(kBack, "R2").ok());
  EXPECT_TRUE(Authenticate("1234", false, kBack, "R2").proof.ok());
  gate->let_go.Notify();
  WaitUntilStuck(false);
  // Nothing but what hung was sent.
  EXPECT_EQ(LookAt(front_).exchanges, 1);
  ASSERT_TRUE(Open().ok());
  EXPECT_TRUE(Authenticate().proof.ok());
  EXPECT_THAT(LostSoFar(), IsEmpty());
}

TEST_F(RoomHangTest, WhetherAHangingVerifyCountedIsNotKnown) {
  Start();
  ASSERT_TRUE(Open().ok());
  const auto gate = HoldOn(kFront, front_, IsVerify);
  const auto waits = AskAuthenticate();
  const auto behind = AskOpen(kFront, "R2");
  EXPECT_EQ(Number(waits->Wait().proof.status()), "MDG-2116");
  EXPECT_EQ(Number(behind->Wait().status()), "MDG-2120");
  WaitForReader(kFront,
                [](const RoomReader& reader) { return reader.stuck && reader.holder.empty(); });
  gate->let_go.Notify();
  WaitUntilStuck(false);
  // The PIN was right, so the card has to be powered off; it is not signed with.
  EXPECT_EQ(Dispositions(kFront).back(), DWORD{SCARD_UNPOWER_CARD});
  EXPECT_EQ(LookAt(front_).signatures, 0);
}

TEST_F(RoomHangTest, StopLeavesBehindWhatHangs) {
  Make(kRoomPatience);
  Start();
  ASSERT_TRUE(Open().ok());
  const auto gate = HoldOn(kFront, front_, IsVerify);
  const auto waits = AskAuthenticate();
  gate->held.WaitForNotification();
  EXPECT_FALSE(room_->Stop(kSoon));
  EXPECT_TRUE(waits->there.HasBeenNotified());
  EXPECT_EQ(Number(waits->Wait().proof.status()), "MDG-2116");
  EXPECT_EQ(Number(Open().status()), "MDG-1004");
  EXPECT_FALSE(room_->Stop(kSoon));
  room_ = nullptr;
  // What comes back late ends its session, without the room.
  gate->let_go.Notify();
  FakePcsc::Get().WaitForChange(kRoomPatience, [](FakePcsc& fake) { return fake.contexts == 0; });
  EXPECT_EQ(Dispositions(kFront).back(), DWORD{SCARD_UNPOWER_CARD});
}

TEST_F(RoomHangTest, StopLetsWhatIsUnderWayComeToItsEnd) {
  Make(kRoomPatience);
  Start();
  ASSERT_TRUE(Open().ok());
  const auto gate = HoldOn(kFront, front_, IsSign);
  const auto waits = AskAuthenticate();
  const auto behind = AskOpen(kFront, "R2");
  gate->held.WaitForNotification();
  absl::Notification stopped;
  std::thread stopping([&] {
    EXPECT_TRUE(room_->Stop(kRoomPatience));
    stopped.Notify();
  });
  EXPECT_FALSE(stopped.HasBeenNotified());
  gate->let_go.Notify();
  stopping.join();
  EXPECT_TRUE(waits->Wait().proof.ok());
  EXPECT_EQ(Number(behind->Wait().status()), "MDG-1004");
}

TEST_F(RoomHangTest, AnotherProgramsTransactionIsNamedAsThat) {
  Make(kRoomPatience, kSoon);
  Start();
  absl::Notification theirs_ends;
  FakePcsc::Get().Change([&](FakePcsc& fake) {
    fake.readers["Front 00 00"].on_transaction = [&] { theirs_ends.WaitForNotification(); };
  });
  EXPECT_EQ(Number(Open().status()), "MDG-2119");
  EXPECT_EQ(Number(Open().status()), "MDG-2119");
  theirs_ends.Notify();
  WaitUntilStuck(false);
  FakePcsc::Get().Change(
      [](FakePcsc& fake) { fake.readers["Front 00 00"].on_transaction = nullptr; });
  EXPECT_TRUE(Open().ok());
  EXPECT_EQ(LookAt(front_).exchanges, 3);
}

TEST_F(RoomHangTest, WhoHoldsAReaderAtTheStartHoldsUpNoOther) {
  Make(kRoomPatience);
  absl::Notification theirs_ends;
  FakePcsc::Get().Change([&](FakePcsc& fake) {
    fake.readers["Front 00 00"].on_transaction = [&] { theirs_ends.WaitForNotification(); };
  });
  Start();
  ASSERT_TRUE(Open(kBack, "R2").ok());
  EXPECT_TRUE(Authenticate("1234", false, kBack, "R2").proof.ok());
  theirs_ends.Notify();
  EXPECT_TRUE(Open().ok());
}

TEST_F(RoomHangTest, AReaderThatIsPluggedInAgainStartsAnew) {
  Start();
  const auto gate = HoldOn(kFront, front_, IsSelect);
  EXPECT_EQ(Number(Open().status()), "MDG-2120");
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers.erase("Front 00 00"); });
  WaitFor([](const RoomState& state) { return state.readers.size() == 2; });
  PutAnew(kFront, front_);
  EXPECT_TRUE(Open().ok());
  gate->let_go.Notify();
}

}  // namespace
}  // namespace madoguchi::reader
