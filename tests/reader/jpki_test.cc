#include "agent/reader/jpki.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/reader/card_certificate.h"
#include "agent/reader/card_session.h"
#include "tests/reader/fake_pcsc.h"
#include "tests/reader/test_card.h"

namespace madoguchi::reader {
namespace {

using base::ErrorCode;
using testing::ElementsAre;

const TestIdentity& Identity() {
  static const TestIdentity identity = MakeTestIdentity();
  return identity;
}

class JpkiTest : public testing::Test {
 protected:
  void SetUp() override {
    FakePcsc::Get().Reset();
    FakePcsc::Get().readers["R"].card = [this](const std::string& command) {
      return card_(command);
    };
  }

  std::unique_ptr<CardSession> Open() {
    const absl::StatusOr<PcscContext> context = PcscContext::Establish();
    EXPECT_TRUE(context.ok());
    auto session = CardSession::Open(*context, "R");
    EXPECT_TRUE(session.ok()) << session.status();
    return session.ok() ? *std::move(session) : nullptr;
  }

  // A whole authentication; OK when the signature fits the certificate.
  absl::Status Authenticate(const std::string& pin = "1234", bool spend_last = false) {
    const auto session = Open();
    JpkiCard card(*session, memory_);
    MDG_RETURN_IF_ERROR(card.Select());
    const auto certificate = card.ReadCertificate();
    if (!certificate.ok()) return certificate.status();
    const auto attempts = card.AttemptsLeft();
    if (!attempts.ok()) return attempts.status();
    auto typed = Pin::Read(pin);
    if (!typed.ok()) return typed.status();
    MDG_RETURN_IF_ERROR(card.Verify(*std::move(typed), spend_last));
    const auto signature = card.Sign(challenge_);
    if (!signature.ok()) return signature.status();
    exchanges_ = session->exchanges();
    return CheckCardSignature(*certificate, challenge_.Bytes(), *signature);
  }

  static std::string Number(const absl::Status& status) {
    return status.ok() ? "OK" : base::DetailOf(status)->number();
  }
  static std::vector<DWORD>& Dispositions() { return FakePcsc::Get().readers["R"].dispositions; }

  TestCard card_{Identity()};
  ReaderMemory memory_;
  const LoginChallenge challenge_{.institution = "9910000017",
                                  .center = "sim",
                                  .nonce = "nonce",
                                  .time = absl::FromUnixSeconds(1'800'000'000)};
  int exchanges_ = 0;
};

TEST_F(JpkiTest, FiveExchangesWithExtendedLength) {
  EXPECT_EQ(Number(Authenticate()), "OK");
  EXPECT_EQ(exchanges_, 5);
  EXPECT_EQ(card_.exchanges, 5);
  EXPECT_EQ(card_.verifies, 1);
  EXPECT_EQ(card_.signatures, 1);
  EXPECT_EQ(card_.forbidden, 0);
  EXPECT_THAT(Dispositions(), ElementsAre(DWORD{SCARD_UNPOWER_CARD}));
}

TEST_F(JpkiTest, ShortLengthIsLearntWithOneWastedCommand) {
  card_.extended_length = false;
  EXPECT_EQ(Number(Authenticate()), "OK");
  const int reads = static_cast<int>((Identity().certificate_der.size() + 255) / 256);
  EXPECT_EQ(exchanges_, 4 + reads + 1);
  EXPECT_FALSE(memory_.extended_length);
  EXPECT_EQ(Number(Authenticate()), "OK");
  EXPECT_EQ(exchanges_, 4 + reads);
}

TEST_F(JpkiTest, WithoutShortIdsFilesAreSelected) {
  card_.short_ids = false;
  EXPECT_EQ(Number(Authenticate()), "OK");
  EXPECT_TRUE(memory_.extended_length);
  EXPECT_EQ(Number(Authenticate()), "OK");
  EXPECT_EQ(exchanges_, 8);
  card_.extended_length = false;
  EXPECT_EQ(Number(Authenticate()), "OK");
  EXPECT_EQ(card_.forbidden, 0);
}

TEST_F(JpkiTest, TheFirstCommandMayFailOnce) {
  card_.first_fails = true;
  EXPECT_EQ(Number(Authenticate()), "OK");
  EXPECT_EQ(exchanges_, 6);
}

TEST_F(JpkiTest, OtherCardsAreNamed) {
  card_.has_application = false;
  EXPECT_EQ(Number(Authenticate()), "MDG-2105");
  EXPECT_EQ(card_.exchanges, 1);
  card_.has_application = true;
  card_.has_certificate = false;
  EXPECT_EQ(Number(Authenticate()), "MDG-2107");
  EXPECT_EQ(card_.verifies, 0);
}

TEST_F(JpkiTest, TokensAreToldByTheirLabel) {
  const auto session = Open();
  JpkiCard card(*session, memory_);
  ASSERT_TRUE(card.Select().ok());
  EXPECT_EQ(*card.Token(), TokenKind::kPlastic);
  card_.label = "JPKIAPGPSETOKEN";
  EXPECT_EQ(*card.Token(), TokenKind::kAndroid);
  card_.label = "JPKIAPIOSTOKEN";
  EXPECT_EQ(*card.Token(), TokenKind::kIphone);
  card_.label = "JPKIAPICCTOKEN";
  EXPECT_EQ(Number(card.Token().status()), "MDG-2106");
  card_.label = "JPKIAPICCTOKEN2X";
  EXPECT_EQ(Number(card.Token().status()), "MDG-2105");
}

TEST_F(JpkiTest, WrongPinsCountDownAndTheLastIsNotSpentUnasked) {
  EXPECT_EQ(Number(Authenticate("0000")), "MDG-2112");
  EXPECT_EQ(Number(Authenticate("0000")), "MDG-2112");
  EXPECT_EQ(card_.attempts, 1);
  EXPECT_EQ(Number(Authenticate("0000")), "MDG-2115");
  EXPECT_EQ(card_.verifies, 2);
  EXPECT_EQ(Number(Authenticate("0000", true)), "MDG-2113");
  EXPECT_EQ(card_.attempts, 0);
  EXPECT_EQ(Number(Authenticate("1234", true)), "MDG-2113");
  EXPECT_EQ(card_.verifies, 3);
  EXPECT_EQ(card_.signatures, 0);
}

TEST_F(JpkiTest, APinOfAnotherFormNeverReachesTheCard) {
  for (const std::string pin : {"", "123", "12345", "12a4", "１２３４"}) {
    EXPECT_EQ(Number(Authenticate(pin)), "MDG-2114");
  }
  EXPECT_EQ(card_.verifies, 0);
}

TEST_F(JpkiTest, OneSignatureForOnePin) {
  const auto session = Open();
  JpkiCard card(*session, memory_);
  ASSERT_TRUE(card.Select().ok());
  EXPECT_EQ(Number(card.Sign(challenge_).status()), "MDG-1005");
  ASSERT_TRUE(card.AttemptsLeft().ok());
  ASSERT_TRUE(card.Verify(*Pin::Read("1234"), false).ok());
  EXPECT_TRUE(card.Sign(challenge_).ok());
  EXPECT_EQ(Number(card.Sign(challenge_).status()), "MDG-1005");
  EXPECT_EQ(card_.signatures, 1);
}

// Before and during every exchange, by an error or by success without bytes.
TEST_F(JpkiTest, AYankedCardIsNeverVerifiedTwiceAndAlwaysNamed) {
  for (const LONG gone : {LONG{SCARD_E_NOT_TRANSACTED}, LONG{SCARD_S_SUCCESS}}) {
    for (const bool after : {false, true}) {
      for (int at = 1; at <= 5; ++at) {
        SCOPED_TRACE(absl::StrCat("exchange ", at, after ? " after" : " before"));
        FakePcsc::Get().gone = gone;
        card_ = TestCard(Identity());
        card_.yank_at = at;
        card_.yank_after = after;
        Dispositions().clear();
        EXPECT_EQ(Number(Authenticate()), at == 4 ? "MDG-2116" : "MDG-2104");
        EXPECT_LE(card_.verifies, 1);
        EXPECT_EQ(card_.exchanges, at);
        EXPECT_THAT(Dispositions(),
                    ElementsAre(at >= 4 ? DWORD{SCARD_UNPOWER_CARD} : DWORD{SCARD_LEAVE_CARD}));
        card_ = TestCard(Identity());
        EXPECT_EQ(Number(Authenticate()), "OK");
      }
    }
  }
}

TEST_F(JpkiTest, AnotherCardOnTheSameHandleIsNotTakenForTheFirst) {
  static const TestIdentity other = MakeTestIdentity();
  TestCard second(other);
  // The swap happens after the certificate was read; what is left of the session answers well.
  bool swapped = false;
  FakePcsc::Get().readers["R"].card = [&](const std::string& command) {
    if (card_.exchanges == 2 && !swapped) {
      swapped = true;
      second(std::string("\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01", 15));
    }
    return swapped ? second(command) : card_(command);
  };
  EXPECT_EQ(Number(Authenticate()), "MDG-2117");
}

TEST_F(JpkiTest, TheChallengeIsBoundToEveryField) {
  LoginChallenge other = challenge_;
  other.institution = "9910000018";
  EXPECT_NE(other.Bytes(), challenge_.Bytes());
  other = challenge_;
  // A field cannot reach into the next.
  other.center = "sim\n0005:nonce";
  other.nonce = "";
  EXPECT_NE(other.Bytes(), challenge_.Bytes());
}

}  // namespace
}  // namespace madoguchi::reader
