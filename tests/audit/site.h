#ifndef MADOGUCHI_TESTS_AUDIT_SITE_H_
#define MADOGUCHI_TESTS_AUDIT_SITE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/audit/trail.h"
#include "agent/base/clock.h"
#include "agent/store/sqlite.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::audit {

// A site with a trail that can be closed, tampered with and opened again.
class SiteTest : public testing::Test {
 protected:
  SiteTest() { Open(); }

  void Open() {
    auto store = store::Store::Open(dir_ / "s.db");
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    auto trail = Trail::Open(dir_.path(), *store_, clock_);
    ASSERT_TRUE(trail.ok()) << trail.status();
    trail_ = *std::move(trail);
  }
  void Close() {
    trail_.reset();
    store_.reset();
  }
  void Reopen() {
    Close();
    Open();
  }

  // Entries `from`..`to` by a client.
  void Write(int count) {
    for (int i = 0; i < count; ++i) {
      const absl::Status done = trail_->Record({.kind = Kind::kRecordReleased,
                                                .identity = "pharmacy",
                                                .person = "山田",
                                                .reception_id = "r" + std::to_string(i),
                                                .subject = "chart 1"});
      ASSERT_TRUE(done.ok()) << done;
    }
  }

  // As somebody with the file in his hands does it: the triggers are no hindrance.
  void Tamper(const std::string& sql) {
    auto connection = store::Connection::Open(dir_ / "s.db", store::Access::kWriter);
    ASSERT_TRUE(connection.ok());
    const absl::Status done = connection->Execute(
        "DROP TRIGGER IF EXISTS audit_kept; DROP TRIGGER IF EXISTS audit_unchanged;" + sql);
    ASSERT_TRUE(done.ok()) << done;
    connection->Close();
  }

  std::vector<store::AuditRow> Rows() const { return *store_->ReadAudit(0, 10000); }
  std::vector<Problem> Problems(const std::vector<Anchor>& anchors = {}) const {
    std::vector<Problem> problems;
    const absl::StatusOr<Verdict> verdict = trail_->Verify(anchors);
    EXPECT_TRUE(verdict.ok());
    if (!verdict.ok()) return problems;
    for (const Finding& finding : verdict->findings) {
      problems.push_back(finding.problem);
    }
    return problems;
  }

  void Copy(const std::string& from, const std::string& to) const {
    std::filesystem::copy_file(dir_ / from, dir_ / to,
                               std::filesystem::copy_options::overwrite_existing);
  }

  store::TempDir dir_;
  base::ManualClock clock_{absl::FromUnixSeconds(1'800'000'000)};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Trail> trail_;
};

}  // namespace madoguchi::audit

#endif  // MADOGUCHI_TESTS_AUDIT_SITE_H_
