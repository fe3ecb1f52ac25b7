#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/reception/exchanges.h"
#include "tests/reception/desk_fixture.h"

// A check-in at an own reader, with readers and a line that do what the test says.
namespace madoguchi::reception {
namespace {

using eligibility::JournalStep;

class WebStandIn : public eligibility::Line {
 public:
  const eligibility::LineAbout& about() const override { return about_; }
  void Ask(eligibility::Outgoing outgoing) override { asked.push_back(std::move(outgoing)); }
  void GiveUp(const std::string& /*id*/) override {}
  void Drop(const std::string& /*id*/) override {}
  void Start() override {}
  bool Stop(absl::Duration /*patience*/) override { return true; }
  v1::LineStatus Status() const override { return {}; }
  bool Ready() const override { return ready; }
  bool Hangs() const override { return false; }

  std::vector<eligibility::Outgoing> asked;
  bool ready = true;

 private:
  const eligibility::LineAbout about_{.name = "web",
                                      .counter = "",
                                      .only = {},
                                      .range = {},
                                      .topics = {eligibility::Topic::kCards},
                                      .first = true};
};

class DeskCardsTest : public DeskFixture {
 protected:
  DeskCardsTest() {
    caller_ = {.identity = "kiosk", .person = "", .counters = {}, .patient_terminal = true};
    options_.own_reader_records = true;
    lines_ = {&web_};
  }

  void SetUp() override {
    StartUp();
    CardReaders cards;
    cards.find = [this](const std::string& reader) -> absl::StatusOr<CardReaders::Now> {
      if (reader != "Reader") return base::MakeError(base::ErrorCode::kReaderNotFound);
      return CardReaders::Now{.counter = "main", .card = card_};
    };
    cards.open = [this](const std::string& /*reader*/, const std::string& /*holder*/,
                        reader::ReaderRoom::OpenDone done) {
      ++opened_;
      opening_ = std::move(done);
    };
    cards.prove = [this](const std::string& /*reader*/, const std::string& /*holder*/,
                         const SealedPin& pin, reader::ReaderRoom::AuthenticateDone done) {
      pins_.push_back(pin);
      proving_ = std::move(done);
    };
    cards.close = [this](const std::string& /*reader*/, const std::string& /*holder*/) {
      ++closed_;
    };
    cards.new_key = [this]() -> absl::StatusOr<v1::PinKey> {
      v1::PinKey key;
      key.set_key_id(absl::StrCat("key", ++keys_));
      return key;
    };
    cards.drop_key = [](const std::string& /*id*/) {};
    desk_->UseCards(std::move(cards));
    desk_->UseChallenges([this](const Desk::ChallengeDone& done) {
      ++challenges_;
      if (slow_) {
        asked_.push_back(done);
      } else if (challenge_.ok()) {
        done(oqs::WebChallenge{.nonce = absl::StrCat("nonce-nonce-nonce-", challenges_),
                               .valid_for = absl::Minutes(2)});
      } else {
        done(challenge_);
      }
    });
    sink_ = desk_->MakeLineSink();
  }

  Outcome Start() {
    v1::StartReceptionRequest request;
    request.set_reader("Reader");
    return Wait<Outcome>([&](auto done) { desk_->StartAtReader(caller_, request, done); });
  }
  // Until the card is open.
  v1::Reception Present(int attempts = 3) {
    card_ = 1;
    const Outcome started = Start();
    EXPECT_TRUE(started.ok()) << started.status();
    OpenCard(attempts);
    return Now(started->reception_id());
  }
  void OpenCard(int attempts) {
    reader::CardFacts facts;
    facts.certificate = "certificate";
    facts.attempts_left = attempts;
    std::exchange(opening_, nullptr)(facts);
    Settle();
  }
  v1::SubmitPinRequest PinFor(const v1::Reception& reception) {
    v1::SubmitPinRequest request;
    request.set_reception_id(reception.reception_id());
    request.set_sealed_pin("sealed");
    request.set_key_id(reception.next_step().pin_key().key_id());
    return request;
  }
  std::shared_ptr<std::optional<Outcome>> Submit(const v1::SubmitPinRequest& request) {
    auto told = std::make_shared<std::optional<Outcome>>();
    desk_->SubmitPin(caller_, request, [told](Outcome outcome) { *told = std::move(outcome); });
    Settle();
    return told;
  }
  void Prove(const reader::AuthenticateResult& result) {
    std::exchange(proving_, nullptr)(result);
    Settle();
  }
  static reader::AuthenticateResult Proven() {
    reader::CardProof proof;
    proof.certificate = "certificate";
    proof.signature = "signature";
    return {.proof = std::move(proof)};
  }
  v1::Reception Identify() {
    const v1::Reception present = Present();
    Submit(PinFor(present));
    Prove(Proven());
    return Now(present.reception_id());
  }
  Outcome Consent(const std::string& id, const std::vector<v1::ConsentCategory>& categories) {
    v1::RecordConsentRequest request;
    request.set_reception_id(id);
    for (const v1::ConsentCategory category : categories) {
      v1::ConsentAnswer& answer = *request.add_answers();
      answer.set_category(category);
      answer.set_granted(true);
    }
    return Wait<Outcome>([&](auto done) { desk_->RecordConsent(caller_, request, done); });
  }
  absl::Status Reply(v1::Confirmation answer) {
    const eligibility::Outgoing& asked = web_.asked.back();
    EXPECT_TRUE(sink_.journal(asked.ticket, JournalStep::kSent).ok());
    answer.mutable_header()->set_arbitrary_file_identifier(asked.question.identifier);
    eligibility::Reply reply{.file_name = "", .bytes = "", .message = {}, .seen_at = clock_.Now()};
    *reply.message.mutable_confirmation() = std::move(answer);
    return sink_.answered(asked.ticket, std::move(reply));
  }
  v1::Confirmation Confirmed() {
    v1::Confirmation answer = MakeConfirmation({}, clock_.Now(), absl::Hours(1));
    answer.set_processing_result_status_code("1");
    answer.mutable_header()->set_segment_of_result_code("1");
    return answer;
  }
  v1::Reception Now(const std::string& id) { return *desk_->board().Find(id); }
  static std::string NumberOf(const absl::Status& status) {
    return base::DetailOf(status).value_or(v1::ErrorDetail()).number();
  }

  WebStandIn web_;
  eligibility::LineSink sink_;
  uint32_t card_ = 0;
  int opened_ = 0;
  int closed_ = 0;
  int keys_ = 0;
  int challenges_ = 0;
  absl::Status challenge_;
  // Challenges are given when the test says so.
  bool slow_ = false;
  std::vector<Desk::ChallengeDone> asked_;
  std::function<void(absl::StatusOr<reader::CardFacts>)> opening_;
  reader::ReaderRoom::AuthenticateDone proving_;
  std::vector<SealedPin> pins_;
};

TEST_F(DeskCardsTest, CardPinConsentAnswer) {
  const v1::Reception identified = Identify();
  EXPECT_EQ(identified.state(), v1::RECEPTION_STATE_IDENTIFIED);
  EXPECT_EQ(pins_.at(0).challenge.nonce, "nonce-nonce-nonce-1");
  const Outcome asked = Consent(identified.reception_id(), {v1::CONSENT_CATEGORY_DRUG});
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_EQ(asked->state(), v1::RECEPTION_STATE_ASKING);
  const auto& card = web_.asked.at(0).question.card;
  ASSERT_TRUE(card.has_value());
  EXPECT_EQ(card->signature(), "signature");
  EXPECT_EQ(card->nonce(), "nonce-nonce-nonce-1");
  ASSERT_TRUE(Reply(Confirmed()).ok());
  const v1::Reception answered = Now(identified.reception_id());
  EXPECT_EQ(answered.state(), v1::RECEPTION_STATE_ANSWERED);
  EXPECT_EQ(answered.usable_consents_size(), 1);
}

TEST_F(DeskCardsTest, WaitsForACardAndOneReceptionAtAReader) {
  const Outcome started = Start();
  ASSERT_TRUE(started.ok());
  EXPECT_EQ(opened_, 0);
  EXPECT_EQ(NumberOf(Start().status()), "MDG-1441");
  card_ = 1;
  desk_->OnReadersChanged();
  Settle();
  EXPECT_EQ(opened_, 1);
  desk_->OnReadersChanged();
  Settle();
  EXPECT_EQ(opened_, 1);
}

TEST_F(DeskCardsTest, ACardThatWasNotReadIsTriedAgain) {
  card_ = 1;
  const Outcome started = Start();
  std::exchange(opening_, nullptr)(base::MakeError(base::ErrorCode::kCardLost));
  Settle();
  EXPECT_EQ(Now(started->reception_id()).card_problem().number(), "MDG-2104");
  EXPECT_EQ(opened_, 1);
  clock_.Advance(absl::Seconds(2));
  Settle();
  EXPECT_EQ(opened_, 2);
  OpenCard(3);
  EXPECT_EQ(Now(started->reception_id()).state(), v1::RECEPTION_STATE_CARD_PRESENT);
}

TEST_F(DeskCardsTest, AWrongPinNeedsAnotherKeyAndTheLastAttemptAWord) {
  const v1::Reception present = Present(2);
  const v1::SubmitPinRequest first = PinFor(present);
  const auto told = Submit(first);
  EXPECT_EQ(NumberOf(Submit(first)->value().status()), "MDG-1445");
  Prove({.proof = base::MakeError(base::ErrorCode::kPinWrong), .attempts_left = 1, .open = true});
  EXPECT_EQ(NumberOf(told->value().status()), "MDG-2112");
  const v1::Reception again = Now(present.reception_id());
  EXPECT_EQ(again.pin_attempts_left(), 1);
  EXPECT_NE(again.next_step().pin_key().key_id(), first.key_id());
  EXPECT_EQ(NumberOf(Submit(PinFor(again))->value().status()), "MDG-2115");
  v1::SubmitPinRequest last = first;
  last.set_use_last_attempt(true);
  EXPECT_EQ(NumberOf(Submit(last)->value().status()), "MDG-2121") << "the first key is spent";
  last = PinFor(again);
  last.set_use_last_attempt(true);
  Submit(last);
  EXPECT_EQ(pins_.size(), 2u);
  Prove(Proven());
  EXPECT_EQ(Now(present.reception_id()).state(), v1::RECEPTION_STATE_IDENTIFIED);
}

TEST_F(DeskCardsTest, NoPinGoesToACardWithoutAChallenge) {
  challenge_ = base::MakeError(base::ErrorCode::kCenterUnreachable);
  const v1::Reception present = Present();
  EXPECT_EQ(NumberOf(Submit(PinFor(present))->value().status()), "MDG-1221");
  EXPECT_TRUE(pins_.empty());
  challenge_ = absl::OkStatus();
  Submit(PinFor(present));
  EXPECT_EQ(pins_.size(), 1u);
}

TEST_F(DeskCardsTest, AQuickPinIsSignedUnderTheChallengeThatIsSent) {
  slow_ = true;
  const v1::Reception present = Present();
  const auto told = Submit(PinFor(present));
  ASSERT_EQ(asked_.size(), 1u) << "one is on its way already";
  EXPECT_TRUE(pins_.empty());
  asked_[0](oqs::WebChallenge{.nonce = "nonce-nonce-nonce-a", .valid_for = absl::Minutes(2)});
  Settle();
  ASSERT_EQ(pins_.size(), 1u);
  Prove(Proven());
  ASSERT_TRUE(told->value().ok());
  ASSERT_TRUE(Consent(present.reception_id(), {}).ok());
  EXPECT_EQ(web_.asked.at(0).question.card->nonce(), pins_[0].challenge.nonce);
}

TEST_F(DeskCardsTest, WhatTheCardSaysAfterItIsOverChangesNothing) {
  const v1::Reception present = Present();
  const auto told = Submit(PinFor(present));
  ASSERT_TRUE(Cancel(present.reception_id()).ok());
  EXPECT_EQ(closed_, 1);
  Prove(Proven());
  EXPECT_EQ(NumberOf(told->value().status()), "MDG-1402");
  EXPECT_EQ(Now(present.reception_id()).state(), v1::RECEPTION_STATE_CANCELLED);
}

TEST_F(DeskCardsTest, CardsAndTimeRunOut) {
  const v1::Reception lost = Present();
  desk_->OnCardLost(lost.reception_id(), base::MakeError(base::ErrorCode::kCardLost));
  Settle();
  EXPECT_EQ(Now(lost.reception_id()).ended_because().number(), "MDG-2104");
  const v1::Reception late = Present();
  clock_.Advance(options_.pin_within + absl::Seconds(1));
  Settle();
  EXPECT_EQ(Now(late.reception_id()).state(), v1::RECEPTION_STATE_ABANDONED);
  EXPECT_EQ(Now(late.reception_id()).ended_because().number(), "MDG-1442");
  EXPECT_EQ(closed_, 1);
}

TEST_F(DeskCardsTest, MedicalConsentIsThePatients) {
  const v1::Reception identified = Identify();
  caller_.patient_terminal = false;
  EXPECT_EQ(NumberOf(Consent(identified.reception_id(), {v1::CONSENT_CATEGORY_DRUG}).status()),
            "MDG-1444");
  EXPECT_TRUE(Consent(identified.reception_id(), {v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE}).ok());
}

TEST_F(DeskCardsTest, WithoutALineItWaitsForNothing) {
  const v1::Reception identified = Identify();
  web_.ready = false;
  const Outcome asked = Consent(identified.reception_id(), {});
  ASSERT_TRUE(asked.ok());
  EXPECT_EQ(asked->state(), v1::RECEPTION_STATE_PENDING);
  EXPECT_TRUE(web_.asked.empty());
}

TEST_F(DeskCardsTest, APatientTerminalSeesItsOwnKindOnlyAndNothingOfTheAnswer) {
  caller_.only_patient_terminal = true;
  const v1::Reception face = Tap(Person{});
  EXPECT_FALSE(caller_.MaySee(face));
  EXPECT_EQ(NumberOf(Cancel(face.reception_id()).status()), "MDG-1401");
  const v1::Reception identified = Identify();
  ASSERT_TRUE(Consent(identified.reception_id(), {}).ok());
  ASSERT_TRUE(Reply(Confirmed()).ok());
  const v1::Reception shown = caller_.Shown(Now(identified.reception_id()));
  EXPECT_FALSE(shown.has_confirmation());
  EXPECT_EQ(shown.state(), v1::RECEPTION_STATE_ANSWERED);
  EXPECT_EQ(NumberOf(Cancel(identified.reception_id()).status()), "MDG-1402");
}

TEST_F(DeskCardsTest, ARestartEndsWhatWaitsAtAReader) {
  const v1::Reception present = Present();
  Restart();
  EXPECT_EQ(Now(present.reception_id()).ended_because().number(), "MDG-1443");
}

TEST_F(DeskCardsTest, WhoWaitsForAChangeIsToldOfIt) {
  const Outcome started = Start();
  auto told = std::make_shared<std::optional<Outcome>>();
  desk_->Await(caller_, started->reception_id(), started->revision(),
               clock_.Now() + absl::Minutes(1), [told](Outcome now) { *told = std::move(now); });
  Settle();
  EXPECT_FALSE(told->has_value());
  ASSERT_TRUE(Cancel(started->reception_id()).ok());
  Settle();
  ASSERT_TRUE(told->has_value());
  EXPECT_EQ(told->value()->state(), v1::RECEPTION_STATE_CANCELLED);
}

}  // namespace
}  // namespace madoguchi::reception
