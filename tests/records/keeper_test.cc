#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/records/keeper_fixture.h"

namespace madoguchi::records {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(KeeperTest, FetchedOnceForEverybody) {
  keeper_->Prefetch("r1", {Kind::kDrug});
  std::vector<std::shared_ptr<Call>> calls;
  calls.reserve(6);
  for (int i = 0; i < 5; ++i) calls.push_back(Get(Want(Kind::kDrug)));
  // A part of the range is in the same answer.
  Wish part = Want(Kind::kDrug);
  part.months->first += 12;
  calls.push_back(Get(part));
  EXPECT_EQ(Questions(), 1u);
  EXPECT_EQ(asked_[0].question.medical_institution_code, "9910000017");
  EXPECT_EQ(asked_[0].question.qualification.insured().number(), "3456");
  EXPECT_THAT(Kept(), IsEmpty());
  Reply(0, "YZK drugs");
  for (const auto& call : calls) EXPECT_EQ(call->Result(), "YZK drugs");
  // Also those that come later, and after a restart.
  EXPECT_EQ(Get(Want(Kind::kDrug, Freshness::kStoredOnly))->Result(), "YZK drugs");
  ShutDown();
  StartUp();
  EXPECT_EQ(Get(part)->Result(), "YZK drugs");
  keeper_->Prefetch("r1", {Kind::kDrug});
  EXPECT_EQ(Questions(), 1u);
  // Each of them was written down.
  int released = 0;
  for (const GateEvent& event : Events()) {
    released += event.outcome == GateEvent::Outcome::kReleased ? 1 : 0;
  }
  EXPECT_EQ(released, 8);
}

TEST_F(KeeperTest, PrefetchGivesNobodyAnything) {
  keeper_->Prefetch("r1", {Kind::kDrug, Kind::kCheckup, Kind::kDiagnosis});
  // There is no consent to diagnoses.
  EXPECT_EQ(Questions(), 2u);
  Reply(0, "YZK drugs");
  Reply(1, "TKK checkups");
  Settle();
  EXPECT_THAT(Kept(), SizeIs(2));
  absl::MutexLock lock(&mu_);
  for (const GateEvent& event : events_) EXPECT_EQ(event.reception_id, "nobody");
  ASSERT_THAT(statuses_, SizeIs(4));
  EXPECT_EQ(statuses_[0].state(), v1::RECORD_STATE_FETCHING);
  EXPECT_EQ(statuses_[2].state(), v1::RECORD_STATE_READY);
  EXPECT_TRUE(statuses_[2].has_fetched_at());
}

TEST_F(KeeperTest, AWiderRangeOrAnotherKindIsAnotherQuestion) {
  Wish narrow = Want(Kind::kDrug);
  narrow.months->first += 30;
  const auto first = Get(narrow);
  const auto wide = Get(Want(Kind::kDrug));
  const auto checkups = Get(Want(Kind::kCheckup));
  EXPECT_EQ(Questions(), 3u);
  Reply(2, "TKK checkups");
  Reply(0, "YZK narrow");
  Reply(1, "YZK wide");
  EXPECT_EQ(first->Result(), "YZK narrow");
  EXPECT_EQ(wide->Result(), "YZK wide");
  EXPECT_EQ(checkups->Result(), "TKK checkups");
}

TEST_F(KeeperTest, FetchAsksAnewButOncePerCall) {
  const auto first = Get(Want(Kind::kDrug));
  Reply(0, "YZK old");
  EXPECT_EQ(first->Result(), "YZK old");
  Wish fresh = Want(Kind::kDrug, Freshness::kFetch);
  fresh.call_key = "emr/1";
  const auto again = Get(fresh);
  EXPECT_EQ(Questions(), 2u);
  Reply(1, "YZK new");
  EXPECT_EQ(again->Result(), "YZK new");
  // The same call again gets the same.
  EXPECT_EQ(Get(fresh)->Result(), "YZK new");
  EXPECT_EQ(Questions(), 2u);
  EXPECT_THAT(Kept(), ElementsAre("YZK new"));
}

TEST_F(KeeperTest, StoredOnlyNeverAsks) {
  EXPECT_EQ(Get(Want(Kind::kDrug, Freshness::kStoredOnly))->Result(), "MDG-2008");
  EXPECT_EQ(Get(Want(Kind::kDiagnosis, Freshness::kStoredOnly))->Result(), "MDG-2001");
  EXPECT_EQ(Questions(), 0u);
}

TEST_F(KeeperTest, WithoutConsentNothingIsAsked) {
  EXPECT_EQ(Get(Want(Kind::kDiagnosis))->Result(), "MDG-2001");
  clock_.Set(Morning() + absl::Hours(24));
  EXPECT_EQ(Get(Want(Kind::kDrug))->Result(), "MDG-2002");
  EXPECT_EQ(Questions(), 0u);
}

TEST_F(KeeperTest, AnotherPersonsAnswerIsNeverKeptAndTheRightOneWorksAfterwards) {
  const auto wrong = Get(Want(Kind::kDrug));
  Reply(0, "YZK TWIN drugs");
  EXPECT_EQ(wrong->Result(), "MDG-2006");
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_FALSE(FilesHold("TWIN"));
  const auto right = Get(Want(Kind::kDrug));
  EXPECT_EQ(Questions(), 2u);
  Reply(1, "YZK drugs");
  EXPECT_EQ(right->Result(), "YZK drugs");
}

TEST_F(KeeperTest, FailuresOfOqsReachEverybodyAndAreNotKept) {
  const auto a = Get(Want(Kind::kDrug));
  const auto b = Get(Want(Kind::kDrug));
  Reply(0, "YZK REFUSED");
  EXPECT_EQ(a->Result(), "MDG-2007");
  EXPECT_EQ(b->Result(), "MDG-2007");
  const auto c = Get(Want(Kind::kDrug));
  Reply(1, base::MakeError(ErrorCode::kTookTooLong));
  EXPECT_EQ(c->Result(), "MDG-1008");
  const auto d = Get(Want(Kind::kDrug));
  Reply(2, "TKK checkups");
  EXPECT_EQ(d->Result(), "MDG-2010");
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_EQ(statuses_.back().state(), v1::RECORD_STATE_FAILED);
  EXPECT_EQ(statuses_.back().error().number(), "MDG-2010");
}

TEST_F(KeeperTest, ConsentTakenBackWhileOqsThinks) {
  const auto call = Get(Want(Kind::kDrug));
  Settle();
  Change([](v1::Reception& reception) { reception.set_superseded_by("r2"); });
  Reply(0, "YZK drugs");
  EXPECT_EQ(call->Result(), "MDG-2003");
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_FALSE(FilesHold("YZK drugs"));
  EXPECT_EQ(Events().back().error, "MDG-2003");
}

TEST_F(KeeperTest, ConsentOfAnotherQualificationDoesNotDoWhenTheAnswerComes) {
  const auto call = Get(Want(Kind::kDrug));
  Settle();
  // While OQS thought, the consent of the one asked about ended; another one of the person has it.
  Change([](v1::Reception& reception) {
    *reception.mutable_confirmation()->add_qualifications() =
        reception.confirmation().qualifications(0);
    reception.clear_usable_consents();
    OpenConsent(reception, 1, v1::CONSENT_CATEGORY_DRUG, Morning() + absl::Hours(24));
  });
  Reply(0, "YZK drugs");
  EXPECT_EQ(call->Result().substr(0, 5), "MDG-2");
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_FALSE(FilesHold("YZK drugs"));
}

TEST_F(KeeperTest, TheFileIsHeldUntilWhatIsInItIsDurable) {
  const auto call = Get(Want(Kind::kDrug));
  Settle();
  auto kept_at_release = std::make_shared<std::vector<std::string>>();
  absl::Notification released;
  std::function<void(absl::StatusOr<Answer>)> answer;
  {
    absl::MutexLock lock(&mu_);
    answer = asked_[0].answer;
  }
  answer(Answer{.file_name = "f",
                .identifier = "",
                .bytes = "YZK drugs",
                .hold = std::shared_ptr<void>(this, [&, kept_at_release](void*) {
                  *kept_at_release = Kept();
                  released.Notify();
                })});
  ASSERT_TRUE(released.WaitForNotificationWithTimeout(kPatience));
  EXPECT_THAT(*kept_at_release, ElementsAre("YZK drugs"));
  EXPECT_EQ(call->Result(), "YZK drugs");
}

TEST_F(KeeperTest, ACallIdStandsForOneContent) {
  Wish wish = Want(Kind::kDrug);
  wish.call_key = "emr/1";
  wish.call_content = "one";
  const auto first = Get(wish);
  Reply(0, "YZK drugs");
  EXPECT_EQ(first->Result(), "YZK drugs");
  wish.call_content = "another";
  EXPECT_EQ(Get(wish)->Result(), "MDG-1002");
  EXPECT_EQ(Questions(), 1u);
}

TEST_F(KeeperTest, ConsentTakenBackShutsWhatIsKept) {
  const auto call = Get(Want(Kind::kDrug));
  Reply(0, "YZK drugs");
  EXPECT_EQ(call->Result(), "YZK drugs");
  Change([](v1::Reception& reception) { reception.set_state(v1::RECEPTION_STATE_CANCELLED); });
  EXPECT_EQ(Get(Want(Kind::kDrug))->Result(), "MDG-2003");
  EXPECT_TRUE(base::Is(keeper_->MayGoOn(emr_, {.reception_id = "r1",
                                               .kind = Kind::kDrug,
                                               .qualification_index = 0,
                                               .fetched_at = Morning()}),
                       ErrorCode::kConsentWithdrawn));
}

TEST_F(KeeperTest, WhatCannotBeWrittenDownIsNotGiven) {
  const auto call = Get(Want(Kind::kDrug));
  {
    absl::MutexLock lock(&mu_);
    audit_ = base::MakeError(ErrorCode::kStoreFull);
  }
  Reply(0, "YZK drugs");
  EXPECT_EQ(call->Result(), "MDG-1501");
}

TEST_F(KeeperTest, ADocumentNeedsARecordThatMatched) {
  EXPECT_EQ(Get(Want(Kind::kDrugDocument))->Result(), "MDG-2009");
  EXPECT_EQ(Questions(), 0u);
  const auto record = Get(Want(Kind::kCheckup));
  Reply(0, "TKK checkups");
  EXPECT_EQ(record->Result(), "TKK checkups");
  const auto document = Get(Want(Kind::kDrugDocument));
  Reply(1, "%PDF drugs");
  EXPECT_EQ(document->Result(), "%PDF drugs");
  // One of other months is another document.
  Wish narrow = Want(Kind::kDrugDocument);
  narrow.months->first += 1;
  const auto other = Get(narrow);
  EXPECT_EQ(Questions(), 3u);
  Reply(2, "%PDF fewer");
  EXPECT_EQ(other->Result(), "%PDF fewer");
  // A stored document is shut again when the record it leans on is gone.
  store::Changes changes;
  const auto rows = store_->FindRecords("r1");
  for (const store::RecordRow& row : *rows) {
    if (row.key.kind == static_cast<int>(Kind::kCheckup)) changes.records_gone.push_back(row.key);
  }
  ASSERT_TRUE(store_->Commit(changes).ok());
  EXPECT_EQ(Get(Want(Kind::kDrugDocument))->Result(), "MDG-2009");
}

TEST_F(KeeperTest, StoppingAnswersEverybody) {
  const auto call = Get(Want(Kind::kDrug));
  Settle();
  keeper_->Stop();
  EXPECT_EQ(call->Result(), "MDG-1004");
  // An answer that comes now changes nothing.
  asked_[0].answer(Answer{.file_name = "f", .identifier = "", .bytes = "YZK drugs"});
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_EQ(Get(Want(Kind::kDrug))->Result(), "MDG-1004");
}

}  // namespace
}  // namespace madoguchi::records
