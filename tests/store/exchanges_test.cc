#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "agent/base/error.h"
#include "agent/store/store.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::CivilDay kAskedOn(2026, 4, 10);

ExchangeRow Exchange(const std::string& id, int number, int64_t opened_us = 1) {
  return {.id = id,
          .reception_id = "r-" + id,
          .terminal = "terminal-1",
          .day = kAskedOn,
          .number = number,
          .step = 1,
          .open = true,
          .opened_at = absl::FromUnixMicros(opened_us),
          .body = "body of " + id};
}

class ExchangesTest : public testing::Test {
 protected:
  ExchangesTest() { Open(); }
  void Open() {
    absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(dir_ / "s.db");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  absl::Status Put(std::vector<ExchangeRow> rows) {
    Changes changes;
    changes.exchanges = std::move(rows);
    return store_->Commit(changes).status();
  }
  std::vector<std::string> OpenIds() const {
    std::vector<std::string> ids;
    const auto rows = store_->ReadOpenExchanges();
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (const ExchangeRow& row : *rows) ids.push_back(row.id);
    return ids;
  }

  TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_F(ExchangesTest, KeepsAllOfOneOverARestart) {
  ASSERT_TRUE(Put({Exchange("a", 5000, 1'775'779'200'123'456)}).ok());
  store_.reset();
  Open();
  const auto rows = store_->ReadOpenExchanges();
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 1u);
  const ExchangeRow& row = rows->front();
  EXPECT_EQ(row.id, "a");
  EXPECT_EQ(row.reception_id, "r-a");
  EXPECT_EQ(row.terminal, "terminal-1");
  EXPECT_EQ(row.day, kAskedOn);
  EXPECT_EQ(row.number, 5000);
  EXPECT_EQ(row.step, 1);
  EXPECT_TRUE(row.open);
  EXPECT_EQ(absl::ToUnixMicros(row.opened_at), 1'775'779'200'123'456);
  EXPECT_EQ(row.body, "body of a");
}

TEST_F(ExchangesTest, ReadsTheOpenOnesOldestFirst) {
  ASSERT_TRUE(Put({Exchange("b", 2, 20), Exchange("a", 3, 30), Exchange("c", 1, 10)}).ok());
  EXPECT_THAT(OpenIds(), ElementsAre("c", "b", "a"));
  ExchangeRow closed = Exchange("b", 2, 20);
  closed.open = false;
  closed.step = 3;
  ASSERT_TRUE(Put({closed}).ok());
  EXPECT_THAT(OpenIds(), ElementsAre("c", "a"));
}

TEST_F(ExchangesTest, NeverGivesANameTwice) {
  ExchangeRow closed = Exchange("a", 5000);
  closed.open = false;
  ASSERT_TRUE(Put({closed}).ok());
  // Also after the other one is over, and then nothing of the transaction is there.
  EXPECT_FALSE(Put({Exchange("b", 5001), Exchange("c", 5000)}).ok());
  EXPECT_THAT(OpenIds(), IsEmpty());
  ExchangeRow other_terminal = Exchange("d", 5000);
  other_terminal.terminal = "terminal-2";
  EXPECT_TRUE(Put({other_terminal, Exchange("e", 5001)}).ok());
  EXPECT_EQ(*store_->HighestNumber("terminal-1", kAskedOn), 5001);
  EXPECT_EQ(*store_->HighestNumber("terminal-2", kAskedOn), 5000);
  EXPECT_EQ(*store_->HighestNumber("terminal-1", kAskedOn + 1), std::nullopt);
}

TEST_F(ExchangesTest, DeletesWhatIsOverWithItsDayAndScrubsIt) {
  ExchangeRow closed = Exchange("a", 1);
  closed.open = false;
  closed.body = "a secret of a patient";
  ASSERT_TRUE(Put({closed, Exchange("b", 2)}).ok());
  auto deleted = store_->DeleteBefore(kAskedOn, 100);
  ASSERT_TRUE(deleted.ok());
  EXPECT_FALSE(deleted->any);
  deleted = store_->DeleteBefore(kAskedOn + 1, 100);
  ASSERT_TRUE(deleted.ok());
  EXPECT_TRUE(deleted->any);
  EXPECT_TRUE(deleted->all);
  EXPECT_THAT(deleted->reception_ids, IsEmpty());
  // What may still get its answer stays.
  EXPECT_THAT(OpenIds(), ElementsAre("b"));
  EXPECT_EQ(*store_->HighestNumber("terminal-1", kAskedOn), 2);
  EXPECT_TRUE(*store_->Scrub());
  for (const char* name : {"s.db", "s.db-wal"}) {
    std::ifstream in(dir_ / name, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    EXPECT_EQ(bytes.find("a secret"), std::string::npos) << name;
  }
}

TEST_F(ExchangesTest, DeletesInSteps) {
  std::vector<ExchangeRow> rows;
  for (int i = 0; i < 5; ++i) {
    rows.push_back(Exchange("x" + std::to_string(i), i));
    rows.back().open = false;
  }
  ASSERT_TRUE(Put(rows).ok());
  EXPECT_FALSE(store_->DeleteBefore(kAskedOn + 1, 3)->all);
  EXPECT_TRUE(store_->DeleteBefore(kAskedOn + 1, 3)->all);
  EXPECT_EQ(*store_->HighestNumber("terminal-1", kAskedOn), std::nullopt);
}

}  // namespace
}  // namespace madoguchi::store
