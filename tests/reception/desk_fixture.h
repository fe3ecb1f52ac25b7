#ifndef MADOGUCHI_TESTS_RECEPTION_DESK_FIXTURE_H_
#define MADOGUCHI_TESTS_RECEPTION_DESK_FIXTURE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/reception/desk.h"
#include "agent/store/store.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::reception {

constexpr absl::Duration kPatience = absl::Seconds(20);
inline constexpr char kInstitution[] = "9912345678";

// 2026-04-10 09:00 in Japan.
inline absl::Time Morning() {
  return base::JapanDayStart(absl::CivilDay(2026, 4, 10)) + absl::Hours(9);
}

// A fictional person's read.
struct Person {
  std::string number = "1001";
  std::string branch = "01";
  std::string kana = "ﾏﾄﾞｸﾞﾁ ﾊﾅｺ";
  std::string sex = "2";
  std::string reference = {};
};

inline v1::Confirmation MakeConfirmation(const Person& person, absl::Time asked_at,
                                         absl::Duration consent_for = absl::ZeroDuration()) {
  v1::Confirmation confirmation;
  v1::MessageHeader& header = *confirmation.mutable_header();
  header.set_medical_institution_code(kInstitution);
  header.set_segment_of_result(v1::SEGMENT_OF_RESULT_NORMAL);
  *header.mutable_process_execution_time() = base::ParseOqsTime(base::FormatOqsTime(asked_at));
  confirmation.set_processing_result_status(v1::PROCESSING_RESULT_STATUS_NORMAL);
  confirmation.set_validity(v1::VALIDITY_VALID);
  v1::Qualification& qualification = *confirmation.add_qualifications();
  v1::InsuredId& insured = *qualification.mutable_insured();
  insured.set_insurer_number("00990012");
  insured.set_insurer_number_trimmed("990012");
  insured.set_symbol("A1");
  insured.set_number(person.number);
  insured.set_branch(person.branch);
  qualification.set_name_kana(person.kana);
  qualification.set_sex1_code(person.sex);
  qualification.set_reference_number(person.reference);
  *qualification.mutable_birth_date() = base::ParseOqsDate("19700102");
  if (consent_for > absl::ZeroDuration()) {
    v1::Consent& consent = *qualification.add_consents();
    consent.set_category(v1::CONSENT_CATEGORY_DRUG);
    consent.set_flag(v1::CONSENT_FLAG_GRANTED);
    *consent.mutable_available_until() =
        base::ParseOqsTime(base::FormatOqsTime(asked_at + consent_for));
  }
  return confirmation;
}

// A desk over a real store in a folder of its own, with a clock that the test moves.
class DeskFixture : public testing::Test {
 protected:
  DeskFixture() { caller_ = Caller{.identity = "emr", .person = "nurse1", .counters = {}}; }
  void SetUp() override { StartUp(); }
  void TearDown() override { ShutDown(); }

  void StartUp() {
    absl::StatusOr<std::unique_ptr<store::Store>> store = store::Store::Open(dir_ / "state.db");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    absl::StatusOr<std::unique_ptr<audit::Trail>> trail =
        audit::Trail::Open(dir_.path(), *store_, clock_);
    ASSERT_TRUE(trail.ok()) << trail.status();
    trail_ = *std::move(trail);
    desk_ =
        std::make_unique<Desk>(options_, *store_, *trail_, hash_, clock_, [this] { ++events_; });
    desk_->UseLines(lines_);
    const absl::Status started = desk_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void ShutDown() {
    desk_.reset();
    trail_.reset();
    store_.reset();
  }
  void Restart() {
    ShutDown();
    StartUp();
  }

  eligibility::FacePush MakePush(v1::Confirmation confirmation, const std::string& key = "") {
    eligibility::FacePush push;
    push.terminal = "t1";
    push.counter = "main";
    push.key = key.empty() ? crypto::Sha256(absl::StrCat("push", ++pushes_)) : key;
    push.file_name = "face.xml";
    push.seen_at = clock_.Now();
    push.confirmation = std::move(confirmation);
    return push;
  }

  absl::Status Push(eligibility::FacePush push) {
    return Wait<absl::Status>([&](auto done) { desk_->OnFacePush(std::move(push), done); });
  }
  // Pushes and returns the newest reception.
  v1::Reception Tap(v1::Confirmation confirmation) {
    const absl::Status status = Push(MakePush(std::move(confirmation)));
    EXPECT_TRUE(status.ok()) << status;
    return NewestOpened();
  }
  v1::Reception Tap(const Person& person, absl::Duration consent_for = absl::ZeroDuration()) {
    return Tap(MakeConfirmation(person, clock_.Now(), consent_for));
  }
  v1::Reception NewestOpened() {
    // Events ascend, and what was just opened is at its first revision.
    ReceptionPtr newest;
    for (const Event& event : desk_->board().All()) {
      if (event.reception->revision() == 1) newest = event.reception;
    }
    return newest == nullptr ? v1::Reception() : *newest;
  }

  using Outcome = absl::StatusOr<v1::Reception>;
  Outcome Assign(const std::string& id, const std::string& chart, const std::string& request = "",
                 int revision = 0) {
    v1::AssignPatientRequest call;
    call.set_reception_id(id);
    call.set_patient_id(chart);
    call.set_request_id(request);
    call.set_expected_revision(revision);
    return Wait<Outcome>([&](auto done) { desk_->Assign(caller_, call, done); });
  }
  Outcome Unassign(const std::string& id, const std::string& request = "") {
    v1::UnassignPatientRequest call;
    call.set_reception_id(id);
    call.set_request_id(request);
    return Wait<Outcome>([&](auto done) { desk_->Unassign(caller_, call, done); });
  }
  Outcome Cancel(const std::string& id, const std::string& request = "") {
    v1::CancelReceptionRequest call;
    call.set_reception_id(id);
    call.set_request_id(request);
    return Wait<Outcome>([&](auto done) { desk_->Cancel(caller_, call, done); });
  }
  absl::StatusOr<std::string> Expect(const Person& person, const std::string& chart,
                                     const std::string& request = "", int seconds = 60) {
    v1::ExpectPatientRequest call;
    call.set_counter("main");
    call.set_request_id(request);
    call.set_patient_id(chart);
    call.set_seconds(seconds);
    call.mutable_insured()->set_insurer_number("990012");
    call.mutable_insured()->set_symbol(" A1");
    call.mutable_insured()->set_number(person.number);
    call.mutable_insured()->set_branch(person.branch);
    *call.mutable_birth_date() = base::ParseOqsDate("19700102");
    return Wait<absl::StatusOr<std::string>>(
        [&](auto done) { desk_->Expect(caller_, call, done); });
  }

  // Runs `call` with a callback and waits for what it is given.
  template <typename Result, typename Call>
  static Result Wait(Call call) {
    struct State {
      absl::Notification arrived;
      std::optional<Result> result;
    };
    auto state = std::make_shared<State>();
    call([state](Result result) {
      state->result = std::move(result);
      state->arrived.Notify();
    });
    if (!state->arrived.WaitForNotificationWithTimeout(kPatience)) {
      ADD_FAILURE() << "no answer";
      return Result(absl::DeadlineExceededError("no answer"));
    }
    return *std::move(state->result);
  }

  // Waits until everything that is due at the clock's time was done: timers go before tasks, so a
  // call that comes back has everything due before it behind it.
  void Settle() {
    for (int i = 0; i < 4; ++i) (void)Cancel("nobody");
  }
  void Advance(absl::Duration by) {
    clock_.Advance(by);
    Settle();
  }
  v1::Reception Get(const std::string& id) {
    const absl::StatusOr<ReceptionPtr> found = desk_->Load(id);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? **found : v1::Reception();
  }

  store::TempDir dir_;
  base::ManualClock clock_{Morning()};
  crypto::KeyedHash hash_{std::string(32, 'k')};
  DeskOptions options_{.medical_institution_code = kInstitution,
                       .counters = {"main", "pharmacy"},
                       .keep = absl::Hours(24 * 14)};
  // Of a test that asks; before StartUp.
  std::vector<eligibility::Line*> lines_;
  Caller caller_;
  std::atomic<int> events_{0};
  int pushes_ = 0;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<audit::Trail> trail_;
  std::unique_ptr<Desk> desk_;
};

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_TESTS_RECEPTION_DESK_FIXTURE_H_
