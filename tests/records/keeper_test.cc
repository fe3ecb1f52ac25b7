#include "agent/records/keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "agent/base/error.h"
#include "tests/records/receptions.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::records {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr absl::Duration kPatience = absl::Seconds(20);

// A keeper over a real store; OQS is this test: it answers when it likes and what it likes.
class KeeperTest : public testing::Test {
 protected:
  struct Asked {
    Question question;
    std::function<void(absl::StatusOr<Answer>)> answer;
  };

  void SetUp() override {
    reception_ = Consented(v1::CONSENT_CATEGORY_DRUG);
    v1::Qualification& first = *reception_.mutable_confirmation()->mutable_qualifications(0);
    AddConsent(first, v1::CONSENT_CATEGORY_CHECKUP, v1::CONSENT_FLAG_GRANTED,
               Morning() + absl::Hours(24));
    OpenConsent(reception_, 0, v1::CONSENT_CATEGORY_CHECKUP, Morning() + absl::Hours(24));
    StartUp();
  }
  void TearDown() override { ShutDown(); }

  void StartUp() {
    auto store = store::Store::Open(dir_ / "s.db");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    PutReception();
    trusted_ = std::make_unique<TrustedClock>(clock_, *store_->ReadClockMark(),
                                              [] { return absl::ZeroDuration(); });
    gate_ = std::make_unique<Gate>(
        GateOptions{}, [this](absl::string_view id) { return Find(id); },
        [this](const GateEvent& event) {
          absl::MutexLock lock(&mu_);
          events_.push_back(event);
          return audit_;
        },
        *trusted_);
    keeper_ = std::make_unique<Keeper>(
        KeeperOptions{},
        Keeper::Parts{
            .store = *store_,
            .gate = *gate_,
            .trusted = *trusted_,
            .clock = clock_,
            .ask =
                [this](const Question& question, std::function<void(absl::StatusOr<Answer>)> done) {
                  absl::MutexLock lock(&mu_);
                  asked_.push_back({question, std::move(done)});
                },
            .read = [](const Question&, const Answer& answer) { return Read(answer); },
            .commit =
                [this](const store::Changes& changes) { return store_->Commit(changes).status(); },
            .on_status =
                [this](const std::string& /*id*/, std::vector<v1::RecordStatus> statuses) {
                  absl::MutexLock lock(&mu_);
                  for (const v1::RecordStatus& status : statuses) statuses_.push_back(status);
                }});
    keeper_->Start();
  }
  void ShutDown() {
    keeper_.reset();
    gate_.reset();
    store_.reset();
  }

  // The answers of this test are `FAMILY NAME BODY` or begin with %PDF.
  static absl::StatusOr<Reading> Read(const Answer& answer) {
    Reading reading;
    reading.body = answer.bytes;
    reading.document = absl::StartsWith(answer.bytes, "%PDF");
    reading.family = answer.bytes.substr(0, 3);
    reading.medical_institution_code = "9910000017";
    reading.success = !absl::StrContains(answer.bytes, "REFUSED");
    const bool twin = absl::StrContains(answer.bytes, "TWIN");
    reading.patient = {.name = twin ? "架空　次郎" : "架空　太郎",
                       .name_kana = twin ? "ｶｸｳ ｼﾞﾛｳ" : "ｶｸｳ ﾀﾛｳ",
                       .birth_date = base::ParseOqsDate("19800115"),
                       .sex_code = "1"};
    return reading;
  }

  void PutReception() {
    store::Changes changes;
    changes.receptions.push_back({.id = "r1",
                                  .confirmation_id = "c1",
                                  .counter = "main",
                                  .day = absl::CivilDay(2026, 4, 10),
                                  .state = 8,
                                  .open = true,
                                  .opened_at = Morning(),
                                  .event = 0,
                                  .body = "x"});
    ASSERT_TRUE(store_->Commit(changes).ok());
  }

  absl::StatusOr<std::shared_ptr<const v1::Reception>> Find(absl::string_view id) {
    absl::MutexLock lock(&mu_);
    if (id != "r1") return base::MakeError(ErrorCode::kReceptionNotFound);
    return std::make_shared<const v1::Reception>(reception_);
  }

  Wish Want(Kind kind, Freshness freshness = Freshness::kStoredOrFetch) const {
    Wish wish{.asker = emr_,
              .reception_id = "r1",
              .kind = kind,
              .months = {},
              .freshness = freshness,
              .call_key = {}};
    if (FactsOf(kind).months) wish.months = *ReadMonths({}, {}, absl::CivilDay(2026, 4, 10));
    return wish;
  }

  // A call that is under way.
  struct Call {
    absl::Notification done;
    absl::StatusOr<Delivery> delivery = absl::UnknownError("not yet");
    // What came out, or the number of the error.
    std::string Result() {
      if (!done.WaitForNotificationWithTimeout(kPatience)) return "nothing";
      if (!delivery.ok()) return base::DetailOf(delivery.status())->number();
      const auto opened = delivery->box.Open(std::move(delivery->permit));
      return opened == nullptr ? "closed" : *opened;
    }
  };
  std::shared_ptr<Call> Get(Wish wish) {
    auto call = std::make_shared<Call>();
    keeper_->Get(std::move(wish), [call](absl::StatusOr<Delivery> delivery) {
      call->delivery = std::move(delivery);
      call->done.Notify();
    });
    return call;
  }
  // When the keeper has done everything that was asked of it so far.
  void Settle() {
    Get({.asker = {},
         .reception_id = "nobody",
         .kind = Kind::kDrug,
         .months = {},
         .freshness = Freshness::kStoredOnly,
         .call_key = {}})
        ->Result();
  }

  size_t Questions() {
    Settle();
    absl::MutexLock lock(&mu_);
    return asked_.size();
  }
  // Answers the `index`-th question.
  void Reply(size_t index, absl::StatusOr<std::string> bytes) {
    Settle();
    std::function<void(absl::StatusOr<Answer>)> answer;
    {
      absl::MutexLock lock(&mu_);
      ASSERT_LT(index, asked_.size());
      answer = asked_[index].answer;
    }
    if (!bytes.ok()) return answer(bytes.status());
    answer(Answer{.file_name = "f", .bytes = *std::move(bytes)});
  }
  void Change(const std::function<void(v1::Reception&)>& change) {
    absl::MutexLock lock(&mu_);
    change(reception_);
  }
  std::vector<std::string> Kept() {
    std::vector<std::string> bodies;
    const auto rows = store_->FindRecords("r1");
    for (const store::RecordRow& row : *rows) bodies.push_back(row.body);
    return bodies;
  }
  std::vector<GateEvent> Events() {
    absl::MutexLock lock(&mu_);
    return events_;
  }
  bool FilesHold(const std::string& sign) const {
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(file), {});
      if (absl::StrContains(bytes, sign)) return true;
    }
    return false;
  }

  store::TempDir dir_;
  base::ManualClock clock_{Morning()};
  absl::Mutex mu_;
  v1::Reception reception_;
  std::vector<Asked> asked_;
  std::vector<GateEvent> events_;
  std::vector<v1::RecordStatus> statuses_;
  absl::Status audit_;
  const Asker emr_{.identity = "emr", .person = "nurse1", .counters = {}};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<TrustedClock> trusted_;
  std::unique_ptr<Gate> gate_;
  std::unique_ptr<Keeper> keeper_;
};

TEST_F(KeeperTest, FetchedOnceForEverybody) {
  keeper_->Prefetch("r1", {Kind::kDrug});
  std::vector<std::shared_ptr<Call>> calls;
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

TEST_F(KeeperTest, NothingReadableIsLeftWhenTimeIsOver) {
  const auto call = Get(Want(Kind::kDrug));
  Reply(0, absl::StrCat("YZK ", std::string(9000, 'x'), " ARCHAIC-DRUG"));
  call->Result();
  EXPECT_TRUE(FilesHold("ARCHAIC-DRUG"));
  clock_.Set(Morning() + absl::Hours(72) - absl::Seconds(1));
  Settle();
  EXPECT_THAT(Kept(), SizeIs(1));
  clock_.Set(Morning() + absl::Hours(72) + absl::Seconds(61));
  const absl::Time until = absl::Now() + kPatience;
  while (FilesHold("ARCHAIC-DRUG") && absl::Now() < until) Settle();
  EXPECT_FALSE(FilesHold("ARCHAIC-DRUG"));
  EXPECT_THAT(Kept(), IsEmpty());
}

TEST_F(KeeperTest, WhatBecameDueWhileNobodyWasThereGoesAtTheStart) {
  const auto call = Get(Want(Kind::kDrug));
  Reply(0, "YZK ARCHAIC-DRUG");
  call->Result();
  ShutDown();
  clock_.Set(Morning() + absl::Hours(73));
  StartUp();
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_FALSE(FilesHold("ARCHAIC-DRUG"));
}

TEST_F(KeeperTest, AClockThatWasSetBackBeforeTheStartIsNoticed) {
  clock_.Set(Morning() + absl::Hours(25));
  ShutDown();
  StartUp();
  clock_.Set(Morning() + absl::Hours(1));
  ShutDown();
  StartUp();
  EXPECT_EQ(Get(Want(Kind::kDrug))->Result(), "MDG-2005");
}

TEST_F(KeeperTest, StoppingAnswersEverybody) {
  const auto call = Get(Want(Kind::kDrug));
  Settle();
  keeper_->Stop();
  EXPECT_EQ(call->Result(), "MDG-1004");
  // An answer that comes now changes nothing.
  asked_[0].answer(Answer{.file_name = "f", .bytes = "YZK drugs"});
  EXPECT_THAT(Kept(), IsEmpty());
  EXPECT_EQ(Get(Want(Kind::kDrug))->Result(), "MDG-1004");
}

}  // namespace
}  // namespace madoguchi::records
