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
  Desk foreign(options_, **other, hash_, clock_, [] {});
  EXPECT_TRUE(
      base::Is(desk_->ParseCursor(foreign.MakeCursor(0)).status(), ErrorCode::kCursorTooOld));
  for (const std::string& text :
       {std::string(), std::string("x"), std::string("AQ"), cursor + "A", cursor + "=",
        " " + cursor, std::string(1'000'000, 'A'), std::string("\0\xFF", 2)}) {
    EXPECT_TRUE(base::Is(desk_->ParseCursor(text).status(), ErrorCode::kInvalidField))
        << text.substr(0, 50);
  }
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
