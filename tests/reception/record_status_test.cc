#include "agent/reception/record_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "agent/reception/machine.h"
#include "tests/reception/desk_fixture.h"

namespace madoguchi::reception {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<v1::RecordState> States(const v1::Reception& reception) {
  std::vector<v1::RecordState> states;
  for (const v1::RecordStatus& status : reception.records()) states.push_back(status.state());
  return states;
}

v1::RecordStatus Status(v1::ConsentCategory category, v1::RecordState state) {
  v1::RecordStatus status;
  status.set_category(category);
  status.set_state(state);
  return status;
}

// Drugs for a day, nothing else.
v1::Reception Opened() {
  Opening opening{.reception_id = "r1",
                  .confirmation_id = "c1",
                  .terminal = "t1",
                  .counter = "main",
                  .seen_at = Morning(),
                  .medical_institution_code = kInstitution,
                  .confirmation = MakeConfirmation({}, Morning(), absl::Hours(24)),
                  .assignment = {},
                  .superseded_by = {}};
  return Open(std::move(opening), Morning());
}

v1::Reception After(const v1::Reception& reception, const Input& input) {
  auto after = Apply(reception, input, Morning() + absl::Minutes(1));
  EXPECT_TRUE(after.ok()) << after.status();
  return after.ok() ? *std::move(after) : v1::Reception();
}

const v1::RecordStatus kReady = Status(v1::CONSENT_CATEGORY_DRUG, v1::RECORD_STATE_READY);

TEST(RecordStatusTest, SaysPerCategoryWhatConsentAllows) {
  EXPECT_THAT(States(Opened()),
              ElementsAre(v1::RECORD_STATE_NOT_FETCHED, v1::RECORD_STATE_NOT_CONSENTED,
                          v1::RECORD_STATE_NOT_CONSENTED, v1::RECORD_STATE_NOT_CONSENTED));
  v1::Reception without;
  *without.mutable_confirmation() = MakeConfirmation({}, Morning());
  UpdateRecords(without);
  EXPECT_THAT(States(without), IsEmpty());
}

TEST(RecordStatusTest, FollowsTheFetch) {
  v1::Reception reception = Opened();
  reception =
      After(reception, RecordMoved{Status(v1::CONSENT_CATEGORY_DRUG, v1::RECORD_STATE_FETCHING)});
  EXPECT_EQ(reception.records(0).state(), v1::RECORD_STATE_FETCHING);
  EXPECT_EQ(reception.revision(), 2);
  reception = After(reception, RecordMoved{kReady});
  EXPECT_EQ(reception.records(0).state(), v1::RECORD_STATE_READY);
  // Saying it twice is no event.
  EXPECT_EQ(After(reception, RecordMoved{kReady}).revision(), reception.revision());
  // Something else that happens leaves it.
  reception = After(reception, Assign{.patient_id = "77", .by = "a@b", .expected_revision = 0});
  EXPECT_EQ(reception.records(0).state(), v1::RECORD_STATE_READY);
}

TEST(RecordStatusTest, AnotherCategoryCannotBecomeReady) {
  const v1::Reception reception = Opened();
  for (const v1::ConsentCategory category :
       {v1::CONSENT_CATEGORY_CHECKUP, v1::CONSENT_CATEGORY_DIAGNOSIS,
        v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE, v1::CONSENT_CATEGORY_UNSPECIFIED}) {
    const v1::Reception after =
        After(reception, RecordMoved{Status(category, v1::RECORD_STATE_READY)});
    EXPECT_EQ(after.revision(), reception.revision()) << category;
  }
}

TEST(RecordStatusTest, ShutAtOnceWhenTakenBack) {
  v1::Reception ready = After(Opened(), RecordMoved{kReady});
  ready = After(ready, Assign{.patient_id = "77", .by = "a@b", .expected_revision = 0});
  for (const Input& input : {Input(Cancel{}), Input(Superseded{"r2"}), Input(Unassign{})}) {
    const v1::Reception after = After(ready, input);
    EXPECT_EQ(after.records(0).state(), v1::RECORD_STATE_NOT_CONSENTED);
    // An answer that arrives after that does not bring it back.
    EXPECT_EQ(After(after, RecordMoved{kReady}).revision(), after.revision());
  }
  const v1::Reception closed = After(ready, CloseDay{});
  EXPECT_EQ(closed.records(0).state(), v1::RECORD_STATE_EXPIRED);
  // A chart that is named again opens what the consent still covers.
  v1::Reception again = After(After(ready, Unassign{}),
                              Assign{.patient_id = "78", .by = "a@b", .expected_revision = 0});
  EXPECT_EQ(again.records(0).state(), v1::RECORD_STATE_NOT_FETCHED);
}

TEST(RecordStatusTest, TheEndOfAConsentShows) {
  const v1::Reception ready = After(Opened(), RecordMoved{kReady});
  const auto after = Apply(ready, ConsentEnded{}, Morning() + absl::Hours(24));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->records(0).state(), v1::RECORD_STATE_EXPIRED);
}

class DeskRecordsTest : public DeskFixture {};

TEST_F(DeskRecordsTest, AnEventTellsAndOutlivesARestart) {
  const v1::Reception opened = Tap(Person{}, absl::Hours(24));
  desk_->MoveRecord(opened.reception_id(), {kReady});
  Restart();
  const v1::Reception after = Get(opened.reception_id());
  EXPECT_EQ(after.records(0).state(), v1::RECORD_STATE_READY);
  EXPECT_EQ(after.revision(), opened.revision() + 1);
  desk_->MoveRecord("nobody", {kReady});
}

}  // namespace
}  // namespace madoguchi::reception
