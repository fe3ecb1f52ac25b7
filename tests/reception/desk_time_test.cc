#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "agent/reception/machine.h"
#include "tests/reception/desk_fixture.h"

// What happens because time passes: consents end, days change, old receptions go.
namespace madoguchi::reception {
namespace {

using base::ErrorCode;
using testing::IsEmpty;

class DeskTimeTest : public DeskFixture {
 protected:
  void GoTo(absl::CivilDay day, absl::Duration hour) {
    clock_.Set(base::JapanDayStart(day) + hour);
    Settle();
  }
  // Puts a reception into the store as another run of the desk left it.
  void Put(const v1::Reception& reception) {
    const auto store = store::Store::Open(dir_ / "state.db");
    ASSERT_TRUE(store.ok()) << store.status();
    const absl::Time opened_at = base::FromProto(reception.opened_at());
    store::Changes changes;
    changes.receptions.push_back({.id = reception.reception_id(),
                                  .confirmation_id = reception.confirmation().confirmation_id(),
                                  .counter = reception.counter(),
                                  .day = base::JapanDay(opened_at),
                                  .state = reception.state(),
                                  .open = true,
                                  .opened_at = opened_at,
                                  .event = 0,
                                  .body = reception.SerializeAsString()});
    ASSERT_TRUE((*store)->Commit(changes).ok());
  }
  static v1::Reception MakeAsked(const std::string& id, const std::string& terminal) {
    v1::PendingNote note;
    note.mutable_insured()->set_insurer_number("00990012");
    note.mutable_insured()->set_number("1001");
    *note.mutable_birth_date() = base::ParseOqsDate("19700102");
    return OpenAsked({.reception_id = id,
                      .counter = "main",
                      .medical_institution_code = kInstitution,
                      .terminal = terminal,
                      .note = note},
                     Morning());
  }
  const absl::CivilDay day_{2026, 4, 10};
};

TEST_F(DeskTimeTest, TheEndOfAConsentIsAnEvent) {
  const std::string id = Tap(Person{}, absl::Minutes(10)).reception_id();
  Tap(Person{.number = "2"}, absl::Minutes(20));
  EXPECT_EQ(desk_->board().Head(), 2);
  Advance(absl::Minutes(9));
  EXPECT_EQ(desk_->board().Head(), 2);
  Advance(absl::Minutes(1));
  EXPECT_EQ(desk_->board().Head(), 3);
  EXPECT_EQ(events_, 3);
  EXPECT_THAT(Get(id).usable_consents(), IsEmpty());
  EXPECT_EQ(Get(id).revision(), 2);
  EXPECT_EQ(desk_->board().Next(2)->reception->reception_id(), id);
}

TEST_F(DeskTimeTest, AConsentThatEndedWhileNobodyWasThereEndsAtTheStart) {
  const std::string id = Tap(Person{}, absl::Minutes(10)).reception_id();
  const std::string later = Tap(Person{.number = "2"}, absl::Minutes(20)).reception_id();
  ShutDown();
  clock_.Advance(absl::Minutes(15));
  StartUp();
  EXPECT_THAT(Get(id).usable_consents(), IsEmpty());
  EXPECT_EQ(Get(later).usable_consents_size(), 1);
  EXPECT_EQ(desk_->board().Head(), 3);
  // The timer of the other is armed again.
  Advance(absl::Minutes(5));
  EXPECT_THAT(Get(later).usable_consents(), IsEmpty());
}

TEST_F(DeskTimeTest, AClockThatJumpsBackAndForthBreaksNoWindow) {
  const std::string id = Tap(Person{}, absl::Minutes(10)).reception_id();
  Advance(absl::Minutes(-30));
  EXPECT_EQ(Get(id).usable_consents_size(), 1);
  Advance(absl::Minutes(39));
  EXPECT_EQ(Get(id).usable_consents_size(), 1);
  Advance(absl::Minutes(1));
  EXPECT_THAT(Get(id).usable_consents(), IsEmpty());
  Advance(absl::Minutes(-10));
  EXPECT_THAT(Get(id).usable_consents(), IsEmpty());
}

TEST_F(DeskTimeTest, AClockThatWasADayAheadDoesNotKeepTheNextDaysFromClosing) {
  GoTo(day_ + 3, absl::Hours(9));
  GoTo(day_, absl::Hours(10));
  const std::string id = Tap(Person{}).reception_id();
  GoTo(day_ + 1, absl::Hours(9));
  Tap(Person{.number = "2"});
  Settle();
  EXPECT_EQ(Get(id).state(), v1::RECEPTION_STATE_CLOSED);
}

TEST_F(DeskTimeTest, AtMidnightInJapanTheDayIsClosed) {
  const std::string tied = Tap(Person{.reference = "77"}, absl::Hours(24)).reception_id();
  const std::string cancelled = Tap(Person{.number = "2"}).reception_id();
  ASSERT_TRUE(Cancel(cancelled).ok());
  EXPECT_EQ(desk_->board().OpenCount(), 2);
  clock_.Set(base::JapanDayStart(day_ + 1) - absl::Seconds(1));
  Settle();
  EXPECT_EQ(Get(tied).state(), v1::RECEPTION_STATE_ANSWERED);
  Advance(absl::Seconds(1));
  EXPECT_EQ(Get(tied).state(), v1::RECEPTION_STATE_CLOSED);
  EXPECT_THAT(Get(tied).usable_consents(), IsEmpty());
  EXPECT_EQ(Get(tied).assignment().patient_id(), "77");
  EXPECT_EQ(Get(cancelled).state(), v1::RECEPTION_STATE_CLOSED);
  EXPECT_EQ(desk_->board().OpenCount(), 0);
  EXPECT_EQ(desk_->board().Head(), 5);
  // One more day for who looks back, then only in the store.
  EXPECT_NE(desk_->board().Find(tied), nullptr);
  const std::string today = Tap(Person{.number = "3"}).reception_id();
  GoTo(day_ + 2, absl::Hours(1));
  EXPECT_EQ(desk_->board().Find(tied), nullptr);
  EXPECT_NE(desk_->board().Find(today), nullptr);
  EXPECT_EQ(desk_->board().Floor(), 5);
  EXPECT_EQ(Get(tied).state(), v1::RECEPTION_STATE_CLOSED);
  EXPECT_TRUE(base::Is(Assign(tied, "77").status(), ErrorCode::kWrongState));
  EXPECT_EQ(desk_->ReadEvents(0, {}, 10)->events.size(), 3u);
}

TEST_F(DeskTimeTest, DaysThatPassedWhileNobodyWasThereAreClosedAtTheStart) {
  std::vector<std::string> ids;
  ids.reserve(250);
  for (int i = 0; i < 250; ++i) {
    ids.push_back(Tap(Person{.number = absl::StrCat(5000 + i)}).reception_id());
  }
  ShutDown();
  clock_.Advance(absl::Hours(24 * 5));
  StartUp();
  for (const std::string& id : ids) EXPECT_EQ(Get(id).state(), v1::RECEPTION_STATE_CLOSED);
  EXPECT_EQ(desk_->board().Head(), 500);
  EXPECT_EQ(desk_->board().OpenCount(), 0);
  // Closed today: in memory, also after another start.
  Restart();
  EXPECT_EQ(desk_->board().All().size(), 250u);
  EXPECT_EQ(desk_->board().Floor(), 0);
  EXPECT_EQ(desk_->board().Head(), 500);
  ShutDown();
  clock_.Advance(absl::Hours(24));
  StartUp();
  EXPECT_THAT(desk_->board().All(), IsEmpty());
  EXPECT_EQ(desk_->board().Floor(), 500);
}

TEST_F(DeskTimeTest, WithoutAnAnswerAReceptionOutlivesItsDayAsFarAsItMayBeKept) {
  for (const int keep_days : {14, 3, 1}) {
    SCOPED_TRACE(keep_days);
    clock_.Set(Morning());
    options_.keep = absl::Hours(24 * keep_days);
    ShutDown();
    const std::string id = absl::StrCat("kept", keep_days);
    Put(MakeAsked(id, ""));
    StartUp();
    const int stays = std::min(options_.undecided_days, keep_days - 1);
    GoTo(day_ + stays + 1, -absl::Seconds(1));
    EXPECT_EQ(Get(id).state(), v1::RECEPTION_STATE_PENDING);
    EXPECT_EQ(Get(id).revision(), 1);
    Advance(absl::Seconds(1));
    EXPECT_EQ(Get(id).state(), v1::RECEPTION_STATE_CLOSED);
  }
}

TEST_F(DeskTimeTest, AQuestionByIdentifiersShutsNoConsentOfACardRead) {
  ShutDown();
  // The same person, answered later than the card read below was asked.
  v1::Reception asked = MakeAsked("asked", "t1");
  asked = *Apply(asked,
                 Answered{.asked = asked.pending_note(),
                          .confirmation_id = "c1",
                          .seen_at = Morning(),
                          .confirmation = MakeConfirmation({}, Morning() + absl::Minutes(5)),
                          .assignment = {}},
                 Morning());
  Put(asked);
  StartUp();
  const v1::Reception tapped = Tap(Person{}, absl::Hours(1));
  EXPECT_EQ(tapped.superseded_by(), "");
  EXPECT_EQ(tapped.usable_consents_size(), 1);
  EXPECT_EQ(Get("asked").superseded_by(), "");
}

TEST_F(DeskTimeTest, OldReceptionsAreDeletedAndCursorsBelowSaySo) {
  options_.keep = absl::Hours(24 * 3);
  Restart();
  const std::string old = Tap(Person{}, absl::Hours(24)).reception_id();
  ASSERT_TRUE(Assign(old, "1", "request").ok());
  const std::string cursor = desk_->MakeCursor(desk_->board().Head());
  for (int i = 0; i < 120; ++i) Tap(Person{.number = absl::StrCat(5000 + i)});
  GoTo(day_ + 1, absl::Hours(8));
  const std::string kept = Tap(Person{.number = "2"}).reception_id();
  GoTo(day_ + 4, -absl::Seconds(1));
  EXPECT_EQ(Get(old).state(), v1::RECEPTION_STATE_CLOSED);
  EXPECT_TRUE(desk_->ParseCursor(cursor).ok());
  Advance(absl::Seconds(1));
  Settle();
  EXPECT_TRUE(base::Is(desk_->Load(old).status(), ErrorCode::kReceptionNotFound));
  EXPECT_EQ(desk_->ReadEvents(0, {}, 200)->events.size(), 1u);
  EXPECT_EQ(Get(kept).state(), v1::RECEPTION_STATE_CLOSED);
  EXPECT_TRUE(base::Is(desk_->ParseCursor(cursor).status(), ErrorCode::kCursorTooOld));
  EXPECT_TRUE(desk_->ParseCursor(desk_->MakeCursor(desk_->board().Head())).ok());
  Restart();
  EXPECT_TRUE(base::Is(desk_->ParseCursor(cursor).status(), ErrorCode::kCursorTooOld));
  const int64_t head = desk_->board().Head();
  Tap(Person{});
  EXPECT_EQ(desk_->board().Head(), head + 1);
}

}  // namespace
}  // namespace madoguchi::reception
