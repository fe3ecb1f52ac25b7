#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "agent/base/japan_time.h"
#include "agent/crypto/digest.h"
#include "tests/eligibility/web_site.h"
#include "tests/sim/card_behaviour.h"
#include "tests/sim/card_store.h"

// Cards over the web: what the center says about them and their holders.
namespace madoguchi::eligibility {
namespace {

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
    v1::ConsentAnswer& consent = *question.add_consents();
    consent.set_category(v1::CONSENT_CATEGORY_DRUG);
    consent.set_granted(true);
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
