#include "agent/audit/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/audit/site.h"

namespace madoguchi::audit {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SearchTest : public SiteTest {
 protected:
  SearchTest() {
    // 1 is the trail's own beginning.
    Add({.kind = Kind::kReceptionOpened, .reception_id = "r1"});
    clock_.Advance(absl::Hours(1));
    Add({.kind = Kind::kRecordReleased,
         .identity = "a",
         .person = "x",
         .reception_id = "r1",
         .subject = "s"});
    Add({.kind = Kind::kRecordReleased, .identity = "b", .person = "x", .reception_id = "r2"});
    clock_.Advance(absl::Hours(1));
    Add({.kind = Kind::kCallRefused, .identity = "a", .person = "y"});
  }
  void Add(Entry entry) { ASSERT_TRUE(trail_->Record(std::move(entry)).ok()); }
  std::vector<int64_t> Numbers(const Filter& filter, int64_t up_to = 100) const {
    std::vector<int64_t> numbers;
    const auto page = trail_->Search(filter, 0, up_to, 100);
    EXPECT_TRUE(page.ok());
    EXPECT_TRUE(page->at_end);
    for (const Found& found : page->found) numbers.push_back(found.number);
    return numbers;
  }
};

TEST_F(SearchTest, FindsByWhatIsAskedFor) {
  EXPECT_THAT(Numbers({}), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(Numbers({}, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(Numbers({.reception_id = "r1"}), ElementsAre(2, 3));
  EXPECT_THAT(Numbers({.identity = "a"}), ElementsAre(3, 5));
  EXPECT_THAT(Numbers({.identity = "a", .person = "y"}), ElementsAre(5));
  EXPECT_THAT(Numbers({.kinds = {20, 10}}), ElementsAre(2, 5));
  EXPECT_THAT(Numbers({.with_subject = true}), ElementsAre(3));
  EXPECT_THAT(Numbers({.identity = "nobody"}), IsEmpty());
  const absl::Time now = clock_.Now();
  EXPECT_THAT(Numbers({.from = now - absl::Hours(1)}), ElementsAre(3, 4, 5));
  EXPECT_THAT(Numbers({.from = now - absl::Hours(1), .until = now}), ElementsAre(3, 4));
}

TEST_F(SearchTest, GoesOnWhereThePageEnded) {
  std::vector<int64_t> numbers;
  int64_t after = 0;
  for (int pages = 0; pages < 10; ++pages) {
    const auto page = *trail_->Search({.identity = "a"}, after, 5, 1);
    for (const Found& found : page.found) numbers.push_back(found.number);
    after = page.looked_through;
    if (page.at_end) break;
  }
  EXPECT_THAT(numbers, ElementsAre(3, 5));
}

TEST_F(SearchTest, WhatCannotBeReadIsShownWhateverItMayHaveSaid) {
  Tamper("UPDATE audit SET body = x'00' WHERE number = 3");
  EXPECT_THAT(Numbers({.identity = "b"}), ElementsAre(3, 4));
}

TEST_F(SearchTest, LooksAtABoundedNumberInOneCall) {
  std::vector<Entry> entries(6000, Entry{.kind = Kind::kReceptionOpened, .identity = "many"});
  ASSERT_TRUE(trail_->Commit({}, entries).ok());
  Add({.kind = Kind::kTrailRead, .identity = "last"});
  const auto page = *trail_->Search({.identity = "last"}, 0, 10'000, 10);
  EXPECT_THAT(page.found, IsEmpty());
  EXPECT_FALSE(page.at_end);
  EXPECT_EQ(page.looked_through, 5000);
  const auto next = *trail_->Search({.identity = "last"}, page.looked_through, 10'000, 10);
  EXPECT_EQ(next.found.size(), 1);
  EXPECT_TRUE(next.at_end);
}

}  // namespace
}  // namespace madoguchi::audit
