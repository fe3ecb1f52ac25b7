#include "hl7/v2/segments.h"

#include <gtest/gtest.h>

namespace madoguchi::hl7::v2 {
namespace {

std::string Escaped(absl::string_view value) {
  std::string out;
  AppendEscaped(value, out);
  return out;
}

TEST(Segments, DelimitersAndControlCharactersOfValuesAreEscaped) {
  EXPECT_EQ(Escaped("a|b^c~d\\e&f"), "a\\F\\b\\S\\c\\R\\d\\E\\e\\T\\f");
  EXPECT_EQ(Escaped("a\r\nb\t\x1b\x0b\x1c\x7f"),
            "a\\X0D\\\\X0A\\b\\X09\\\\X1B\\\\X0B\\\\X1C\\\\X7F\\");
  EXPECT_EQ(Escaped("見本　ﾐﾎﾝ"), "見本　ﾐﾎﾝ");
  EXPECT_EQ(Escaped(""), "");
}

TEST(Segments, AValueOfTwoQuotesDeletesNothing) {
  EXPECT_EQ(Escaped("\"\""), "\\X2222\\");
  EXPECT_EQ(Escaped("\"\"\""), "\"\"\"");
  EXPECT_EQ(Escaped("\""), "\"");
}

TEST(Segments, WhatIsEmptyAtTheEndIsLeftOut) {
  std::string out;
  SegmentWriter writer(out);
  writer.Segment("MSH");
  writer.Field(3, "A");
  writer.Field(7, "B");
  writer.Segment("PID");
  writer.Field(3, {"id", "", "", "", "PI"});
  writer.Field(4, {"", ""});
  writer.Repeat(5, {"a", "b", ""});
  writer.Repeat(5, {"", ""});
  writer.Repeat(5, {"c"});
  writer.Field(9, "");
  writer.Segment("IN1");
  writer.Repetitions(10, {"", "2", ""});
  writer.Repetitions(11, {"", ""});
  writer.Subcomponents(12, {"", "text", ""});
  writer.Quantity(13, "3", {"", "錠"});
  writer.Quantity(14, "3", {"", ""});
  writer.Quantity(15, "", {"", ""});
  writer.Constant(16, "~X");
  writer.Finish();
  EXPECT_EQ(out,
            "MSH|^~\\&|A||||B\r"
            "PID|||id^^^^PI||a^b~c\r"
            "IN1||||||||||~2||&text|3^&錠|3||~X\r");
}

}  // namespace
}  // namespace madoguchi::hl7::v2
