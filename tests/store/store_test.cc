#include "agent/store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/store/schema.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::store {
namespace {

using base::ErrorCode;
using testing::ElementsAre;
using testing::IsEmpty;

const absl::CivilDay kDay(2026, 4, 10);

ReceptionRow Row(const std::string& id, bool open = true, absl::CivilDay day = kDay) {
  return {.id = id,
          .confirmation_id = "c-" + id,
          .counter = "main",
          .day = day,
          .state = open ? 8 : 12,
          .open = open,
          .opened_at = absl::FromUnixMicros(1'775'779'200'123'456),
          .event = 0,
          .body = "body of " + id};
}

std::unique_ptr<Store> OpenOrDie(const std::string& path) {
  absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(path);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

std::vector<int64_t> Put(Store& store, std::vector<ReceptionRow> rows) {
  Changes changes;
  changes.receptions = std::move(rows);
  absl::StatusOr<std::vector<int64_t>> numbers = store.Commit(changes);
  EXPECT_TRUE(numbers.ok()) << numbers.status();
  return numbers.ok() ? *numbers : std::vector<int64_t>();
}

std::vector<std::string> Ids(const std::vector<ReceptionRow>& rows) {
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const ReceptionRow& row : rows) ids.push_back(absl::StrCat(row.id, "@", row.event));
  return ids;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void RunSql(const std::string& path, const std::string& sql) {
  std::ofstream(path, std::ios::app).flush();
  auto connection = Connection::Open(path, Access::kWriter);
  ASSERT_TRUE(connection.ok()) << connection.status();
  const absl::Status done = connection->Execute(sql);
  EXPECT_TRUE(done.ok()) << done;
}

TEST(Store, KeepsWhatWasCommittedOverReopening) {
  TempDir dir;
  std::string id;
  {
    auto store = OpenOrDie(dir / "s.db");
    id = store->Id();
    EXPECT_EQ(id.size(), 16u);
    EXPECT_THAT(Put(*store, {Row("a"), Row("b")}), ElementsAre(1, 2));
    EXPECT_THAT(Put(*store, {Row("a")}), ElementsAre(3));
  }
  auto store = OpenOrDie(dir / "s.db");
  EXPECT_EQ(store->Id(), id);
  EXPECT_EQ(store->Head(), 3);
  const auto found = store->FindReception("a");
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_EQ((*found)->event, 3);
  EXPECT_EQ((*found)->body, "body of a");
  EXPECT_EQ((*found)->day, kDay);
  EXPECT_EQ((*found)->opened_at, Row("a").opened_at);
  const auto by_confirmation = store->FindByConfirmation("c-b");
  ASSERT_TRUE(by_confirmation.ok() && by_confirmation->has_value());
  EXPECT_EQ((*by_confirmation)->id, "b");
  EXPECT_FALSE(store->FindReception("nobody")->has_value());
}

TEST(Store, TwoStoresHaveDifferentIds) {
  TempDir dir;
  EXPECT_NE(OpenOrDie(dir / "a.db")->Id(), OpenOrDie(dir / "b.db")->Id());
}

TEST(Store, FilesAreForTheOwnerOnly) {
  TempDir dir;
  auto store = OpenOrDie(dir / "s.db");
  Put(*store, {Row("a")});
  for (const char* name : {"s.db", "s.db-wal", "s.db-shm"}) {
    struct stat facts {};
    ASSERT_EQ(::stat((dir / name).c_str(), &facts), 0) << name;
    EXPECT_EQ(facts.st_mode & 0777, 0600u) << name;
  }
}

TEST(Store, DoesNotFollowALink) {
  TempDir dir;
  ASSERT_EQ(::symlink((dir / "elsewhere").c_str(), (dir / "s.db").c_str()), 0);
  EXPECT_TRUE(base::Is(Store::Open(dir / "s.db").status(), ErrorCode::kStoreFailed));
  EXPECT_FALSE(std::filesystem::exists(dir / "elsewhere"));
}

TEST(Store, RefusesWhatItCannotRead) {
  TempDir dir;
  OpenOrDie(dir / "newer.db");
  RunSql(dir / "newer.db", "PRAGMA user_version=999");
  EXPECT_TRUE(base::Is(Store::Open(dir / "newer.db").status(), ErrorCode::kStoreTooNew));

  RunSql(dir / "foreign.db", "CREATE TABLE t(x)");
  EXPECT_TRUE(base::Is(Store::Open(dir / "foreign.db").status(), ErrorCode::kStoreCorrupt));

  std::ofstream(dir / "text.db") << std::string(8192, 'x');
  EXPECT_TRUE(base::Is(Store::Open(dir / "text.db").status(), ErrorCode::kStoreCorrupt));

  {
    auto store = OpenOrDie(dir / "damaged.db");
    std::vector<ReceptionRow> rows;
    rows.reserve(100);
    for (int i = 0; i < 100; ++i) rows.push_back(Row(absl::StrCat("r", i)));
    Put(*store, rows);
  }
  {
    std::fstream file(dir / "damaged.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(16384, '\xAA');
  }
  EXPECT_TRUE(base::Is(Store::Open(dir / "damaged.db").status(), ErrorCode::kStoreCorrupt));

  OpenOrDie(dir / "headless.db");
  RunSql(dir / "headless.db", "DELETE FROM meta");
  EXPECT_TRUE(base::Is(Store::Open(dir / "headless.db").status(), ErrorCode::kStoreCorrupt));
}

TEST(Store, AMigrationIsThereAsAWholeOrNotAtAll) {
  TempDir dir;
  std::ofstream(dir / "s.db").flush();
  auto connection = Connection::Open(dir / "s.db", Access::kWriter);
  ASSERT_TRUE(connection.ok()) << connection.status();
  const std::vector<absl::string_view> broken = {"CREATE TABLE one(x) STRICT;",
                                                 "CREATE TABLE two(x INTEGER) STRICT; nonsense;"};
  const std::vector<absl::string_view> first = {"CREATE TABLE one(x INTEGER) STRICT;"};
  const std::vector<absl::string_view> both = {first[0], "CREATE TABLE two(x INTEGER) STRICT;"};
  const std::vector<absl::string_view> half = {first[0], broken[1]};
  EXPECT_FALSE(Migrate(*connection, half).ok());
  EXPECT_EQ(*connection->QueryInt("PRAGMA user_version"), 1);
  EXPECT_EQ(*connection->QueryInt("SELECT count(*) FROM sqlite_schema"), 1);
  EXPECT_FALSE(connection->InTransaction());
  EXPECT_TRUE(Migrate(*connection, both).ok());
  EXPECT_EQ(*connection->QueryInt("PRAGMA user_version"), 2);
  EXPECT_TRUE(Migrate(*connection, both).ok());
  EXPECT_TRUE(base::Is(Migrate(*connection, first), ErrorCode::kStoreTooNew));
}

TEST(Store, PersonalDataHaveNoColumnButTheBody) {
  TempDir dir;
  OpenOrDie(dir / "s.db");
  auto connection = Connection::Open(dir / "s.db", Access::kWriter);
  ASSERT_TRUE(connection.ok());
  // A new column has to be thought about: it may hold ids, numbers and digests only.
  EXPECT_EQ(*connection->QueryText(
                "SELECT group_concat(name) FROM (SELECT DISTINCT c.name FROM sqlite_schema t,"
                " pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY c.name)"),
            "at,body,confirmation_id,counter,day,delete_at,event,fetched_at,first_month,floor,hash,"
            "head,id,key,kind,last_month,mark,number,one,open,opened_at,probe,qualification,"
            "reception_id,row,state,step,store_id,tag,terminal,until");
}

TEST(Store, OnlyTheNewestEventOfEachReceptionIsKept) {
  TempDir dir;
  auto store = OpenOrDie(dir / "s.db");
  Put(*store, {Row("a"), Row("b"), Row("c")});
  Put(*store, {Row("b")});
  const auto all = store->ReadEvents({});
  ASSERT_TRUE(all.ok());
  EXPECT_THAT(Ids(all->rows), ElementsAre("a@1", "c@3", "b@4"));
  EXPECT_TRUE(all->at_end);
  EXPECT_EQ(all->looked_through, 4);
  const auto after = store->ReadEvents({.after = 3});
  EXPECT_THAT(Ids(after->rows), ElementsAre("b@4"));
}

TEST(Store, ReadsEventsInPagesAndByWhatIsWanted) {
  TempDir dir;
  auto store = OpenOrDie(dir / "s.db");
  std::vector<ReceptionRow> rows;
  for (int i = 0; i < 10; ++i) {
    ReceptionRow row = Row(absl::StrCat("r", i), true, kDay + i % 2);
    row.counter = i % 2 == 0 ? "main" : "pharmacy";
    row.state = i;
    rows.push_back(row);
  }
  Put(*store, rows);
  EventQuery query;
  query.max_rows = 2;
  query.counters = {"pharmacy"};
  auto page = store->ReadEvents(query);
  EXPECT_THAT(Ids(page->rows), ElementsAre("r1@2", "r3@4"));
  EXPECT_EQ(page->looked_through, 4);
  EXPECT_FALSE(page->at_end);

  page = store->ReadEvents({.after = 5, .states = {2, 7}});
  EXPECT_THAT(Ids(page->rows), ElementsAre("r7@8"));
  EXPECT_TRUE(page->at_end);

  // Nothing matches: it moves on all the same, by a bounded number of rows.
  page = store->ReadEvents({.after = 0, .counters = {"none"}, .max_scanned = 3});
  EXPECT_THAT(page->rows, IsEmpty());
  EXPECT_EQ(page->looked_through, 3);
  EXPECT_FALSE(page->at_end);

  page = store->ReadEvents({.after = 2, .day = kDay});
  EXPECT_THAT(Ids(page->rows), ElementsAre("r2@3", "r4@5", "r6@7", "r8@9"));
  EXPECT_EQ(page->looked_through, 10);

  const auto backwards = store->ReadBackwards(9, 2);
  EXPECT_THAT(Ids(*backwards), ElementsAre("r7@8", "r6@7"));
}

TEST(Store, KeysAndResultsAndExpectationsComeBack) {
  TempDir dir;
  {
    auto store = OpenOrDie(dir / "s.db");
    Changes changes;
    changes.receptions = {Row("a")};
    changes.face_keys = {{std::string("\0\1key", 5), "a"}};
    changes.request = RequestRow{"request", kDay, std::string("re\0sult", 7)};
    changes.expectations = {{"e1", "main", absl::FromUnixSeconds(1'775'779'500), "who"},
                            {"e2", "main", absl::FromUnixSeconds(1'775'779'501), "else"}};
    ASSERT_TRUE(store->Commit(changes).ok());
    Changes gone;
    gone.expectations_gone = {"e2"};
    ASSERT_TRUE(store->Commit(gone).ok());
    EXPECT_EQ(store->Head(), 1);
  }
  auto store = OpenOrDie(dir / "s.db");
  EXPECT_EQ(**store->FindFaceKey(std::string("\0\1key", 5)), "a");
  EXPECT_FALSE(store->FindFaceKey(std::string("\0\2key", 5))->has_value());
  EXPECT_EQ(**store->FindRequest("request"), std::string("re\0sult", 7));
  const auto expectations = store->ReadExpectations();
  ASSERT_EQ(expectations->size(), 1u);
  EXPECT_EQ(expectations->front().id, "e1");
  EXPECT_EQ(expectations->front().until, absl::FromUnixSeconds(1'775'779'500));
  EXPECT_EQ(expectations->front().body, "who");
}

TEST(Store, ACommitThatFailsInTheMiddleChangesNothing) {
  TempDir dir;
  auto store = OpenOrDie(dir / "s.db");
  Changes changes;
  changes.receptions = {Row("a")};
  changes.face_keys = {{"key", "a"}};
  ASSERT_TRUE(store->Commit(changes).ok());
  Changes second;
  second.receptions = {Row("b"), Row("a")};
  second.face_keys = {{"key", "b"}};  // taken: fails after the receptions were written
  EXPECT_TRUE(base::Is(store->Commit(second).status(), ErrorCode::kStoreFailed));
  EXPECT_EQ(store->Head(), 1);
  EXPECT_FALSE(store->FindReception("b")->has_value());
  EXPECT_EQ((*store->FindReception("a"))->event, 1);
  EXPECT_THAT(Put(*store, {Row("b")}), ElementsAre(2));
}

TEST(Store, DeletesClosedReceptionsOfOldDaysAndRaisesTheFloor) {
  TempDir dir;
  {
    auto store = OpenOrDie(dir / "s.db");
    Changes changes;
    changes.receptions = {Row("old1", false), Row("old2", false), Row("open", true),
                          Row("new", false, kDay + 1)};
    changes.face_keys = {{"k1", "old1"}, {"k2", "new"}};
    changes.request = RequestRow{"request", kDay, "result"};
    ASSERT_TRUE(store->Commit(changes).ok());

    auto deleted = store->DeleteBefore(kDay + 1, 1);
    ASSERT_TRUE(deleted.ok()) << deleted.status();
    EXPECT_THAT(deleted->reception_ids, ElementsAre("old1"));
    EXPECT_FALSE(deleted->all);
    EXPECT_EQ(store->Floor(), 1);
    deleted = store->DeleteBefore(kDay + 1, 10);
    EXPECT_THAT(deleted->reception_ids, ElementsAre("old2"));
    EXPECT_TRUE(deleted->all);
    EXPECT_EQ(store->Floor(), 2);
    EXPECT_FALSE(store->FindFaceKey("k1")->has_value());
    EXPECT_TRUE(store->FindFaceKey("k2")->has_value());
    EXPECT_FALSE(store->FindRequest("request")->has_value());
    EXPECT_TRUE(store->FindReception("open")->has_value());
  }
  auto store = OpenOrDie(dir / "s.db");
  EXPECT_EQ(store->Floor(), 2);
  // The newest of all is deleted: its number is not given again.
  ASSERT_TRUE(store->DeleteBefore(kDay + 2, 10).ok());
  EXPECT_EQ(store->Floor(), 4);
  EXPECT_THAT(Put(*store, {Row("x")}), ElementsAre(5));
}

TEST(Store, NothingOfWhatWasDeletedStaysInTheFiles) {
  TempDir dir;
  auto store = OpenOrDie(dir / "s.db");
  std::vector<ReceptionRow> rows;
  for (int i = 0; i < 50; ++i) {
    rows.push_back(Row(absl::StrCat("r", i), false));
    rows.back().body = std::string(3000, 'x') + "SECRETSIGN" + std::string(3000, 'y');
  }
  Put(*store, rows);
  const auto hits = [&dir] {
    return ReadFile(dir / "s.db").find("SECRETSIGN") != std::string::npos ||
           ReadFile(dir / "s.db-wal").find("SECRETSIGN") != std::string::npos;
  };
  EXPECT_TRUE(hits());
  ASSERT_TRUE(store->DeleteBefore(kDay + 1, 100)->all);
  const auto scrubbed = store->Scrub();
  ASSERT_TRUE(scrubbed.ok() && *scrubbed);
  EXPECT_FALSE(hits());
}

TEST(Store, TheLogStaysBoundedWhetherOrNotSomebodyTidies) {
  TempDir dir;
  auto store = OpenOrDie(dir / "s.db");
  ReceptionRow row = Row("a");
  row.body = std::string(40'000, 'x');
  for (int i = 0; i < 1200; ++i) Put(*store, {row});
  EXPECT_LT(std::filesystem::file_size(dir / "s.db-wal"), 20u << 20);
  for (int i = 0; i < 1200; ++i) {
    Put(*store, {row});
    ASSERT_TRUE(store->Tidy().ok());
  }
  ASSERT_TRUE(*store->Scrub());
  EXPECT_EQ(std::filesystem::file_size(dir / "s.db-wal"), 0u);
}

TEST(Store, ClosingLeavesOneFile) {
  TempDir dir;
  auto store = OpenOrDie(dir / "s.db");
  Put(*store, {Row("a")});
  store->Close();
  store->Close();
  EXPECT_FALSE(std::filesystem::exists(dir / "s.db-wal"));
  EXPECT_TRUE(base::Is(store->FindReception("a").status(), ErrorCode::kStoreFailed));
  EXPECT_TRUE(base::Is(store->Commit({}).status(), ErrorCode::kStoreFailed));
}

TEST(Store, ManyReadWhileOneWrites) {
  TempDir dir;
  auto store = OpenOrDie(dir / "s.db");
  Put(*store, {Row("a"), Row("b")});
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::vector<std::thread> readers;
  readers.reserve(6);
  for (int i = 0; i < 6; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto page = store->ReadEvents({});
        // Both are written in each transaction: one snapshot shows them side by side.
        if (!page.ok() || page->rows.size() != 2 ||
            page->rows[1].event != page->rows[0].event + 1 ||
            page->looked_through != page->rows[1].event) {
          ++torn;
        }
      }
    });
  }
  for (int i = 0; i < 300; ++i) Put(*store, {Row("a"), Row("b")});
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace madoguchi::store
