#include "tests/oqs/mapping_page.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "absl/strings/match.h"

namespace madoguchi::oqs {
namespace {

TEST(MappingPage, IsUpToDate) {
  std::ifstream file(MADOGUCHI_SOURCE_DIR "/docs/en/oqs-mapping.md", std::ios::binary);
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_TRUE(page.str() == MappingPage()) << "stale: ninja -C build oqs_mapping_page && "
                                              "build/bin/oqs_mapping_page > docs/en/oqs-mapping.md";
}

TEST(MappingPage, NamesElementsFieldsAndAssumptions) {
  const std::string page = MappingPage();
  EXPECT_TRUE(absl::StrContains(
      page,
      "| `MessageBody/BulkConfirmUnit/QualificationValidity` | "
      "`batch_answer.units[].confirmation.validity_code` | code OQSCD006 | 資格有効性 (validity) | "
      "2+ |\n"));
  EXPECT_TRUE(absl::StrContains(page, "| A20 | "));
  EXPECT_FALSE(absl::StrContains(page, "| A21 | "));
}

}  // namespace
}  // namespace madoguchi::oqs
