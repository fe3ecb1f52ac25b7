#include "tests/hl7/v2/mapping_page.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/oqs/mapping.h"
#include "hl7/v2/standard.h"

namespace madoguchi::hl7 {
namespace {

std::string PageNamed(const std::string& name) {
  std::ifstream file(absl::StrCat(MADOGUCHI_SOURCE_DIR, "/docs/en/", name), std::ios::binary);
  std::stringstream page;
  page << file.rdbuf();
  return page.str();
}

TEST(MappingPages, AreUpToDate) {
  EXPECT_TRUE(PageNamed("mapping-hl7v2.md") == MappingPageOfV2())
      << "stale: ninja -C build hl7_mapping_page && build/bin/hl7_mapping_page > "
         "docs/en/mapping-hl7v2.md";
  EXPECT_TRUE(PageNamed("mapping-jahis.md") == MappingPageOfJahis())
      << "stale: build/bin/hl7_mapping_page jahis > docs/en/mapping-jahis.md";
}

TEST(MappingPages, EveryRowOfTheTableIsAnElementOfOqs) {
  std::set<std::string> fields;
  for (const auto& rows : oqs::AllMappings()) {
    for (const oqs::MappingRow& row : rows) {
      fields.insert(absl::StrReplaceAll(
          row.field,
          {{"batch_answer.units[].confirmation", "confirmation"}, {"receipt_months", "months"}}));
    }
  }
  for (const v2::Standard& row : v2::StandardFields()) {
    EXPECT_EQ(fields.count(std::string(row.record)), 1U) << row.record;
    EXPECT_EQ(row.target.empty(), row.form == v2::Form::kNowhere) << row.record;
    EXPECT_TRUE(!row.target.empty() || !row.note.empty()) << row.record;
  }
}

}  // namespace
}  // namespace madoguchi::hl7
