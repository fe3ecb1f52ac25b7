#include "tests/sim/card_desk.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/json_form.h"
#include "tests/sim/card_keys.h"
#include "tests/sim/files.h"
#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

// Somebody else's hierarchy of cards.
class OtherCards {
 public:
  OtherCards() : root_(*MakeCardRoot(CardUse::kAuthenticate, absl::Now())) {
    EXPECT_TRUE(ReplaceFile(file(), root_.certificate).ok());
  }
  std::string file() const { return folder_.path() + "/other.pem"; }
  std::string Issue(const std::string& subject) const {
    const absl::StatusOr<std::string> pem =
        IssueCardCertificate(root_, *MakeCardKey(),
                             {.use = CardUse::kAuthenticate,
                              .subject = subject,
                              .from = absl::Now() - absl::Hours(1),
                              .to = absl::Now() + absl::Hours(1)});
    EXPECT_TRUE(pem.ok()) << pem.status();
    return *CertificateDer(*pem);
  }

 private:
  TempFolder folder_;
  CardKeyPair root_;
};

oqs::WebCardQuestion Visual(CardDesk& desk, const std::string& certificate) {
  oqs::WebCardQuestion question{.institution = std::string(kInstitution),
                                .identifier = "q1",
                                .day = base::JapanDay(absl::Now()),
                                .card = {}};
  question.card.set_purpose(kept::v1::CardQuestion::PURPOSE_CONFIRM);
  question.card.set_certificate(certificate);
  question.card.set_nonce(desk.GiveChallenge(absl::Now()).nonce);
  *question.card.mutable_challenged_at() = base::ToProto(absl::Now());
  question.card.set_identified_by(v1::IDENTITY_METHOD_VISUAL);
  return question;
}

oqs::CardOutcome OutcomeOf(const Answer& answer) {
  const absl::StatusOr<v1::OqsMessage> message = oqs::ReadJson("OQSsiquc01res_1.xml", answer.bytes);
  EXPECT_TRUE(message.ok()) << message.status();
  return oqs::CardOutcomeOf(message->confirmation());
}

TEST(CardDesk, AnybodysCardOfATrustedRootIsAlwaysTheSameOnes) {
  const OtherCards cards;
  const TempSite site({.patients = 20, .trust_card_ca = cards.file()});
  const auto desk = CardDesk::Make(site.site());
  ASSERT_TRUE(desk.ok()) << desk.status();
  const CardDesk::Options options{.now = absl::Now()};
  std::set<int> people;
  for (int number = 0; number < 4; ++number) {
    const std::string certificate = cards.Issue(absl::StrCat("SOMEBODY", number));
    const absl::StatusOr<Answer> first = (*desk)->AnswerCard(Visual(**desk, certificate), options);
    const absl::StatusOr<Answer> second = (*desk)->AnswerCard(Visual(**desk, certificate), options);
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(OutcomeOf(*first), oqs::CardOutcome::kConfirmed);
    EXPECT_EQ(first->person, second->person);
    EXPECT_GE(first->person, 1);
    EXPECT_LE(first->person, 20);
    people.insert(first->person);
  }
  EXPECT_GT(people.size(), 1U);
}

TEST(CardDesk, ACardOfARootThatWasNotGivenIsNobodys) {
  const OtherCards cards;
  const TempSite site({.patients = 3});
  const auto desk = CardDesk::Make(site.site());
  ASSERT_TRUE(desk.ok()) << desk.status();
  const absl::StatusOr<Answer> answer =
      (*desk)->AnswerCard(Visual(**desk, cards.Issue("SOMEBODY")), {.now = absl::Now()});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(OutcomeOf(*answer), oqs::CardOutcome::kProofRefused);
}

TEST(CardDesk, OneCardIsRevokedAndTheOthersCount) {
  const OtherCards cards;
  const TempSite site({.patients = 20, .trust_card_ca = cards.file()});
  const auto desk = CardDesk::Make(site.site());
  ASSERT_TRUE(desk.ok()) << desk.status();
  const std::string one = cards.Issue("SOMEBODY0");
  const auto ask = [&](const std::string& certificate) {
    return *(*desk)->AnswerCard(Visual(**desk, certificate), {.now = absl::Now()});
  };
  const int person = ask(one).person;
  std::string other = cards.Issue("SOMEBODY1");
  for (int number = 2; ask(other).person == person; ++number) {
    other = cards.Issue(absl::StrCat("SOMEBODY", number));
  }
  ASSERT_TRUE(SetCardStanding(site.site(), person, "revoked").ok());
  EXPECT_EQ(OutcomeOf(ask(one)), oqs::CardOutcome::kRevoked);
  EXPECT_EQ(OutcomeOf(ask(other)), oqs::CardOutcome::kConfirmed);
  ASSERT_TRUE(SetCardStanding(site.site(), person, "suspended").ok());
  EXPECT_EQ(OutcomeOf(ask(one)), oqs::CardOutcome::kSuspended);
  ASSERT_TRUE(SetCardStanding(site.site(), person, "good").ok());
  EXPECT_EQ(OutcomeOf(ask(one)), oqs::CardOutcome::kConfirmed);
  EXPECT_EQ(SetCardStanding(site.site(), person, "lost").code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(CardDesk, OnlyCertificatesAreTakenForARoot) {
  const TempFolder folder;
  const std::string file = folder.path() + "/no.pem";
  ASSERT_TRUE(ReplaceFile(file, "no certificate").ok());
  const absl::Status made =
      InitSite({.folder = folder.path() + "/site", .trust_card_ca = file}, absl::Now());
  EXPECT_EQ(made.code(), absl::StatusCode::kInvalidArgument) << made;
}

}  // namespace
}  // namespace madoguchi::sim
