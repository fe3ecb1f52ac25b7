#include "agent/audit/trail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "absl/time/clock.h"
#include "agent/base/error.h"
#include "tests/audit/site.h"

namespace madoguchi::audit {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class TrailTest : public SiteTest {
 protected:
  std::vector<Kind> KindsWritten() const {
    std::vector<Kind> kinds;
    for (const store::AuditRow& row : Rows()) kinds.push_back(DecodeEntry(row.body)->kind);
    return kinds;
  }
  // The database does not take the next entry.
  void Block() {
    Tamper("CREATE TRIGGER blocked BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'x'); END");
  }
  void Unblock() { Tamper("DROP TRIGGER blocked"); }
  static store::Changes Opening(const std::string& id) {
    store::Changes changes;
    changes.receptions = {Reception(id)};
    return changes;
  }
  static store::ReceptionRow Reception(const std::string& id) {
    store::ReceptionRow row;
    row.id = id;
    row.counter = "c";
    row.day = absl::CivilDay(2026, 11, 25);
    row.body = "b";
    return row;
  }
};

TEST_F(TrailTest, WritesEntriesWithWhatTheyRecordInOneTransaction) {
  const auto numbers =
      trail_->Commit(Opening("r1"), {{.kind = Kind::kReceptionOpened, .reception_id = "r1"},
                                     {.kind = Kind::kReceptionAssigned, .reception_id = "r1"}});
  ASSERT_TRUE(numbers.ok());
  EXPECT_THAT(*numbers, ElementsAre(1));
  EXPECT_THAT(KindsWritten(),
              ElementsAre(Kind::kTrailStarted, Kind::kReceptionOpened, Kind::kReceptionAssigned));
  Block();
  EXPECT_FALSE(
      trail_
          ->Commit(Opening("r2"), {{.kind = Kind::kReceptionOpened, .reception_id = "r2"},
                                   {.kind = Kind::kReceptionAssigned, .reception_id = "r2"}})
          .ok());
  Unblock();
  EXPECT_FALSE(store_->FindReception("r2")->has_value());
}

TEST_F(TrailTest, PatientsAreReceivedWhateverIsWrongWithTheTrail) {
  // Somebody else writes where the next entry belongs.
  Tamper("INSERT INTO audit VALUES(2, 0, x'', x'', x'')");
  const store::Changes opening = Opening("r1");
  const auto numbers =
      trail_->Commit(opening, {{.kind = Kind::kReceptionOpened, .reception_id = "r1"}});
  ASSERT_TRUE(numbers.ok()) << numbers.status();
  EXPECT_THAT(*numbers, ElementsAre(1));
  EXPECT_TRUE(store_->FindReception("r1")->has_value());
  EXPECT_EQ(trail_->Status().waiting, 1);
  EXPECT_FALSE(trail_->Status().writable.ok());
  EXPECT_THAT(Problems(), ElementsAre(Problem::kForged));
  // What must not happen without an entry does not.
  EXPECT_FALSE(trail_->Commit(Opening("r2"), {{.kind = Kind::kReceptionCancelled}}).ok());
  Reopen();
  EXPECT_TRUE(trail_->Status().damaged);
}

TEST_F(TrailTest, AKeyThatWasNotSavedYetIsTakenOnFromTheEntries) {
  Write(3);
  // What a machine that lost its power finds: entries, and the key of before.
  Copy("s.db", "crashed.db");
  Copy("s.db-wal", "crashed.db-wal");
  Copy("audit.key", "crashed.key");
  const Anchor head = trail_->Status().head;
  Close();
  Copy("crashed.db", "s.db");
  Copy("crashed.db-wal", "s.db-wal");
  Copy("crashed.key", "audit.key");
  Open();
  EXPECT_FALSE(trail_->Status().damaged);
  EXPECT_THAT(Problems({head}), IsEmpty());
}

TEST_F(TrailTest, TheThreadBringsTheKeyFileUpToDate) {
  trail_->Start();
  Write(3);
  trail_->Stop();
  // Entries that are newer than the key are no longer there: found, because the key is ahead.
  Close();
  Tamper("DELETE FROM audit WHERE number = 4");
  Open();
  EXPECT_TRUE(trail_->Status().damaged);
}

TEST_F(TrailTest, AKeyNothingCanBeSealedToIsRefusedAtTheStart) {
  Close();
  std::filesystem::remove(dir_ / "audit-site.key");
  std::ofstream(dir_ / "audit-site.pub") << std::string(64, '0') << "\n";
  store_ = *store::Store::Open(dir_ / "s.db");
  const auto trail = Trail::Open(dir_.path(), *store_, clock_);
  EXPECT_TRUE(base::Is(trail.status(), base::ErrorCode::kAuditKeyProblem)) << trail.status();
}

TEST_F(TrailTest, WhatCannotBeWrittenIsRefusedKeptOrCountedAsItsKindSays) {
  Block();
  EXPECT_FALSE(trail_->Record({.kind = Kind::kRecordReleased}).ok());
  EXPECT_TRUE(trail_->Record({.kind = Kind::kRecordRefused, .identity = "a"}).ok());
  EXPECT_TRUE(trail_->Record({.kind = Kind::kCallRefused, .count = 7}).ok());
  EXPECT_EQ(trail_->Status().waiting, 1);
  EXPECT_EQ(trail_->Status().lost, 7);
  EXPECT_FALSE(trail_->Status().writable.ok());
  Unblock();
  Write(1);
  EXPECT_THAT(KindsWritten(), ElementsAre(Kind::kTrailStarted, Kind::kRecordRefused,
                                          Kind::kEntriesLost, Kind::kRecordReleased));
  EXPECT_TRUE(trail_->Status().writable.ok());
  EXPECT_EQ(trail_->Status().waiting, 0);
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(TrailTest, WhatWasKeptIsWrittenWhenItCanBeWithoutWaitingForTheNext) {
  trail_->Start();
  Block();
  EXPECT_TRUE(trail_->Record({.kind = Kind::kRecordRefused, .identity = "a"}).ok());
  EXPECT_FALSE(trail_->Status().writable.ok());
  Unblock();
  // The thread may not have been waiting yet when the clock moved.
  const absl::Time give_up = absl::Now() + absl::Seconds(20);
  while (!trail_->Status().writable.ok() && absl::Now() < give_up) {
    clock_.Advance(absl::Seconds(1));
    std::this_thread::yield();
  }
  EXPECT_TRUE(trail_->Status().writable.ok());
  EXPECT_THAT(KindsWritten(), ElementsAre(Kind::kTrailStarted, Kind::kRecordRefused));
}

TEST_F(TrailTest, TheSpoolIsBounded) {
  Block();
  for (int i = 0; i < 1005; ++i) {
    EXPECT_TRUE(trail_->Record({.kind = Kind::kRecordRefused}).ok());
  }
  EXPECT_EQ(trail_->Status().waiting, 1000);
  EXPECT_EQ(trail_->Status().lost, 5);
}

TEST_F(TrailTest, APersonIsSealedAndOpensInItsPlaceOnly) {
  Write(2);
  const auto rows = Rows();
  for (const store::AuditRow& row : rows) {
    EXPECT_EQ(row.body.find("chart 1"), std::string::npos);
  }
  const Entry entry = *DecodeEntry(rows[1].body);
  EXPECT_EQ(*trail_->Disclose(2, entry), "chart 1");
  EXPECT_FALSE(trail_->Disclose(3, entry).ok());
  Close();
  std::filesystem::remove(dir_ / "audit-site.key");
  Open();
  EXPECT_TRUE(base::Is(trail_->Disclose(2, entry).status(), base::ErrorCode::kAuditKeyProblem));
}

TEST_F(TrailTest, GoesOnWhenTheDaemonDiedBeforeTheKeyWasSaved) {
  Write(1);
  Close();
  Copy("audit.key", "old.key");
  Open();
  Write(3);
  Close();
  // The entries are on disk and the key is the one before them.
  Copy("old.key", "audit.key");
  Open();
  EXPECT_FALSE(trail_->Status().damaged);
  Write(1);
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(TrailTest, AFloodOfRefusalsIsFewEntries) {
  trail_->Start();
  std::vector<std::thread> clients;
  clients.reserve(4);
  for (int client = 0; client < 4; ++client) {
    clients.emplace_back([&] {
      for (int i = 0; i < 25'000; ++i) {
        trail_->Note({.kind = Kind::kCallRefused, .identity = "a", .outcome = "MDG-1102"});
      }
    });
  }
  // Releases go on meanwhile.
  Write(50);
  for (std::thread& client : clients) client.join();
  trail_->Stop();
  int64_t counted = 0;
  for (const store::AuditRow& row : Rows()) {
    const Entry entry = *DecodeEntry(row.body);
    if (entry.kind == Kind::kCallRefused) counted += entry.count;
  }
  EXPECT_EQ(counted, 100'000);
  EXPECT_EQ(Rows().size(), 53);
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(TrailTest, EntriesOfManyThreadsAreOneChain) {
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) threads.emplace_back([this] { Write(50); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Rows().size(), 201);
  EXPECT_THAT(Problems(), IsEmpty());
}

}  // namespace
}  // namespace madoguchi::audit
