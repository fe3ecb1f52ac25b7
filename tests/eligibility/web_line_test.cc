#include "agent/eligibility/web_line.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/crypto/digest.h"
#include "agent/eligibility/file_events.h"
#include "tests/eligibility/terminal_test_support.h"
#include "tests/sim/card_behaviour.h"
#include "tests/sim/card_store.h"
#include "tests/sim/center.h"
#include "tests/sim/faults.h"
#include "tests/sim/files.h"
#include "tests/sim/request_file.h"
#include "tests/sim/requests.h"
#include "tests/sim/test_site.h"

// The web API's thread over real sockets, with a journal that this test holds, against the
// simulator's center.
namespace madoguchi::eligibility {
namespace {

using sim::Fault;

// What the desk would keep.
class Journal {
 public:
  LineSink Sink() {
    LineSink sink;
    sink.journal = [this](const Ticket& ticket, JournalStep step) {
      absl::MutexLock lock(&mu_);
      if (refuses_) return base::MakeError(base::ErrorCode::kNotAsked);
      EXPECT_EQ(step, JournalStep::kSent);
      ++sent_[ticket.id];
      return absl::OkStatus();
    };
    sink.not_sent = [this](const Ticket& ticket, const absl::Status& why) {
      absl::MutexLock lock(&mu_);
      ends_[ticket.id] = "not sent " + base::DetailOf(why)->number();
    };
    sink.no_answer = [this](const Ticket& ticket, const absl::Status& why) {
      absl::MutexLock lock(&mu_);
      ends_[ticket.id] = "no answer " + base::DetailOf(why)->number();
    };
    sink.answered = [this](const Ticket& ticket, Reply reply) {
      absl::MutexLock lock(&mu_);
      ++offers_;
      if (full_) return base::MakeError(base::ErrorCode::kStoreFailed);
      ends_[ticket.id] = "answered";
      replies_[ticket.id] = std::move(reply);
      return absl::OkStatus();
    };
    sink.removed = [this](const Ticket& ticket) {
      absl::MutexLock lock(&mu_);
      ++removed_[ticket.id];
    };
    sink.changed = [] {};
    return sink;
  }

  void Refuse() {
    absl::MutexLock lock(&mu_);
    refuses_ = true;
  }
  void Full(bool full) {
    absl::MutexLock lock(&mu_);
    full_ = full;
  }
  std::string End(const std::string& id) const {
    absl::MutexLock lock(&mu_);
    const auto found = ends_.find(id);
    return found == ends_.end() ? "" : found->second;
  }
  int Sent(const std::string& id) const {
    absl::MutexLock lock(&mu_);
    const auto found = sent_.find(id);
    return found == sent_.end() ? 0 : found->second;
  }
  int Removed(const std::string& id) const {
    absl::MutexLock lock(&mu_);
    const auto found = removed_.find(id);
    return found == removed_.end() ? 0 : found->second;
  }
  Reply ReplyTo(const std::string& id) const {
    absl::MutexLock lock(&mu_);
    return replies_.at(id);
  }
  int offers() const {
    absl::MutexLock lock(&mu_);
    return offers_;
  }

 private:
  mutable absl::Mutex mu_;
  bool refuses_ ABSL_GUARDED_BY(mu_) = false;
  bool full_ ABSL_GUARDED_BY(mu_) = false;
  int offers_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, int> sent_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, int> removed_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::string> ends_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, Reply> replies_ ABSL_GUARDED_BY(mu_);
};

class WebLineTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(StartCenter()); }

  void StartCenter() {
    absl::StatusOr<std::unique_ptr<sim::Center>> center =
        sim::Center::Start(site_.site(), {.answer_after = absl::Milliseconds(5)});
    ASSERT_TRUE(center.ok()) << center.status();
    center_ = *std::move(center);
  }

  WebConfig Config() const {
    const auto url = [this](absl::string_view path) {
      return absl::StrCat("https://localhost:", site_.site().center_port(), path);
    };
    WebConfig config;
    config.answers = {Topic::kIdentifiers, Topic::kRecords, Topic::kCards};
    config.login_url = url(sim::kLoginPath);
    config.renew_url = url(sim::kRenewPath);
    config.query_url = url(sim::kQueryPath);
    config.drug_url = url(sim::kDrugPath);
    config.checkup_url = url(sim::kCheckupPath);
    config.challenge_url = url(sim::kChallengePath);
    config.card_url = url(sim::kCardPath);
    config.enrol_url = url(sim::kEnrolPath);
    config.keys = {.certificate = site_.site().PkiFile("center-client.pem"),
                   .key = site_.site().PkiFile("center-client.key"),
                   .ca = site_.site().PkiFile("center-ca.pem")};
    config.account = sim::kCenterAccount;
    config.password_file = site_.site().PkiFile("center-password");
    config.answer_within = absl::Seconds(3);
    config.try_again_after = absl::Milliseconds(300);
    return config;
  }

  void Start(const WebConfig& config) {
    line_ = std::make_unique<WebLine>(config, clock_, journal_.Sink());
    line_->Start();
  }
  void StartOnline() {
    Start(Config());
    ASSERT_TRUE(Eventually([&] { return IsState(v1::CONNECTION_STATE_ONLINE); }));
  }
  bool IsState(v1::ConnectionState state) const { return line_->Status().state() == state; }

  static std::string IdOf(int number) { return absl::StrCat("q", number); }
  Outgoing MakeOutgoing(int number, int person = 1) const {
    Outgoing out;
    out.ticket = {.id = IdOf(number),
                  .terminal = "web",
                  .day = absl::CivilDay(2026, 4, 10),
                  .number = number};
    out.question.institution = std::string(sim::kInstitution);
    out.question.identifier = IdOf(number);
    out.question.day = absl::CivilDay(2026, 4, 10);
    out.question.query = sim::QueryFor(site_.site().LoadPerson(person)->answer);
    return out;
  }
  // Asks and returns how it ended.
  std::string Ask(int number) {
    line_->Ask(MakeOutgoing(number));
    EXPECT_TRUE(Eventually([&] { return !journal_.End(IdOf(number)).empty(); }));
    return journal_.End(IdOf(number));
  }
  void Set(Fault fault) { ASSERT_TRUE(sim::SetFault(site_.site(), fault, 0).ok()); }
  void Clear() { ASSERT_TRUE(sim::ClearFaults(site_.site(), "", 0).ok()); }
  size_t Seen() const { return sim::SeenRequestLines(site_.site())->size(); }

  sim::TempSite site_{{.patients = 3, .asks_by_web = true}};
  base::SystemClock clock_;
  Journal journal_;
  std::unique_ptr<sim::Center> center_;
  // Last: it ends first.
  std::unique_ptr<WebLine> line_;
};

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
  WebHttp http(Config().keys);
  for (const size_t most : {size_t{1}, size_t{100'000}}) {
    WebResult result;
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
               [&](WebResult got) {
                 result = std::move(got);
                 done = true;
               });
    const absl::Time until = absl::Now() + absl::Seconds(10);
    while (!done && absl::Now() < until) http.Turn(absl::Milliseconds(50), wake_up.descriptor());
    ASSERT_TRUE(done);
    EXPECT_EQ(result.kind, most == 1 ? WebResult::Kind::kBroken : WebResult::Kind::kAnswered);
    EXPECT_EQ(result.why, most == 1 ? WebResult::Why::kTooLarge : WebResult::Why::kNone);
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

// The holder of a virtual card, as the desk asks about one.
class CardTest : public WebLineTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(sim::EnsureCardRoots(site_.site(), absl::Now()).ok());
    ASSERT_NO_FATAL_FAILURE(StartCenter());
    ASSERT_NO_FATAL_FAILURE(StartOnline());
  }

  oqs::WebChallenge GetChallenge() {
    absl::Notification done;
    absl::StatusOr<oqs::WebChallenge> got;
    line_->AskChallenge(std::string(sim::kInstitution),
                        [&](absl::StatusOr<oqs::WebChallenge> challenge) {
                          got = std::move(challenge);
                          done.Notify();
                        });
    done.WaitForNotification();
    EXPECT_TRUE(got.ok()) << got.status();
    return got.ok() ? *got : oqs::WebChallenge();
  }

  // What the card of a person says to a fresh challenge.
  kept::v1::CardQuestion MakeCard(int person, bool sign = true) {
    const absl::StatusOr<sim::OwnedCard> card =
        sim::LoadCard(site_.site(), person, sim::CardBehaviour(), absl::Now());
    EXPECT_TRUE(card.ok()) << card.status();
    kept::v1::CardQuestion question;
    question.set_purpose(kept::v1::CardQuestion::PURPOSE_CONFIRM);
    question.set_certificate(card->contents.auth_certificate);
    question.set_center("web");
    question.set_nonce(GetChallenge().nonce);
    *question.mutable_challenged_at() = base::ToProto(absl::Now());
    question.set_identified_by(sign ? v1::IDENTITY_METHOD_PIN : v1::IDENTITY_METHOD_VISUAL);
    if (sign) {
      const std::string bytes = oqs::ChallengeOf(question, std::string(sim::kInstitution)).Bytes();
      // The DigestInfo of SHA-256 (RFC 8017 9.2).
      const std::string info(
          "\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05"
          "\x00\x04\x20",
          19);
      question.set_signature(card->contents.auth_key(info + crypto::Sha256(bytes)));
    }
    kept::v1::ConsentAnswer& consent = *question.add_consents();
    consent.set_category(v1::CONSENT_CATEGORY_DRUG);
    consent.set_agreed(true);
    return question;
  }

  v1::Confirmation AskCard(int number, const kept::v1::CardQuestion& card) {
    Outgoing out = MakeOutgoing(number);
    out.question.query.Clear();
    out.question.card = card;
    line_->Ask(std::move(out));
    EXPECT_TRUE(Eventually([&] { return journal_.End(IdOf(number)) == "answered"; }))
        << journal_.End(IdOf(number));
    return journal_.End(IdOf(number)) == "answered"
               ? journal_.ReplyTo(IdOf(number)).message.confirmation()
               : v1::Confirmation();
  }
};

TEST_F(CardTest, ACardIsItsHoldersWithTheConsentsEchoed) {
  for (const bool sign : {true, false}) {
    SCOPED_TRACE(sign);
    const v1::Confirmation answer = AskCard(sign ? 1 : 2, MakeCard(2, sign));
    EXPECT_EQ(oqs::CardOutcomeOf(answer), oqs::CardOutcome::kConfirmed);
    EXPECT_EQ(answer.header().reference_classification_code(), "1");
    ASSERT_EQ(answer.qualifications_size(), 1);
    EXPECT_EQ(answer.qualifications(0).name(),
              site_.site().LoadPerson(2)->answer.qualifications(0).name());
    for (const v1::Consent& consent : answer.qualifications(0).consents()) {
      const bool drug = consent.category() == v1::CONSENT_CATEGORY_DRUG;
      EXPECT_EQ(consent.flag_code(), drug ? "1" : "0");
      EXPECT_EQ(consent.has_available_until(), drug);
    }
  }
}

TEST_F(CardTest, AProofCountsOnceAndOnlyForWhatWasSigned) {
  const kept::v1::CardQuestion card = MakeCard(1);
  EXPECT_EQ(oqs::CardOutcomeOf(AskCard(1, card)), oqs::CardOutcome::kConfirmed);
  EXPECT_EQ(oqs::CardOutcomeOf(AskCard(2, card)), oqs::CardOutcome::kProofRefused);
  kept::v1::CardQuestion other = MakeCard(1);
  other.set_center("another");
  EXPECT_EQ(oqs::CardOutcomeOf(AskCard(3, other)), oqs::CardOutcome::kProofRefused);
  kept::v1::CardQuestion foreign = MakeCard(1);
  foreign.set_certificate(MakeCard(2, false).certificate());
  EXPECT_EQ(oqs::CardOutcomeOf(AskCard(4, foreign)), oqs::CardOutcome::kProofRefused);
}

TEST_F(CardTest, RevokedSuspendedAndNotEnrolled) {
  Set(Fault::kCardRevoked);
  EXPECT_EQ(oqs::CardOutcomeOf(AskCard(1, MakeCard(1))), oqs::CardOutcome::kRevoked);
  Clear();
  Set(Fault::kCardSuspended);
  EXPECT_EQ(oqs::CardOutcomeOf(AskCard(2, MakeCard(1))), oqs::CardOutcome::kSuspended);
  Clear();
  const int person = *site_.site().NumberOfPersona("not-enrolled");
  kept::v1::CardQuestion card = MakeCard(person);
  EXPECT_EQ(oqs::CardOutcomeOf(AskCard(3, card)), oqs::CardOutcome::kNotEnrolled);
  // The card has gone meanwhile: the same proof enrols it, once.
  card.set_purpose(kept::v1::CardQuestion::PURPOSE_ENROL);
  const v1::Confirmation enrolled = AskCard(4, card);
  EXPECT_EQ(oqs::CardOutcomeOf(enrolled), oqs::CardOutcome::kConfirmed);
  EXPECT_EQ(enrolled.qualifications_size(), 1);
  EXPECT_EQ(oqs::CardOutcomeOf(AskCard(5, MakeCard(person))), oqs::CardOutcome::kConfirmed);
}

}  // namespace
}  // namespace madoguchi::eligibility
