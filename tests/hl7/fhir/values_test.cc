#include "hl7/fhir/values.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/base/japan_time.h"

namespace madoguchi::hl7::fhir {
namespace {

std::string Or(const std::optional<ShortText>& text) {
  return text ? std::string(text->view()) : "none";
}

TEST(Values, DatesAreDaysOrMonthsThatExist) {
  EXPECT_EQ(Or(DateOf(base::ParseOqsDate("20260410"))), "2026-04-10");
  EXPECT_EQ(Or(DateOf(base::ParseOqsDate("20240229"))), "2024-02-29");
  EXPECT_EQ(Or(DateOf(base::ParseOqsDate("202604"))), "2026-04");
  for (const char* odd :
       {"", "00000000", "20260400", "20260431", "20250229", "202613", "20261301", "昭和", "2026"}) {
    EXPECT_EQ(Or(DateOf(base::ParseOqsDate(odd))), "none") << odd;
  }
}

TEST(Values, TimesAreOfJapan) {
  EXPECT_EQ(Or(InstantOf(base::ParseOqsTime("20260410091508"))), "2026-04-10T09:15:08+09:00");
  EXPECT_EQ(Or(InstantOf(base::ParseOqsTime("20260101000000"))), "2026-01-01T00:00:00+09:00");
  EXPECT_EQ(Or(InstantOf(base::ParseOqsTime("99991231235959"))), "none");
  EXPECT_EQ(Or(InstantOf(base::ParseOqsTime("20260230000000"))), "none");
}

TEST(Values, DecimalsStayAsPreciseAsTheyWere) {
  EXPECT_EQ(Or(DecimalOf("3")), "3");
  EXPECT_EQ(Or(DecimalOf("030")), "30");
  EXPECT_EQ(Or(DecimalOf("000")), "0");
  EXPECT_EQ(Or(DecimalOf("88.0")), "88.0");
  EXPECT_EQ(Or(DecimalOf("-0.50")), "-0.50");
  EXPECT_EQ(Or(DecimalOf("１．５")), "1.5");
  for (const char* odd : {"", "-", ".5", "5.", "1e5", "1,000", " 3", "3 ", "+3", "三", "0x1",
                          "1234567890123456789"}) {
    EXPECT_EQ(Or(DecimalOf(odd)), "none") << odd;
  }
}

TEST(Values, ProductsAreExact) {
  EXPECT_EQ(Or(Product("3", "14")), "42");
  EXPECT_EQ(Or(Product("1.5", "14")), "21");
  EXPECT_EQ(Or(Product("0.25", "7")), "1.75");
  EXPECT_EQ(Or(Product("0.01", "1")), "0.01");
  EXPECT_EQ(Or(Product("0", "14")), "0");
  EXPECT_EQ(Or(Product("999999999", "999999999")), "999999998000000001");
  EXPECT_EQ(Or(Product("1234567890", "1")), "none");
  EXPECT_EQ(Or(Product("-1", "1")), "none");
}

TEST(Values, APeriodThatEndsBeforeItBeginsKeepsItsEndAsText) {
  const auto period = [](const char* start, const char* end) {
    std::string out;
    Json json;
    json.Start(out);
    json.Object();
    WritePeriod(json, "p", base::ParseOqsDate(start), base::ParseOqsDate(end));
    json.EndObject();
    json.Finish();
    return out;
  };
  EXPECT_EQ(period("20260401", "20270331"), R"({"p":{"start":"2026-04-01","end":"2027-03-31"}})");
  EXPECT_EQ(period("20260401", "202604"), R"({"p":{"start":"2026-04-01","end":"2026-04"}})");
  EXPECT_EQ(period("", "20270331"), R"({"p":{"end":"2027-03-31"}})");
  EXPECT_EQ(period("", ""), "{}");
  EXPECT_EQ(
      period("20260401", "20250331"),
      R"({"p":{"start":"2026-04-01","_end":{"extension":[{"url":)"
      R"("http://hl7.org/fhir/StructureDefinition/originalText","valueString":"20250331"}]}}})");
}

TEST(Values, CodesHaveNoSpacesAtTheEndsNorTwoInARow) {
  for (const char* code : {"1", "A01", "a b", "錠"}) EXPECT_TRUE(IsCode(code)) << code;
  for (const char* text :
       {"", " ", " a", "a ", "a  b", "a\n\nb", "a　b", "　", "\uFEFF", "a\u00A0", "a\u2003"}) {
    EXPECT_FALSE(IsCode(text)) << text;
  }
}

}  // namespace
}  // namespace madoguchi::hl7::fhir
