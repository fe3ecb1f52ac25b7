#include "agent/audit/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "agent/audit/chain.h"
#include "tests/audit/site.h"

namespace madoguchi::audit {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

using VerifyTest = SiteTest;

std::string Sql(const store::AuditRow& row) {
  const auto hex = [](const std::string& bytes) {
    std::string text;
    for (const char c : bytes) {
      absl::StrAppend(&text, absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
    }
    return text;
  };
  return absl::StrCat("INSERT OR REPLACE INTO audit VALUES(", row.number, ",",
                      absl::ToUnixMicros(row.at), ",x'", hex(row.body), "',x'", hex(row.hash),
                      "',x'", hex(row.tag), "');");
}

TEST_F(VerifyTest, AnUntouchedTrailIsIntactOverManyOpenings) {
  for (int i = 0; i < 4; ++i) {
    Write(300);
    Reopen();
  }
  const auto verdict = trail_->Verify({});
  ASSERT_TRUE(verdict.ok());
  EXPECT_TRUE(verdict->Intact());
  EXPECT_EQ(verdict->entries, 1205);
  EXPECT_EQ(verdict->tags_checked, 1205);
  EXPECT_FALSE(trail_->Status().damaged);
}

TEST_F(VerifyTest, FindsAnEdit) {
  Write(5);
  for (const char* edit :
       {"body = CAST(replace(CAST(body AS TEXT), '8:pharmacy', '8:pharmacx') AS BLOB)",
        "at = at + 1", "tag = zeroblob(32)", "hash = zeroblob(32)"}) {
    Tamper(absl::StrCat("CREATE TABLE kept AS SELECT * FROM audit; UPDATE audit SET ", edit,
                        " WHERE number = 3"));
    EXPECT_THAT(Problems(), testing::Not(IsEmpty())) << edit;
    Tamper("DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; DROP TABLE kept;");
    EXPECT_THAT(Problems(), IsEmpty()) << edit;
  }
}

TEST_F(VerifyTest, FindsADeletionWhereverItIs) {
  Write(5);
  for (int number = 1; number <= 6; ++number) {
    Tamper(absl::StrCat("CREATE TABLE kept AS SELECT * FROM audit; DELETE FROM audit WHERE number=",
                        number));
    EXPECT_THAT(Problems(), Contains(Problem::kMissing)) << number;
    Tamper("DELETE FROM audit; INSERT INTO audit SELECT * FROM kept; DROP TABLE kept;");
  }
  EXPECT_THAT(Problems(), IsEmpty());
}

TEST_F(VerifyTest, FindsEntriesThatChangedPlaces) {
  Write(5);
  Tamper(
      "UPDATE audit SET number = -3 WHERE number = 3; UPDATE audit SET number = 3 WHERE"
      " number = 4; UPDATE audit SET number = 4 WHERE number = -3;");
  EXPECT_THAT(Problems(), Contains(Problem::kChanged));
}

TEST_F(VerifyTest, FindsATruncationAlsoAfterOpeningAndWritingOn) {
  Write(5);
  Tamper("DELETE FROM audit WHERE number > 3");
  EXPECT_THAT(Problems(), ElementsAre(Problem::kMissing));
  Reopen();
  EXPECT_TRUE(trail_->Status().damaged);
  Write(3);
  EXPECT_THAT(Problems(), ElementsAre(Problem::kMissing));
  // The numbers of those that are gone are not given again.
  EXPECT_EQ(Rows()[3].number, 7);
}

// Somebody who knows the program, but not the key: hashes fit, the head and the tags do not.
TEST_F(VerifyTest, FindsAChainThatWasMadeAgainWithoutTheKey) {
  Write(5);
  const Anchor anchor = trail_->Status().head;
  Link link{.number = 0, .hash = FirstHash(store_->Id()), .key = std::string(32, 'k')};
  std::string sql;
  for (store::AuditRow row : Rows()) {
    if (row.number == 3) row.body = EncodeEntry({.kind = Kind::kRecordReleased, .identity = "x"});
    Append(link, row);
    sql += Sql(row);
  }
  Tamper(sql);
  EXPECT_THAT(Problems(), Contains(Problem::kHeadDiffers));
  EXPECT_THAT(Problems(), Contains(Problem::kForged));
  EXPECT_THAT(Problems({anchor}), Contains(Problem::kAnchorDiffers));
  Reopen();
  EXPECT_TRUE(trail_->Status().damaged);
  EXPECT_THAT(Problems({anchor}), Contains(Problem::kAnchorDiffers));
  EXPECT_THAT(Problems(), Contains(Problem::kForged));
}

TEST_F(VerifyTest, FindsTheDatabaseOfAnotherSite) {
  Write(5);
  const Anchor anchor = trail_->Status().head;
  const store::TempDir other;
  {
    auto store = *store::Store::Open(other / "s.db");
    auto trail = *Trail::Open(other.path(), *store, clock_);
    for (int i = 0; i < 9; ++i) EXPECT_TRUE(trail->Record({.kind = Kind::kTrailRead}).ok());
    trail.reset();
    store.reset();
  }
  Close();
  std::filesystem::copy_file(other / "s.db", dir_ / "s.db",
                             std::filesystem::copy_options::overwrite_existing);
  Open();
  EXPECT_TRUE(trail_->Status().damaged);
  EXPECT_THAT(Problems(), testing::Not(IsEmpty()));
  EXPECT_THAT(Problems({anchor}), Contains(Problem::kAnchorDiffers));
}

TEST_F(VerifyTest, FindsAnOldCopyOfTheDatabase) {
  Write(2);
  Close();
  Copy("s.db", "old.db");
  Open();
  Write(5);
  Close();
  Copy("old.db", "s.db");
  Open();
  EXPECT_TRUE(trail_->Status().damaged);
  EXPECT_THAT(Problems(), ElementsAre(Problem::kMissing));
}

// What is found with an anchor only.
TEST_F(VerifyTest, AnOldCopyOfEverythingIsFoundWithAnAnchorOnly) {
  Write(2);
  Close();
  Copy("s.db", "old.db");
  Copy("audit.key", "old.key");
  Open();
  Write(5);
  const Anchor anchor = trail_->Status().head;
  Close();
  Copy("old.db", "s.db");
  Copy("old.key", "audit.key");
  Open();
  EXPECT_THAT(Problems(), IsEmpty());
  EXPECT_THAT(Problems({anchor}), ElementsAre(Problem::kAnchorMissing));
  // Writing past the anchor does not help.
  Write(9);
  EXPECT_THAT(Problems({anchor}), ElementsAre(Problem::kAnchorDiffers));
}

TEST_F(VerifyTest, ALostKeyIsFoundAndTheTrailGoesOn) {
  Write(3);
  Close();
  std::filesystem::remove(dir_ / "audit.key");
  Open();
  EXPECT_TRUE(trail_->Status().damaged);
  Write(3);
  EXPECT_THAT(Problems(), ElementsAre(Problem::kNewKey));
  EXPECT_EQ(trail_->Verify({})->tags_checked, 8);
}

TEST_F(VerifyTest, WithoutTheSiteKeyTheChainIsCheckedAndNotTheTags) {
  Write(3);
  Close();
  std::filesystem::remove(dir_ / "audit-site.key");
  Open();
  const auto verdict = trail_->Verify({});
  ASSERT_TRUE(verdict.ok());
  EXPECT_TRUE(verdict->Intact());
  EXPECT_EQ(verdict->entries, 5);
  EXPECT_EQ(verdict->tags_checked, 0);
}

TEST_F(VerifyTest, HostileNumbersDoNotHoldItUp) {
  Write(3);
  Tamper("UPDATE audit SET number = 9223372036854775807 WHERE number = 4");
  EXPECT_THAT(Problems(), Contains(Problem::kMissing));
}

TEST(Anchor, IsReadAsItWasWritten) {
  const Anchor anchor{.store_id = "0123456789abcdef", .number = 12, .hash = std::string(32, 'h')};
  const auto read = ParseAnchor(AnchorText(anchor) + "\n");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(AnchorText(*read), AnchorText(anchor));
  for (const char* text : {"", "x", "madoguchi-audit-1 a 1 00", "madoguchi-audit-1 a -1 "}) {
    EXPECT_FALSE(ParseAnchor(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace madoguchi::audit
