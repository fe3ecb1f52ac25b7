#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/store/store.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const absl::Time kNow = absl::FromUnixSeconds(1'775'779'200);

std::unique_ptr<Store> OpenStore(const std::string& path) {
  absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(path);
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

ReceptionRow Reception(const std::string& id) {
  return {.id = id,
          .confirmation_id = "c-" + id,
          .counter = "main",
          .day = absl::CivilDay(2026, 4, 10),
          .state = 8,
          .open = true,
          .opened_at = kNow,
          .event = 0,
          .body = "body"};
}

RecordRow Record(const std::string& reception, int kind, absl::Time delete_at, std::string body) {
  return {.key = {.reception_id = reception, .kind = kind, .first_month = 1, .last_month = 2},
          .qualification = 3,
          .fetched_at = kNow,
          .delete_at = delete_at,
          .body = std::move(body)};
}

// A text that is in no other record.
std::string Sign(int number) { return absl::StrFormat("SIGN%05dNGIS", number); }

std::string AllFiles(const TempDir& dir) {
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    std::ifstream file(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(file), {});
  }
  return all;
}

TEST(StoreRecords, KeptReplacedAndFoundWithTheirReception) {
  TempDir dir;
  {
    auto store = OpenStore(dir / "s.db");
    Changes changes;
    changes.receptions = {Reception("a"), Reception("b")};
    changes.records = {Record("a", 1, kNow + absl::Hours(72), "drugs"),
                       Record("a", 2, kNow + absl::Hours(72), "checkups")};
    ASSERT_TRUE(store->Commit(changes).ok());
    Changes again;
    again.records = {Record("a", 1, kNow + absl::Hours(80), "newer drugs")};
    again.records[0].fetched_at = kNow + absl::Hours(1);
    ASSERT_TRUE(store->Commit(again).ok());
  }
  auto store = OpenStore(dir / "s.db");
  const auto rows = store->FindRecords("a");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_THAT(*rows, SizeIs(2));
  EXPECT_EQ(rows->front().body, "newer drugs");
  EXPECT_EQ(rows->front().fetched_at, kNow + absl::Hours(1));
  EXPECT_EQ(rows->front().delete_at, kNow + absl::Hours(80));
  EXPECT_EQ(rows->back().body, "checkups");
  EXPECT_EQ(rows->back().qualification, 3);
  EXPECT_THAT(*store->FindRecords("b"), IsEmpty());
}

TEST(StoreRecords, ARecordNeedsItsReception) {
  TempDir dir;
  auto store = OpenStore(dir / "s.db");
  Changes changes;
  changes.records = {Record("nobody", 1, kNow, "x")};
  EXPECT_FALSE(store->Commit(changes).ok());
}

TEST(StoreRecords, DueOldestFirst) {
  TempDir dir;
  auto store = OpenStore(dir / "s.db");
  EXPECT_EQ(*store->NextRecordDue(), absl::InfiniteFuture());
  Changes changes;
  changes.receptions = {Reception("a")};
  changes.records = {Record("a", 1, kNow + absl::Hours(3), ""),
                     Record("a", 2, kNow + absl::Hours(1), ""),
                     Record("a", 3, kNow + absl::Hours(2), "")};
  ASSERT_TRUE(store->Commit(changes).ok());
  EXPECT_EQ(*store->NextRecordDue(), kNow + absl::Hours(1));
  EXPECT_THAT(*store->FindRecordsDue(kNow, 10), IsEmpty());
  const auto due = store->FindRecordsDue(kNow + absl::Hours(2), 10);
  ASSERT_THAT(*due, SizeIs(2));
  EXPECT_EQ(due->front().kind, 2);
  EXPECT_EQ(due->back().kind, 3);
  EXPECT_THAT(*store->FindRecordsDue(kNow + absl::Hours(9), 1), SizeIs(1));
  Changes gone;
  gone.records_gone = *due;
  ASSERT_TRUE(store->Commit(gone).ok());
  EXPECT_THAT(*store->FindRecords("a"), SizeIs(1));
  EXPECT_EQ(*store->NextRecordDue(), kNow + absl::Hours(3));
}

TEST(StoreRecords, TheClockMarkOnlyGrows) {
  TempDir dir;
  {
    auto store = OpenStore(dir / "s.db");
    EXPECT_EQ(*store->ReadClockMark(), absl::InfinitePast());
    for (const int hours : {5, 3}) {
      Changes changes;
      changes.clock_mark = kNow + absl::Hours(hours);
      ASSERT_TRUE(store->Commit(changes).ok());
    }
  }
  EXPECT_EQ(*OpenStore(dir / "s.db")->ReadClockMark(), kNow + absl::Hours(5));
}

// Bodies of every size from a few bytes to many pages, put, replaced and deleted in a mixed order,
// so that pages of the database are split, merged and used again.
TEST(StoreRecords, NoByteOfADeletedOneStaysInAnyFile) {
  TempDir dir;
  auto store = OpenStore(dir / "s.db");
  Changes first;
  first.receptions = {Reception("a")};
  ASSERT_TRUE(store->Commit(first).ok());
  constexpr int kCount = 600;
  const auto body = [](int number) {
    std::string text = Sign(number);
    while (text.size() < static_cast<size_t>(number * 37 % 9000))
      absl::StrAppend(&text, Sign(number));
    return text;
  };
  for (int i = 0; i < kCount; ++i) {
    Changes changes;
    RecordRow row = Record("a", 1, kNow, body(i));
    row.key.first_month = i * 7919 % kCount;
    changes.records.push_back(row);
    ASSERT_TRUE(store->Commit(changes).ok());
  }
  ASSERT_TRUE(*store->Scrub());
  // The search finds what is there.
  const std::string before = AllFiles(dir);
  for (int i = 0; i < kCount; ++i) ASSERT_NE(before.find(Sign(i)), std::string::npos) << i;
  for (int i = 0; i < kCount; ++i) {
    if (i % 3 == 0) continue;
    Changes changes;
    RecordRow row = Record("a", 1, kNow, i % 3 == 1 ? std::string(i % 800, '.') : "");
    row.key.first_month = i * 7919 % kCount;
    // Half of them replaced by something shorter, half of them deleted.
    if (i % 3 == 1) changes.records.push_back(row);
    if (i % 3 == 2) changes.records_gone.push_back(row.key);
    ASSERT_TRUE(store->Commit(changes).ok());
  }
  ASSERT_TRUE(*store->Scrub());
  const std::string after = AllFiles(dir);
  for (int i = 0; i < kCount; ++i) {
    EXPECT_EQ(after.find(Sign(i)) == std::string::npos, i % 3 != 0) << i;
  }
}

}  // namespace
}  // namespace madoguchi::store
