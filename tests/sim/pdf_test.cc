#include "tests/sim/pdf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/oqs/document.h"

namespace madoguchi::sim {
namespace {

using testing::HasSubstr;

std::string PdfOf(int lines) {
  return MakePdf(std::vector<std::string>(static_cast<size_t>(lines), "薬A"));
}

// What a viewer does first: the table at the place the end names, and each object at its place.
void CheckTable(const std::string& pdf) {
  const size_t mark = pdf.rfind("startxref\n");
  ASSERT_NE(mark, std::string::npos);
  size_t table = 0;
  ASSERT_TRUE(absl::SimpleAtoi(
      absl::string_view(pdf).substr(mark + 10, pdf.find('\n', mark + 10) - mark - 10), &table));
  ASSERT_TRUE(absl::StartsWith(absl::string_view(pdf).substr(table), "xref\n0 "));
  constexpr size_t kEntry = 20;
  size_t entry = pdf.find('\n', table + 5) + 1 + kEntry;
  for (int object = 1; pdf[entry] != 't'; ++object, entry += kEntry) {
    size_t place = 0;
    ASSERT_TRUE(absl::SimpleAtoi(absl::string_view(pdf).substr(entry, 10), &place));
    EXPECT_TRUE(
        absl::StartsWith(absl::string_view(pdf).substr(place), absl::StrCat(object, " 0 obj\n")));
  }
}

TEST(PdfTest, EveryObjectIsWhereTheTableSays) {
  for (const int lines : {0, 1, 52, 53, 700}) CheckTable(PdfOf(lines));
}

TEST(PdfTest, TextIsInUtf16AndPagesAreBroken) {
  EXPECT_THAT(PdfOf(1), HasSubstr("<85AC0041> Tj"));
  EXPECT_THAT(PdfOf(52), HasSubstr("/Count 1 "));
  EXPECT_THAT(PdfOf(53), HasSubstr("/Count 2 "));
  // Outside the plane the font's encoding has.
  EXPECT_THAT(MakePdf({"𠮷"}), HasSubstr("<25A1> Tj"));
}

TEST(PdfTest, IsAsLargeAsAScannedForm) {
  EXPECT_GT(PdfOf(1).size(), size_t{1} << 20);
  EXPECT_LT(PdfOf(1000).size(), size_t{2} << 20);
}

TEST(PdfTest, TheCodecTakesItAsADocument) {
  const auto read = oqs::ReadPdf("YZKsiquc01res_1.pdf", PdfOf(3));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->has_document());
}

}  // namespace
}  // namespace madoguchi::sim
