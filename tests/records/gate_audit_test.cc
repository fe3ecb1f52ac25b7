#include "agent/records/gate_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "agent/audit/subject.h"
#include "agent/base/error.h"
#include "agent/store/sqlite.h"
#include "tests/records/receptions.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::records {
namespace {

using testing::SizeIs;

// The gate over a real trail.
class GateAuditTest : public testing::Test {
 protected:
  GateAuditTest() : store_(*store::Store::Open(dir_ / "s.db")) {
    trail_ = *audit::Trail::Open(dir_.path(), *store_, clock_);
    reception_.mutable_assignment()->set_patient_id("chart-7");
    gate_ = std::make_unique<Gate>(
        GateOptions{},
        [this](absl::string_view id) -> absl::StatusOr<std::shared_ptr<const v1::Reception>> {
          if (id != "r1") return base::MakeError(base::ErrorCode::kReceptionNotFound);
          return std::make_shared<const v1::Reception>(reception_);
        },
        AuditTo(*trail_), trusted_);
  }

  // Without the entry that says that the trail was opened.
  std::vector<audit::Entry> Entries() {
    std::vector<audit::Entry> entries;
    const std::vector<store::AuditRow> rows = *store_->ReadAudit(1, 1000);
    for (const store::AuditRow& row : rows) {
      entries.push_back(*audit::DecodeEntry(row.body));
      if (entries.back().subject.empty()) continue;
      entries.back().subject = *trail_->Disclose(row.number, entries.back());
    }
    return entries;
  }
  static Label Of(Kind kind) {
    return {.reception_id = "r1", .kind = kind, .qualification_index = 0, .fetched_at = Morning()};
  }
  void Execute(const std::string& sql) const {
    auto connection = store::Connection::Open(dir_ / "s.db", store::Access::kWriter);
    ASSERT_TRUE(connection.ok());
    ASSERT_TRUE(connection->Execute(sql).ok());
  }

  store::TempDir dir_;
  base::ManualClock clock_{Morning()};
  TrustedClock trusted_{clock_, absl::InfinitePast(), [] { return absl::ZeroDuration(); }};
  v1::Reception reception_ = Consented(v1::CONSENT_CATEGORY_DRUG);
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<audit::Trail> trail_;
  std::unique_ptr<Gate> gate_;
  const Asker asker_{.identity = "pharmacy", .person = "yakushi", .counters = {}};
};

TEST_F(GateAuditTest, AReleaseIsOnDiskAndNamesThePersonBeforeThereIsAPermit) {
  ASSERT_TRUE(gate_->Permit(asker_, Of(Kind::kDrug)).ok());
  ASSERT_TRUE(gate_->Permit(asker_, Of(Kind::kDrugDocument)).ok());
  const auto entries = Entries();
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].kind, audit::Kind::kRecordReleased);
  EXPECT_EQ(entries[1].kind, audit::Kind::kDocumentReleased);
  EXPECT_EQ(entries[0].identity, "pharmacy");
  EXPECT_EQ(entries[0].person, "yakushi");
  EXPECT_EQ(entries[0].reception_id, "r1");
  EXPECT_EQ(entries[0].detail, "DRUG");
  EXPECT_EQ(entries[0].outcome, "");
  EXPECT_EQ(audit::DecodeSubject(entries[0].subject)->patient_id(), "chart-7");
}

TEST_F(GateAuditTest, WithoutAnEntryThereIsNoPermit) {
  Execute("CREATE TRIGGER blocked BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'x'); END");
  EXPECT_FALSE(gate_->Permit(asker_, Of(Kind::kDrug)).ok());
  Execute("DROP TRIGGER blocked");
  EXPECT_TRUE(gate_->Permit(asker_, Of(Kind::kDrug)).ok());
}

TEST_F(GateAuditTest, RefusalsAreCountedAndFailNobody) {
  for (int i = 0; i < 1000; ++i) {
    EXPECT_TRUE(
        base::Is(gate_->Permit(asker_, Of(Kind::kCheckup)).status(), base::ErrorCode::kNoConsent));
  }
  EXPECT_FALSE(gate_->Admit(asker_, "my name is Hanako", Kind::kDrug).ok());
  trail_->Start();
  trail_->Stop();
  int64_t counted = 0;
  for (const audit::Entry& entry : Entries()) {
    ASSERT_EQ(entry.kind, audit::Kind::kRecordRefused);
    EXPECT_EQ(entry.identity, "pharmacy");
    counted += entry.count;
    if (entry.outcome == "MDG-2001") {
      EXPECT_EQ(entry.detail, "CHECKUP");
    } else {
      // What the caller sent is not written down.
      EXPECT_EQ(entry.outcome, "MDG-1401");
      EXPECT_EQ(entry.reception_id, "");
    }
  }
  EXPECT_EQ(counted, 1001);
  EXPECT_THAT(Entries(), SizeIs(3));
}

TEST_F(GateAuditTest, DeletionsAreCommittedTogetherWithTheirCount) {
  const Keeper::Commit commit = CommitTo(*trail_);
  store::Changes changes;
  changes.clock_mark = Morning();
  ASSERT_TRUE(commit(changes).ok());
  EXPECT_THAT(Entries(), SizeIs(0));
  changes.records_gone = {{.reception_id = "r1", .kind = 1}, {.reception_id = "r2", .kind = 1}};
  ASSERT_TRUE(commit(changes).ok());
  ASSERT_THAT(Entries(), SizeIs(1));
  EXPECT_EQ(Entries()[0].kind, audit::Kind::kRecordsDeleted);
  EXPECT_EQ(Entries()[0].count, 2);
}

}  // namespace
}  // namespace madoguchi::records
