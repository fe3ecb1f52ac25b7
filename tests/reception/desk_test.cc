#include "agent/reception/desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/reception/desk_fixture.h"

namespace madoguchi::reception {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::IsEmpty;

class DeskTest : public DeskFixture {};

TEST_F(DeskTest, APushBecomesAReceptionThatIsStoredAndTold) {
  const v1::Reception reception = Tap(Person{}, absl::Hours(24));
  EXPECT_EQ(reception.state(), v1::RECEPTION_STATE_ANSWERED);
  EXPECT_EQ(reception.counter(), "main");
  EXPECT_EQ(reception.terminal(), "t1");
  EXPECT_EQ(reception.revision(), 1);
  EXPECT_EQ(reception.usable_consents_size(), 1);
  EXPECT_EQ(events_, 1);
  EXPECT_EQ(desk_->board().Head(), 1);
  EXPECT_EQ(desk_->board().OpenCount(), 1);
  Restart();
  EXPECT_EQ(Get(reception.reception_id()).SerializeAsString(), reception.SerializeAsString());
  const std::string confirmation = reception.confirmation().confirmation_id();
  EXPECT_EQ((*desk_->LoadByConfirmation(confirmation))->reception_id(), reception.reception_id());
  EXPECT_TRUE(base::Is(desk_->LoadByConfirmation("x").status(), ErrorCode::kConfirmationNotFound));
  EXPECT_TRUE(base::Is(desk_->Load("x").status(), ErrorCode::kReceptionNotFound));
}

TEST_F(DeskTest, TheSameFileIsOneReceptionAlsoAfterARestart) {
  const eligibility::FacePush push = MakePush(MakeConfirmation(Person{}, clock_.Now()));
  EXPECT_TRUE(Push(push).ok());
  EXPECT_TRUE(Push(push).ok());
  Restart();
  EXPECT_TRUE(Push(push).ok());
  EXPECT_EQ(desk_->board().All().size(), 1u);
  EXPECT_EQ(desk_->board().Head(), 1);
}

TEST_F(DeskTest, AssignsCancelsAndRefusesTheWrongMoment) {
  const std::string id = Tap(Person{}).reception_id();
  Outcome result = Assign(id, "chart-1");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->assignment().state(), v1::ASSIGNMENT_STATE_BY_PERSON);
  EXPECT_EQ(result->assignment().assigned_by(), "nurse1@emr");
  EXPECT_EQ(result->revision(), 2);
  EXPECT_EQ(Assign(id, "chart-1")->revision(), 2);
  EXPECT_TRUE(base::Is(Assign(id, "chart-2").status(), ErrorCode::kAlreadyAssigned));
  EXPECT_TRUE(base::Is(Assign(id, "chart-1", "", 1).status(), ErrorCode::kRevisionChanged));
  EXPECT_EQ(Unassign(id)->revision(), 3);
  EXPECT_TRUE(base::Is(Unassign(id).status(), ErrorCode::kNotAssigned));
  result = Cancel(id);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->state(), v1::RECEPTION_STATE_CANCELLED);
  EXPECT_EQ(Cancel(id)->revision(), result->revision());
  result = Assign(id, "chart-1");
  EXPECT_TRUE(base::Is(result.status(), ErrorCode::kWrongState));
  EXPECT_EQ(base::DetailOf(result.status())->state(), "RECEPTION_STATE_CANCELLED");
  EXPECT_EQ(base::DetailOf(result.status())->reception_id(), id);
}

TEST_F(DeskTest, CursorsGoOnOrSayWhyNot) {
  Tap(Person{});
  const std::string cursor = desk_->MakeCursor(1);
  EXPECT_THAT(cursor, testing::MatchesRegex("[A-Za-z0-9_-]+"));
  EXPECT_EQ(*desk_->ParseCursor(cursor), 1);
  EXPECT_EQ(*desk_->ParseCursor(desk_->MakeCursor(0)), 0);
  EXPECT_TRUE(
      base::Is(desk_->ParseCursor(desk_->MakeCursor(2)).status(), ErrorCode::kCursorTooOld));
  auto other = store::Store::Open(dir_ / "other.db");
  Desk foreign(options_, **other, *trail_, hash_, clock_, [] {});
  EXPECT_TRUE(
      base::Is(desk_->ParseCursor(foreign.MakeCursor(0)).status(), ErrorCode::kCursorTooOld));
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("AQ"), cursor + "A", cursor + "=",
        " " + cursor, std::string(1'000'000, 'A'), std::string("\0\xFF", 2)}) {
    EXPECT_TRUE(base::Is(desk_->ParseCursor(text).status(), ErrorCode::kInvalidField))
        << text.substr(0, 50);
  }
}

TEST_F(DeskTest, ANewerReadOfThePersonReplacesTheConsentsOfTheOlder) {
  const std::string first = Tap(Person{}, absl::Hours(24)).reception_id();
  const std::string twin = Tap(Person{.branch = "02"}, absl::Hours(24)).reception_id();
  clock_.Advance(absl::Minutes(5));
  const int events_before = events_;
  const std::string second = Tap(Person{}, absl::Hours(24)).reception_id();
  // One step: whoever sees the new one sees the old one shut.
  EXPECT_EQ(events_, events_before + 1);
  EXPECT_EQ(Get(first).superseded_by(), second);
  EXPECT_THAT(Get(first).usable_consents(), IsEmpty());
  EXPECT_EQ(Get(second).usable_consents_size(), 1);
  EXPECT_EQ(Get(twin).superseded_by(), "");
  EXPECT_EQ(Get(twin).usable_consents_size(), 1);
  // Also after a restart, and the chain goes on.
  Restart();
  clock_.Advance(absl::Minutes(5));
  const std::string third = Tap(Person{}).reception_id();
  EXPECT_EQ(Get(first).superseded_by(), second);
  EXPECT_EQ(Get(second).superseded_by(), third);
}

TEST_F(DeskTest, AReadThatArrivesLateIsSupersededAlready) {
  clock_.Advance(absl::Minutes(10));
  const std::string newer = Tap(Person{}).reception_id();
  const v1::Reception late =
      Tap(MakeConfirmation(Person{}, clock_.Now() - absl::Minutes(5), absl::Hours(24)));
  EXPECT_EQ(late.superseded_by(), newer);
  EXPECT_THAT(late.usable_consents(), IsEmpty());
  EXPECT_EQ(late.state(), v1::RECEPTION_STATE_ANSWERED);
  EXPECT_EQ(Get(newer).superseded_by(), "");
  // In the same second of OQS the order of arrival counts.
  const std::string same = Tap(MakeConfirmation(Person{}, clock_.Now())).reception_id();
  EXPECT_EQ(Get(newer).superseded_by(), same);
}

TEST_F(DeskTest, TwinsWithoutBranchNumberDoNotShutEachOthersConsents) {
  const std::string a =
      Tap(Person{.branch = "", .kana = "ﾏﾄﾞｸﾞﾁ ｱｵｲ"}, absl::Hours(1)).reception_id();
  const std::string b =
      Tap(Person{.branch = "", .kana = "ﾏﾄﾞｸﾞﾁ ﾐﾄﾞﾘ"}, absl::Hours(1)).reception_id();
  EXPECT_EQ(Get(a).usable_consents_size(), 1);
  EXPECT_EQ(Get(b).usable_consents_size(), 1);
}

TEST_F(DeskTest, ARefusedReadSaysNothingAboutConsents) {
  const std::string first = Tap(Person{}, absl::Hours(1)).reception_id();
  v1::Confirmation refused = MakeConfirmation(Person{}, clock_.Now());
  refused.set_processing_result_status(v1::PROCESSING_RESULT_STATUS_ERROR);
  EXPECT_EQ(Tap(refused).state(), v1::RECEPTION_STATE_REFUSED);
  EXPECT_EQ(Get(first).usable_consents_size(), 1);
}

TEST_F(DeskTest, AnExpectationCountsOnceAndSurvivesARestart) {
  ASSERT_TRUE(Expect(Person{}, "42").ok());
  Restart();
  const v1::Reception first = Tap(Person{});
  EXPECT_EQ(first.assignment().state(), v1::ASSIGNMENT_STATE_EXPECTED);
  EXPECT_EQ(first.assignment().patient_id(), "42");
  EXPECT_EQ(Tap(Person{}).assignment().state(), v1::ASSIGNMENT_STATE_UNASSIGNED);
  Restart();
  EXPECT_EQ(Tap(Person{}).assignment().state(), v1::ASSIGNMENT_STATE_UNASSIGNED);
}

TEST_F(DeskTest, AnExpectationEndsWithItsTime) {
  ASSERT_TRUE(Expect(Person{}, "42", "", 60).ok());
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(Tap(Person{}).assignment().state(), v1::ASSIGNMENT_STATE_UNASSIGNED);
}

TEST_F(DeskTest, ExpectationsAreLimitedPerCounterAndToItsCounters) {
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Expect(Person{.number = absl::StrCat(i)}, "1").ok());
  EXPECT_TRUE(base::Is(Expect(Person{}, "1").status(), ErrorCode::kTooManyExpectations));
  Restart();
  EXPECT_TRUE(base::Is(Expect(Person{}, "1").status(), ErrorCode::kTooManyExpectations));
  clock_.Advance(absl::Seconds(60));
  EXPECT_TRUE(Expect(Person{}, "1").ok());
  caller_.counters = {"pharmacy"};
  EXPECT_TRUE(base::Is(Expect(Person{}, "1").status(), ErrorCode::kCounterNotAllowed));
  v1::ExpectPatientRequest call;
  call.set_counter("nowhere");
  EXPECT_TRUE(base::Is(Wait<absl::StatusOr<std::string>>([&](auto done) {
                         desk_->Expect(caller_, call, done);
                       }).status(),
                       ErrorCode::kUnknownCounter));
}

TEST_F(DeskTest, TheSameRequestIdHasTheSameResultOnceAlsoAfterARestart) {
  const std::string id = Tap(Person{}).reception_id();
  const Outcome first = Assign(id, "1", "req-1");
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(Unassign(id, "req-1").ok());  // another method
  const int64_t head = desk_->board().Head();
  for (int i = 0; i < 2; ++i) {
    const Outcome again = Assign(id, "1", "req-1");
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
    EXPECT_TRUE(base::Is(Assign(id, "2", "req-1").status(), ErrorCode::kRequestIdReused));
    Restart();
  }
  EXPECT_EQ(desk_->board().Head(), head);
  EXPECT_EQ(Get(id).assignment().state(), v1::ASSIGNMENT_STATE_UNASSIGNED);
  // Another identity's ids are its own.
  caller_.identity = "other";
  EXPECT_EQ(Assign(id, "2", "req-1")->assignment().patient_id(), "2");
  // And the gate is passed again.
  caller_.identity = "emr";
  caller_.counters = {"pharmacy"};
  EXPECT_TRUE(base::Is(Assign(id, "1", "req-1").status(), ErrorCode::kReceptionNotFound));
}

TEST_F(DeskTest, AFailureIsNotKeptForItsRequestId) {
  EXPECT_FALSE(Cancel("nobody", "req").ok());
  const std::string id = Tap(Person{}).reception_id();
  EXPECT_TRUE(Cancel(id, "req").ok());
  // Repeating what changed nothing is kept, too.
  EXPECT_EQ(Cancel(id, "req-2")->revision(), 2);
  EXPECT_EQ(Cancel(id, "req-2")->revision(), 2);
}

TEST_F(DeskTest, AnExpectationIsMadeOncePerRequestId) {
  const auto first = Expect(Person{}, "1", "req");
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(*Expect(Person{}, "1", "req"), *first);
  EXPECT_TRUE(base::Is(Expect(Person{}, "2", "req").status(), ErrorCode::kRequestIdReused));
  EXPECT_EQ(Tap(Person{}).assignment().patient_id(), "1");
  EXPECT_EQ(Tap(Person{}).assignment().patient_id(), "");
}

TEST_F(DeskTest, AReceptionOfAnotherCounterIsNotThere) {
  const std::string id = Tap(Person{}).reception_id();
  caller_.counters = {"pharmacy"};
  EXPECT_TRUE(base::Is(Assign(id, "1").status(), ErrorCode::kReceptionNotFound));
  EXPECT_TRUE(base::Is(Unassign(id).status(), ErrorCode::kReceptionNotFound));
  EXPECT_TRUE(base::Is(Cancel(id).status(), ErrorCode::kReceptionNotFound));
  EXPECT_EQ(Get(id).revision(), 1);
}

TEST_F(DeskTest, DaysAreReadInPages) {
  std::vector<std::string> ids;
  ids.reserve(25);
  for (int i = 0; i < 25; ++i) {
    ids.push_back(
        Tap(Person{.number = absl::StrCat(i), .reference = i % 5 == 0 ? "77" : ""}).reception_id());
  }
  const absl::CivilDay day(2026, 4, 10);
  std::vector<std::string> read;
  int64_t after = 0;
  for (int pages = 0; pages < 3; ++pages) {
    const auto page = desk_->ReadDay(day, after, {}, "", 10);
    ASSERT_TRUE(page.ok());
    for (const Event& event : page->events) read.push_back(event.reception->reception_id());
    after = page->looked_through;
  }
  EXPECT_EQ(read, ids);
  EXPECT_EQ(after, desk_->board().Head());
  EXPECT_THAT(desk_->ReadDay(day, after, {}, "", 10)->events, IsEmpty());
  EXPECT_THAT(desk_->ReadDay(day + 1, 0, {}, "", 10)->events, IsEmpty());
  auto page = desk_->ReadDay(day, 0, {}, "77", 3);
  EXPECT_EQ(page->events.size(), 3u);
  page = desk_->ReadDay(day, page->looked_through, {}, "77", 3);
  EXPECT_EQ(page->events.size(), 2u);
  Filter filter;
  filter.counters = {"pharmacy"};
  EXPECT_THAT(desk_->ReadDay(day, 0, filter, "", 10)->events, IsEmpty());
  EXPECT_EQ(desk_->ReadEvents(0, filter, 10)->looked_through, 25);
  filter.counters = {"main"};
  filter.states = {v1::RECEPTION_STATE_CANCELLED};
  ASSERT_TRUE(Cancel(ids[3]).ok());
  const auto cancelled = desk_->ReadEvents(0, filter, 10);
  ASSERT_EQ(cancelled->events.size(), 1u);
  EXPECT_TRUE(filter.Matches(*cancelled->events[0].reception));
  EXPECT_FALSE(filter.Matches(Get(ids[4])));
}

TEST_F(DeskTest, AfterStoppingEverybodyIsToldSo) {
  const eligibility::FacePush push = MakePush(MakeConfirmation(Person{}, clock_.Now()));
  desk_->Stop();
  EXPECT_TRUE(base::Is(Push(push), ErrorCode::kStopping));
  EXPECT_TRUE(base::Is(Assign("x", "y").status(), ErrorCode::kStopping));
  EXPECT_TRUE(base::Is(Expect(Person{}, "1").status(), ErrorCode::kStopping));
}

}  // namespace
}  // namespace madoguchi::reception
