#include "agent/reader/card_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/base/error.h"
#include "agent/reader/pin.h"
#include "tests/reader/fake_pcsc.h"

namespace madoguchi::reader {
namespace {

using testing::ElementsAre;

class CardSessionTest : public testing::Test {
 protected:
  void SetUp() override {
    FakePcsc::Get().Reset();
    FakePcsc::Get().readers["R"].card = [this](const std::string&) { return answer_; };
    FakePcsc::Get().readers["empty"];
  }
  static std::string Open(const std::string& reader) {
    const auto context = PcscContext::Establish();
    if (!context.ok()) return base::DetailOf(context.status())->number();
    const auto session = CardSession::Open(*context, reader);
    return session.ok() ? "OK" : base::DetailOf(session.status())->number();
  }

  std::optional<std::string> answer_ = std::string("data\x90\x00", 6);
};

TEST_F(CardSessionTest, WhatIsInTheWayIsNamed) {
  EXPECT_EQ(Open("R"), "OK");
  EXPECT_EQ(Open("empty"), "MDG-2103");
  EXPECT_EQ(Open("nobody"), "MDG-2101");
  FakePcsc::Get().readers["R"].shared_out = true;
  EXPECT_EQ(Open("R"), "MDG-2119");
  FakePcsc::Get().service = false;
  EXPECT_EQ(Open("R"), "MDG-2102");
  EXPECT_EQ(FakePcsc::Get().contexts, 0);
}

TEST_F(CardSessionTest, NothingIsLeftOpen) {
  const auto context = PcscContext::Establish();
  {
    const auto session = CardSession::Open(*context, "R");
    EXPECT_EQ(FakePcsc::Get().readers["R"].transactions, 1);
    EXPECT_EQ((*session)->Transmit("x")->data, "data");
  }
  EXPECT_EQ(FakePcsc::Get().readers["R"].transactions, 0);
  EXPECT_EQ(FakePcsc::Get().readers["R"].connections, 0);
  EXPECT_THAT(FakePcsc::Get().readers["R"].dispositions, ElementsAre(DWORD{SCARD_RESET_CARD}));
}

TEST_F(CardSessionTest, AfterAFailedExchangeItIsOver) {
  for (const auto& bad : {std::optional<std::string>(), std::optional<std::string>("x"),
                          std::optional<std::string>("")}) {
    const auto context = PcscContext::Establish();
    const auto session = CardSession::Open(*context, "R");
    answer_ = bad;
    EXPECT_TRUE(base::Is((*session)->Transmit("x").status(), base::ErrorCode::kCardLost));
    // What answers now may be another card.
    answer_ = std::string("other\x90\x00", 7);
    EXPECT_TRUE(base::Is((*session)->Transmit("x").status(), base::ErrorCode::kCardLost));
    EXPECT_TRUE((*session)->over());
    EXPECT_EQ((*session)->exchanges(), 1);
  }
}

TEST_F(CardSessionTest, ACardThatWasSentAPinIsPoweredOff) {
  auto pin = Pin::Read("1234");
  for (const bool works : {true, false}) {
    const auto context = PcscContext::Establish();
    {
      const auto session = CardSession::Open(*context, "R");
      if (!works) answer_.reset();
      EXPECT_EQ((*session)->TransmitPin(pin->Command(0x98)).ok(), works);
    }
    EXPECT_EQ(FakePcsc::Get().readers["R"].dispositions.back(), DWORD{SCARD_UNPOWER_CARD});
  }
}

TEST(PinTest, IsTheCommandItself) {
  auto pin = Pin::Read("0987");
  ASSERT_TRUE(pin.ok());
  EXPECT_EQ(pin->Command(0x98), absl::string_view("\x00\x20\x00\x98\x04"
                                                  "0987",
                                                  9));
  Pin moved = *std::move(pin);
  EXPECT_EQ(moved.Command(0x80), absl::string_view("\x00\x20\x00\x80\x04"
                                                   "0987",
                                                   9));
}

TEST(ApduTest, DerLengthsAreBounded) {
  EXPECT_EQ(DerLength(""), 0u);
  EXPECT_EQ(DerLength("\x30"), 0u);
  EXPECT_EQ(DerLength(absl::string_view("\x30\x03", 2)), 5u);
  EXPECT_EQ(DerLength(absl::string_view("\x30\x82\x06\x2B", 4)), 1583u);
  // Indefinite, cut, and too long to be meant.
  EXPECT_EQ(DerLength(absl::string_view("\x30\x80", 2)), 0u);
  EXPECT_EQ(DerLength(absl::string_view("\x30\x82\x06", 3)), 0u);
  EXPECT_EQ(DerLength(absl::string_view("\x30\x84\x01\x01\x01\x01", 6)), 0u);
}

}  // namespace
}  // namespace madoguchi::reader
