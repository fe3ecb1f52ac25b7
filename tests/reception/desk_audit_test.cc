#include "agent/reception/desk_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/audit/subject.h"
#include "agent/store/sqlite.h"
#include "tests/reception/desk_fixture.h"

namespace madoguchi::reception {
namespace {

using audit::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

class DeskAuditTest : public DeskFixture {
 protected:
  std::vector<store::AuditRow> Rows() const { return *store_->ReadAudit(0, 1000); }
  // What the trail says about receptions, without what it says about itself.
  std::vector<audit::Entry> Entries() const {
    std::vector<audit::Entry> entries;
    for (const store::AuditRow& row : Rows()) {
      audit::Entry entry = *audit::DecodeEntry(row.body);
      if (!entry.subject.empty()) entry.subject = *trail_->Disclose(row.number, entry);
      if (entry.kind != Kind::kTrailStarted) entries.push_back(std::move(entry));
    }
    return entries;
  }
  std::vector<Kind> Kinds() const {
    std::vector<Kind> kinds;
    for (const audit::Entry& entry : Entries()) kinds.push_back(entry.kind);
    return kinds;
  }
};

TEST_F(DeskAuditTest, SaysWhatAPersonDidAndAboutWhom) {
  const std::string id = Tap(Person{}).reception_id();
  ASSERT_TRUE(Assign(id, "77").ok());
  ASSERT_TRUE(Unassign(id).ok());
  ASSERT_TRUE(Cancel(id).ok());
  const auto entries = Entries();
  EXPECT_THAT(Kinds(), ElementsAre(Kind::kReceptionOpened, Kind::kReceptionAssigned,
                                   Kind::kReceptionUnassigned, Kind::kReceptionCancelled));
  EXPECT_EQ(entries[0].identity, "");
  EXPECT_EQ(entries[0].detail, "FACE_READER, ANSWERED");
  // A card read is nobody's act: who came is in the reception, as long as that is kept.
  EXPECT_EQ(entries[0].subject, "");
  for (size_t i = 1; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].identity, "emr") << i;
    EXPECT_EQ(entries[i].person, "nurse1") << i;
    EXPECT_EQ(entries[i].reception_id, id) << i;
    const auto subject = audit::DecodeSubject(entries[i].subject);
    ASSERT_TRUE(subject.has_value()) << i;
    EXPECT_EQ(subject->insured().number(), "1001") << i;
    EXPECT_EQ(subject->birth_date().year(), 1970) << i;
  }
  // Also of the one whose chart it no longer is.
  EXPECT_EQ(audit::DecodeSubject(entries[2].subject)->patient_id(), "77");
  EXPECT_TRUE(trail_->Verify({})->Intact());
}

TEST_F(DeskAuditTest, WhatChangesNothingIsNoEntry) {
  const std::string id = Tap(Person{}).reception_id();
  ASSERT_TRUE(Assign(id, "5", "once").ok());
  ASSERT_TRUE(Assign(id, "5", "once").ok());
  EXPECT_FALSE(Assign(id, "5", "stale", 99).ok());
  EXPECT_FALSE(Cancel("nobody").ok());
  EXPECT_THAT(Kinds(), ElementsAre(Kind::kReceptionOpened, Kind::kReceptionAssigned));
}

TEST_F(DeskAuditTest, AnExpectationAndTheReadThatUsesIt) {
  ASSERT_TRUE(Expect(Person{}, "42").ok());
  Tap(Person{});
  const auto entries = Entries();
  ASSERT_THAT(Kinds(), ElementsAre(Kind::kPersonExpected, Kind::kReceptionOpened));
  EXPECT_EQ(audit::DecodeSubject(entries[0].subject)->patient_id(), "42");
  EXPECT_EQ(entries[0].person, "nurse1");
  EXPECT_EQ(entries[1].detail, "FACE_READER, ANSWERED, EXPECTED");
}

TEST_F(DeskAuditTest, ANewerReadSaysThatTheOlderGaveWay) {
  const std::string older = Tap(Person{}).reception_id();
  clock_.Advance(absl::Minutes(1));
  Tap(Person{});
  const auto entries = Entries();
  ASSERT_THAT(Kinds(),
              ElementsAre(Kind::kReceptionOpened, Kind::kReceptionOpened, Kind::kReceptionChanged));
  EXPECT_EQ(entries[2].reception_id, older);
  EXPECT_EQ(entries[2].detail, "superseded");
}

TEST_F(DeskAuditTest, ARefusedAnswerSaysItsNumber) {
  v1::Confirmation confirmation = MakeConfirmation(Person{}, clock_.Now());
  confirmation.mutable_header()->set_medical_institution_code("9900000000");
  Tap(confirmation);
  ASSERT_THAT(Kinds(), ElementsAre(Kind::kReceptionOpened));
  EXPECT_EQ(Entries()[0].outcome, "MDG-1209");
}

TEST_F(DeskAuditTest, TimeIsNobodysActUntilSomethingIsDeleted) {
  const std::string id = Tap(Person{}, absl::Minutes(10)).reception_id();
  Advance(absl::Minutes(10));
  Advance(absl::Hours(24));
  EXPECT_EQ(Get(id).state(), v1::RECEPTION_STATE_CLOSED);
  EXPECT_THAT(Kinds(), ElementsAre(Kind::kReceptionOpened));
  Advance(absl::Hours(24 * 14));
  ASSERT_THAT(Kinds(), ElementsAre(Kind::kReceptionOpened, Kind::kReceptionsDeleted));
  EXPECT_EQ(Entries()[1].count, 1);
}

TEST_F(DeskAuditTest, NothingAboutAPersonIsReadable) {
  Tap(Person{.number = "9009", .reference = "7766554433"});
  EXPECT_EQ(Entries()[0].detail, "FACE_READER, ANSWERED, BY_REFERENCE_NUMBER");
  const std::string id = Tap(Person{}).reception_id();
  ASSERT_TRUE(Assign(id, "7766554433").ok());
  ASSERT_TRUE(Cancel(id).ok());
  for (const store::AuditRow& row : Rows()) {
    for (const char* planted : {"7766554433", "1001", "ﾊﾅｺ", "19700102"}) {
      EXPECT_EQ(row.body.find(planted), std::string::npos) << planted;
    }
  }
}

// What must not happen without an entry does not; what must happen does.
TEST_F(DeskAuditTest, WithATrailThatCannotBeWrittenPatientsAreReceivedAndNothingElse) {
  const std::string id = Tap(Person{}).reception_id();
  auto connection = store::Connection::Open(dir_ / "state.db", store::Access::kWriter);
  ASSERT_TRUE(connection.ok());
  ASSERT_TRUE(connection
                  ->Execute("CREATE TRIGGER blocked BEFORE INSERT ON audit BEGIN SELECT "
                            "RAISE(ABORT, 'x'); END")
                  .ok());
  EXPECT_NE(Tap(Person{.number = "2002"}).reception_id(), id);
  EXPECT_FALSE(Assign(id, "5").ok());
  EXPECT_FALSE(Cancel(id).ok());
  EXPECT_FALSE(Expect(Person{}, "42").ok());
  EXPECT_EQ(Get(id).state(), v1::RECEPTION_STATE_ANSWERED);
  EXPECT_EQ(trail_->Status().waiting, 1);
  ASSERT_TRUE(connection->Execute("DROP TRIGGER blocked").ok());
  EXPECT_TRUE(Assign(id, "5").ok());
  EXPECT_THAT(Kinds(), ElementsAre(Kind::kReceptionOpened, Kind::kReceptionOpened,
                                   Kind::kReceptionAssigned));
  EXPECT_TRUE(trail_->Verify({})->Intact());
}

TEST(EntryOf, NamesEveryChangeOfAQuestion) {
  v1::Reception before;
  before.set_reception_id("r");
  before.set_state(v1::RECEPTION_STATE_ASKING);
  v1::Reception after = before;
  after.set_state(v1::RECEPTION_STATE_ANSWERED);
  after.mutable_confirmation()->set_confirmation_id("c");
  EXPECT_EQ(EntryOf(&before, after, {})->detail, "ANSWERED, answer");
  after.set_state(v1::RECEPTION_STATE_REFUSED);
  after.mutable_ended_because()->set_number("MDG-1406");
  EXPECT_EQ(EntryOf(&before, after, {})->outcome, "MDG-1406");
  EXPECT_EQ(EntryOf(&before, after, {})->kind, Kind::kReceptionChanged);
  after = before;
  after.add_records()->set_state(v1::RECORD_STATE_READY);
  EXPECT_FALSE(EntryOf(&before, after, {}).has_value());
}

}  // namespace
}  // namespace madoguchi::reception
