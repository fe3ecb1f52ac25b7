#ifndef MADOGUCHI_TESTS_RECORDS_KEEPER_FIXTURE_H_
#define MADOGUCHI_TESTS_RECORDS_KEEPER_FIXTURE_H_

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
#include "agent/records/keeper.h"
#include "tests/records/receptions.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::records {
using base::ErrorCode;

inline constexpr absl::Duration kPatience = absl::Seconds(20);

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
                [this](const std::string& /*id*/, const std::vector<v1::RecordStatus>& statuses) {
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
    answer(Answer{.file_name = "f", .identifier = "", .bytes = *std::move(bytes)});
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

}  // namespace madoguchi::records

#endif  // MADOGUCHI_TESTS_RECORDS_KEEPER_FIXTURE_H_
