#include "agent/oqs/web_assumed.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"

namespace madoguchi::oqs {
namespace {

WebCardQuestion MakeQuestion() {
  WebCardQuestion question{.institution = "9910000017",
                           .identifier = "01a2215b-ec43-7ba4-843c-dc1d9921cf25",
                           .day = absl::CivilDay(2026, 4, 10),
                           .card = {}};
  kept::v1::CardQuestion& card = question.card;
  card.set_purpose(kept::v1::CardQuestion::PURPOSE_CONFIRM);
  card.set_certificate(std::string("\x30\x82\x00\xFF", 4));
  card.set_signature(std::string(256, '\x80'));
  card.set_center("web");
  card.set_nonce("0123456789abcdef");
  *card.mutable_challenged_at() = base::ToProto(absl::FromUnixSeconds(1'800'000'000));
  card.set_identified_by(v1::IDENTITY_METHOD_PIN);
  for (const auto& [category, agreed] : std::vector<std::pair<v1::ConsentCategory, bool>>{
           {v1::CONSENT_CATEGORY_DRUG, true}, {v1::CONSENT_CATEGORY_CHECKUP, false}}) {
    v1::ConsentAnswer& consent = *card.add_consents();
    consent.set_category(category);
    consent.set_granted(agreed);
  }
  return question;
}

TEST(WebAssumed, WhatIsWrittenIsRead) {
  const WebCardQuestion question = MakeQuestion();
  const absl::StatusOr<WebCardQuestion> read = ReadWebCard(WriteWebCard(question));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->institution, question.institution);
  EXPECT_EQ(read->identifier, question.identifier);
  EXPECT_EQ(read->day, question.day);
  EXPECT_EQ(read->card.SerializeAsString(), question.card.SerializeAsString());

  const absl::StatusOr<WebAccount> account =
      ReadWebAccount(WriteWebAccount({.user = "site", .password = "a\"b\\c"}));
  ASSERT_TRUE(account.ok());
  EXPECT_EQ(account->password, "a\"b\\c");
  EXPECT_EQ(ReadWebRenewal(WriteWebRenewal("token")).value(), "token");
  EXPECT_EQ(ReadWebChallengeRequest(WriteWebChallengeRequest("9910000017")).value(), "9910000017");

  const absl::StatusOr<WebChallenge> challenge = ReadWebChallenge(
      WriteWebChallenge({.nonce = "0123456789abcdef", .valid_for = absl::Seconds(120)}));
  ASSERT_TRUE(challenge.ok());
  EXPECT_EQ(challenge->valid_for, absl::Minutes(2));

  WebLogin login;
  login.status = "0";
  login.id_token = "id";
  login.refresh_token = "refresh";
  const absl::StatusOr<WebLogin> tokens = ReadWebLogin(WriteWebLogin(login));
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(tokens->refresh_token, "refresh");
}

TEST(WebAssumed, AChallengeIsOfOneMeaningOnly) {
  // Fields cannot run into each other: each has its length before it.
  const LoginChallenge one{
      .institution = "9910000017", .center = "ab", .nonce = "c", .time = absl::UnixEpoch()};
  LoginChallenge other = one;
  other.center = "a";
  other.nonce = "bc";
  EXPECT_NE(one.Bytes(), other.Bytes());
  const LoginChallenge read = ChallengeOf(MakeQuestion().card, "9910000017");
  EXPECT_EQ(read.nonce, "0123456789abcdef");
  EXPECT_NE(read.Bytes().find("2027-01-15T08:00:00Z"), std::string::npos);
}

TEST(WebAssumed, ChallengesThatMeanNothingAreRefused) {
  for (const char* bytes :
       {"", "[]", "{}", R"({"nonce":"short","validSeconds":"60"})",
        R"({"nonce":"0123456789abcdef","validSeconds":"0"})",
        R"({"nonce":"0123456789abcdef","validSeconds":"601"})",
        R"({"nonce":"0123456789abcdef","validSeconds":"x"})",
        R"({"nonce":"0123456789abcdé","validSeconds":"60"})",
        R"({"nonce":"0123456789abcdef","nonce":"0123456789abcdef","validSeconds":"60"})"}) {
    const absl::StatusOr<WebChallenge> read = ReadWebChallenge(bytes);
    EXPECT_FALSE(read.ok()) << bytes;
    EXPECT_TRUE(base::DetailOf(read.status()).has_value()) << bytes;
  }
  const std::string long_nonce(65, 'n');
  EXPECT_FALSE(
      ReadWebChallenge(WriteWebChallenge({.nonce = long_nonce, .valid_for = absl::Seconds(60)}))
          .ok());
  // A ready-made digest is nothing a card would sign as it is: it is text in our own structure.
  EXPECT_FALSE(ReadWebChallenge(absl::StrCat(R"({"nonce":"\u0030\u0031\u0000)", long_nonce,
                                             R"(","validSeconds":"60"})"))
                   .ok());
}

TEST(WebAssumed, HostileBytesAreAnErrorAndNothingElse) {
  const std::vector<std::string> seeds = {
      WriteWebCard(MakeQuestion()), WriteWebAccount({.user = "u", .password = "p"}),
      WriteWebChallenge({.nonce = "0123456789abcdef", .valid_for = absl::Seconds(60)})};
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same bytes each time
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = seeds[static_cast<size_t>(round) % seeds.size()];
    for (int change = 0; change < 1 + round % 4; ++change) {
      const size_t place = random() % bytes.size();
      switch (random() % 3) {
        case 0:
          bytes[place] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(place, random() % 8);
          break;
        default:
          bytes.insert(place, bytes.substr(random() % bytes.size(), random() % 16));
      }
      if (bytes.empty()) bytes = "{";
    }
    const absl::StatusOr<WebCardQuestion> card = ReadWebCard(bytes);
    if (card.ok()) {
      EXPECT_LE(card->card.certificate().size(), 4096U);
      EXPECT_EQ(ReadWebCard(WriteWebCard(*card))->card.SerializeAsString(),
                card->card.SerializeAsString());
    } else {
      EXPECT_TRUE(base::DetailOf(card.status()).has_value());
    }
    ReadWebAccount(bytes).IgnoreError();
    const absl::StatusOr<WebChallenge> challenge = ReadWebChallenge(bytes);
    EXPECT_TRUE(!challenge.ok() || challenge->nonce.size() <= 64U);
  }
  const std::string deep = std::string(100, '{');
  EXPECT_FALSE(ReadWebCard(deep).ok());
  EXPECT_FALSE(ReadWebCard(std::string(kMaxWebRequestBytes + 1, ' ')).ok());
}

TEST(WebAssumed, WhatAnAnswerSaysAboutTheCard) {
  v1::Confirmation answer;
  EXPECT_EQ(CardOutcomeOf(answer), CardOutcome::kRefused);
  answer.mutable_header()->set_segment_of_result_code("1");
  answer.set_processing_result_status_code("1");
  // A notice: the certificate ends soon.
  answer.mutable_processing_result()->set_code("SYN-E0202");
  EXPECT_EQ(CardOutcomeOf(answer), CardOutcome::kConfirmed);
  answer.set_processing_result_status_code("2");
  EXPECT_EQ(CardOutcomeOf(answer), CardOutcome::kRevoked);
  for (const CardOutcome outcome :
       {CardOutcome::kNotEnrolled, CardOutcome::kSuspended, CardOutcome::kExpired,
        CardOutcome::kHolderUnknown, CardOutcome::kProofRefused}) {
    answer.mutable_processing_result()->set_code(std::string(CardOutcomeCode(outcome)));
    EXPECT_EQ(CardOutcomeOf(answer), outcome);
  }
  answer.mutable_processing_result()->set_code("OQS-UNKNOWN");
  EXPECT_EQ(CardOutcomeOf(answer), CardOutcome::kRefused);
}

}  // namespace
}  // namespace madoguchi::oqs
