#include "agent/reader/pin_pad.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/string_view.h"
#include "tests/reader/test_room.h"

namespace madoguchi::reader {
namespace {

constexpr DWORD kAskFeatures = 0x42000000 + 3400;
constexpr DWORD kVerify = 0x42330006;

// A reader with a pad on which somebody types.
class PinPadTest : public RoomTest {
 protected:
  void SetUp() override {
    RoomTest::SetUp();
    FakePcsc::Get().Change([this](FakePcsc& fake) {
      fake.readers["Front 00 00"].control = [this](DWORD code, const std::string& request) {
        return Control(code, request);
      };
    });
  }
  void TearDown() override { RoomTest::TearDown(); }

  std::optional<std::string> Control(DWORD code, const std::string& request) {
    if (code == kAskFeatures) return features_;
    if (code != kVerify) return std::nullopt;
    request_ = request;
    if (typed_.empty()) return said_;
    // As a reader does: the digits into the place of the command.
    std::string command = request.substr(request.size() - 9);
    command.replace(5, 4, typed_);
    absl::MutexLock lock(&cards_mu_);
    return front_(command);
  }
  AuthenticateResult OnPad(bool spend_last = false) {
    auto asked = std::make_shared<Asked<AuthenticateResult>>();
    room_->AuthenticateOnPad(kFront, "R1", spend_last, challenge_, Into(asked));
    return asked->Wait();
  }

  std::string features_ = std::string("\x12\x01\x00\x06\x04\x42\x33\x00\x06", 9);
  std::string typed_ = "1234";
  std::string said_;
  std::string request_;
};

TEST_F(PinPadTest, ThePinGoesFromTheReaderToTheCard) {
  Start();
  const absl::StatusOr<CardFacts> facts = Open();
  ASSERT_TRUE(facts.ok());
  EXPECT_TRUE(facts->pin_pad);
  // Asking the reader is no exchange with the card.
  EXPECT_EQ(facts->exchanges, 3);
  EXPECT_EQ(LookAt(front_).exchanges, 3);
  const AuthenticateResult result = OnPad();
  ASSERT_TRUE(result.proof.ok()) << result.proof.status();
  EXPECT_EQ(result.proof->exchanges, 5);
  EXPECT_EQ(Dispositions(kFront).back(), DWORD{SCARD_UNPOWER_CARD});
  // PC/SC part 10: times, ASCII from the left, four digits at least and at most, confirmation key,
  // one message, Japanese, then the length of the command and the command.
  EXPECT_EQ(request_, std::string("\x1E\x1E\x82\x04\x00\x04\x04\x02\x01\x11\x04\x00\x00\x00\x00"
                                  "\x09\x00\x00\x00\x00\x20\x00\x98\x04\xFF\xFF\xFF\xFF",
                                  28));
}

TEST_F(PinPadTest, WrongPinsCountAsEver) {
  Start();
  ASSERT_TRUE(Open().ok());
  typed_ = "9999";
  EXPECT_EQ(OnPad().attempts_left, 2);
  EXPECT_EQ(OnPad().attempts_left, 1);
  EXPECT_EQ(Number(OnPad().proof.status()), "MDG-2115");
  EXPECT_EQ(Number(OnPad(true).proof.status()), "MDG-2113");
  EXPECT_EQ(LookAt(front_).verifies, 3);
}

TEST_F(PinPadTest, NothingTypedIsNothingSent) {
  Start();
  ASSERT_TRUE(Open().ok());
  typed_ = "";
  for (const char* const said : {"\x64\x00", "\x64\x01", "\x64\x03", "\x6B\x80"}) {
    said_ = std::string(said, 2);
    const AuthenticateResult result = OnPad();
    EXPECT_EQ(Number(result.proof.status()), "MDG-2122");
    EXPECT_TRUE(result.open);
    EXPECT_EQ(result.attempts_left, 3);
  }
  EXPECT_EQ(LookAt(front_).verifies, 0);
  typed_ = "1234";
  EXPECT_TRUE(OnPad().proof.ok());
}

TEST_F(PinPadTest, WhetherABrokenOneCountedIsNotKnown) {
  Start();
  ASSERT_TRUE(Open().ok());
  typed_ = "";
  said_ = "";
  const AuthenticateResult result = OnPad();
  EXPECT_EQ(Number(result.proof.status()), "MDG-2116");
  EXPECT_FALSE(result.open);
}

TEST_F(PinPadTest, AReaderWithoutSaysSo) {
  Start();
  for (const std::string& features :
       {std::string(), std::string("\x06"), std::string("\x06\x04\x42", 3),
        std::string("\x06\x02\x42\x33", 4), std::string("\x07\x04\x42\x33\x00\x07", 6),
        std::string("\x12\xFF\x06\x04\x42\x33\x00\x06", 8)}) {
    features_ = features;
    const absl::StatusOr<CardFacts> facts = Open();
    ASSERT_TRUE(facts.ok());
    EXPECT_FALSE(facts->pin_pad);
    const AuthenticateResult result = OnPad();
    EXPECT_EQ(Number(result.proof.status()), "MDG-2123");
    EXPECT_TRUE(result.open);
    Close();
  }
  FakePcsc::Get().Change([](FakePcsc& fake) { fake.readers["Front 00 00"].control = nullptr; });
  EXPECT_FALSE(Open()->pin_pad);
  EXPECT_EQ(LookAt(front_).verifies, 0);
}

}  // namespace
}  // namespace madoguchi::reader
