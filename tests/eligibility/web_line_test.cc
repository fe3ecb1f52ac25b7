#include "agent/eligibility/web_line.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "agent/base/error.h"
#include "agent/eligibility/file_events.h"
#include "tests/eligibility/web_site.h"

namespace madoguchi::eligibility {
namespace {

TEST_F(WebLineTest, AnAnswerIsKeptOnceAndLetGoOf) {
  ASSERT_NO_FATAL_FAILURE(StartOnline());
  EXPECT_EQ(Ask(1), "answered");
  EXPECT_EQ(journal_.Sent("q1"), 1);
  ASSERT_TRUE(Eventually([&] { return journal_.Removed("q1") == 1; }));
  const Reply reply = journal_.ReplyTo("q1");
  EXPECT_EQ(reply.message.confirmation().header().arbitrary_file_identifier(), "q1");
  EXPECT_EQ(reply.message.confirmation().qualifications(0).name(),
            site_.site().LoadPerson(1)->answer.qualifications(0).name());
  EXPECT_EQ(line_->Status().answered(), 1);
  EXPECT_TRUE(line_->CertificateEnds().has_value());
}

TEST_F(WebLineTest, AnAnswerTellsHowFarTheClocksAreApart) {
  clock_.off = -absl::Minutes(10);
  ASSERT_NO_FATAL_FAILURE(StartOnline());
  EXPECT_EQ(line_->ClockSkew(), absl::ZeroDuration());
  ASSERT_EQ(Ask(1), "answered");
  EXPECT_LT(absl::AbsDuration(line_->ClockSkew() - absl::Minutes(10)), absl::Minutes(1));
}

TEST_F(WebLineTest, WhatCannotBeKeptIsOfferedAgainAndNotAskedAgain) {
  ASSERT_NO_FATAL_FAILURE(StartOnline());
  journal_.Full(true);
  line_->Ask(MakeOutgoing(1));
  ASSERT_TRUE(Eventually([&] { return journal_.offers() >= 3; }));
  journal_.Full(false);
  ASSERT_TRUE(Eventually([&] { return journal_.End("q1") == "answered"; }));
  EXPECT_EQ(Seen(), 1U);
}

TEST_F(WebLineTest, ARefusedJournalLetsNothingLeave) {
  ASSERT_NO_FATAL_FAILURE(StartOnline());
  journal_.Refuse();
  EXPECT_EQ(Ask(1), "not sent MDG-1413");
  EXPECT_EQ(Seen(), 0U);
  // It is no fault of the line.
  EXPECT_TRUE(IsState(v1::CONNECTION_STATE_ONLINE));
}

TEST_F(WebLineTest, WhereNobodyListensNothingWasSent) {
  ASSERT_NO_FATAL_FAILURE(StartOnline());
  center_.reset();
  EXPECT_EQ(Ask(1), "not sent MDG-1221");
  EXPECT_EQ(journal_.Sent("q1"), 0);
  EXPECT_FALSE(line_->Ready());
  // It finds out by itself that it is back.
  ASSERT_NO_FATAL_FAILURE(StartCenter());
  ASSERT_TRUE(Eventually([&] { return line_->Ready(); }));
  EXPECT_EQ(Ask(2), "answered");
}

TEST_F(WebLineTest, WhatFailsAfterTheFirstByteIsNeverRepeated) {
  ASSERT_NO_FATAL_FAILURE(StartOnline());
  const std::pair<Fault, std::string> cases[] = {{Fault::kCenterResets, "no answer MDG-1225"},
                                                 {Fault::kCenterFails, "no answer MDG-1225"},
                                                 {Fault::kCenterGarbage, "no answer MDG-1227"},
                                                 {Fault::kAnswerTruncated, "no answer MDG-1225"},
                                                 {Fault::kAnswerForeign, "no answer MDG-1227"},
                                                 {Fault::kCenterHangs, "no answer MDG-1226"},
                                                 {Fault::kAnswerUnreadable, "no answer MDG-1227"}};
  int number = 0;
  for (const auto& [fault, end] : cases) {
    SCOPED_TRACE(sim::FaultName(fault));
    const size_t before = Seen();
    Set(fault);
    EXPECT_EQ(Ask(++number), end);
    EXPECT_EQ(journal_.Sent(IdOf(number)), 1);
    Clear();
    EXPECT_EQ(Seen(), before + 1);
  }
}

TEST_F(WebLineTest, ATokenThatEndedCostsALoginAndNoQuestion) {
  ASSERT_NO_FATAL_FAILURE(StartOnline());
  Set(Fault::kCenterTokenExpired);
  for (int number = 1; number <= 5; ++number) line_->Ask(MakeOutgoing(number));
  ASSERT_TRUE(Eventually([&] {
    for (int number = 1; number <= 5; ++number) {
      if (journal_.End(IdOf(number)) != "answered") return false;
    }
    return true;
  }));
}

TEST_F(WebLineTest, WhatAnEarlierRunSentHasNoAnswerAnyMore) {
  line_ = std::make_unique<WebLine>(Config(), clock_, journal_.Sink());
  Outgoing sent = MakeOutgoing(1);
  sent.step = JournalStep::kSent;
  Outgoing answered = MakeOutgoing(2);
  answered.step = JournalStep::kSent;
  answered.answered = true;
  line_->Ask(sent);
  line_->Ask(answered);
  line_->Start();
  ASSERT_TRUE(Eventually([&] { return journal_.End("q1") == "no answer MDG-1225"; }));
  ASSERT_TRUE(Eventually([&] { return journal_.Removed("q2") == 1; }));
  EXPECT_EQ(Seen(), 0U);
}

TEST_F(WebLineTest, ACenterOfAnotherAuthorityIsNotTrusted) {
  WebConfig config = Config();
  config.keys.ca = site_.site().PkiFile("ca.pem");
  Start(config);
  ASSERT_TRUE(Eventually([&] { return line_->Status().cause().number() == "MDG-1222"; }));
  EXPECT_FALSE(line_->Ready());
}

TEST_F(WebLineTest, ACertificateOfOursThatIsNotAcceptedIsToldAsThat) {
  WebConfig config = Config();
  config.keys.certificate = site_.site().PkiFile("emr.pem");
  config.keys.key = site_.site().PkiFile("emr.key");
  Start(config);
  ASSERT_TRUE(Eventually([&] { return line_->Status().cause().number() == "MDG-1222"; }))
      << line_->Status().DebugString();
}

TEST_F(WebLineTest, AnAnswerLargerThanAllowedIsNone) {
  WakeUp wake_up;
  web::Http http(Config().keys);
  for (const size_t most : {size_t{1}, size_t{100'000}}) {
    web::Result result;
    bool done = false;
    http.Start({.url = Config().login_url,
                .body = "{}",
                .headers = {},
                .token_header = "",
                .token = "",
                .connect_within = absl::Seconds(5),
                .within = absl::Seconds(5),
                .most_bytes = most,
                .before_bytes = nullptr},
               [&](web::Result got) {
                 result = std::move(got);
                 done = true;
               });
    const absl::Time until = absl::Now() + absl::Seconds(10);
    while (!done && absl::Now() < until) http.Turn(absl::Milliseconds(50), wake_up.descriptor());
    ASSERT_TRUE(done);
    EXPECT_EQ(result.kind, most == 1 ? web::Result::Kind::kBroken : web::Result::Kind::kAnswered);
    EXPECT_EQ(result.why, most == 1 ? web::Result::Why::kTooLarge : web::Result::Why::kNone);
  }
}

TEST_F(WebLineTest, AHungCenterDoesNotHoldUpTheEnd) {
  ASSERT_NO_FATAL_FAILURE(StartOnline());
  Set(Fault::kCenterHangs);
  line_->Ask(MakeOutgoing(1));
  ASSERT_TRUE(Eventually([&] { return journal_.Sent("q1") == 1; }));
  const absl::Time begun = absl::Now();
  EXPECT_TRUE(line_->Stop(absl::Seconds(2)));
  EXPECT_LT(absl::Now() - begun, absl::Seconds(1));
  bool told = false;
  line_->AskChallenge(std::string(sim::kInstitution),
                      [&](const absl::StatusOr<oqs::WebChallenge>& challenge) {
                        told = base::Is(challenge.status(), base::ErrorCode::kStopping);
                      });
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace madoguchi::eligibility
