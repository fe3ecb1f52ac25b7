#include "agent/audit/notes.h"

#include <gtest/gtest.h>

namespace madoguchi::audit {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

int64_t CountOf(const std::vector<Entry>& entries) {
  int64_t count = 0;
  for (const Entry& entry : entries) count += entry.count;
  return count;
}

TEST(Notes, WritesTheFirstAtOnceAndCountsTheRest) {
  Notes notes;
  EXPECT_EQ(notes.Next(), absl::InfiniteFuture());
  notes.Add({.identity = "a", .outcome = "MDG-1101"}, kNow);
  EXPECT_EQ(notes.Next(), absl::InfinitePast());
  EXPECT_EQ(notes.Take(kNow).size(), 1);
  for (int i = 0; i < 500; ++i) notes.Add({.identity = "a", .outcome = "MDG-1101"}, kNow);
  EXPECT_TRUE(notes.Take(kNow).empty());
  EXPECT_EQ(notes.Next(), kNow + Notes::kWindow);
  const auto rest = notes.Take(kNow + Notes::kWindow);
  ASSERT_EQ(rest.size(), 1);
  EXPECT_EQ(rest[0].count, 500);
  EXPECT_EQ(rest[0].outcome, "MDG-1101");
  EXPECT_EQ(notes.Next(), absl::InfiniteFuture());
}

TEST(Notes, AMillionRefusalsOfAThousandKindsAreFewEntriesAndNoneIsForgotten) {
  Notes notes;
  size_t bytes = 0;
  size_t entries = 0;
  int64_t count = 0;
  const auto take = [&](const std::vector<Entry>& taken) {
    entries += taken.size();
    count += CountOf(taken);
    for (const Entry& entry : taken) bytes += EncodeEntry(entry).size();
  };
  // 2,000 a second: the slowest flood that is one.
  for (int i = 0; i < 1'000'000; ++i) {
    const absl::Time now = kNow + absl::Microseconds(500) * i;
    notes.Add({.identity = "client", .reception_id = std::to_string(i % 1000)}, now);
    if (i % 100 == 0) take(notes.Take(now));
  }
  take(notes.TakeAll());
  EXPECT_EQ(count, 1'000'000);
  EXPECT_LT(entries, 700);
  EXPECT_LT(bytes, 200'000);
}

TEST(Notes, AClockSetBackClosesTheWindow) {
  Notes notes;
  notes.Add({.identity = "a"}, kNow);
  notes.Add({.identity = "a"}, kNow);
  notes.Take(kNow);
  notes.Add({.identity = "a"}, kNow - absl::Hours(24));
  EXPECT_EQ(notes.Take(kNow - absl::Hours(24)).size(), 2);
}

}  // namespace
}  // namespace madoguchi::audit
