#include "hl7/fhir/json.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/text/utf8.h"

namespace madoguchi::hl7::fhir {
namespace {

std::string One(absl::string_view text) {
  std::string out;
  Json json;
  json.Start(out);
  json.Object();
  json.Text("t", text);
  json.EndObject();
  json.Finish();
  return out;
}

TEST(Json, MembersItemsAndConstantsGetTheirCommas) {
  std::string out = "what was here before";
  Json json;
  json.Start(out);
  json.Object();
  json.Members(R"("a":1,"b":[2])");
  json.Text("c", "d");
  json.Array("e");
  json.Item(R"({"f":3})");
  json.Object();
  json.EndObject();
  json.TextItem("g");
  json.PlainItem("h", "i");
  json.EndArray();
  json.Number("j", "0.50");
  json.Flag("k", false);
  json.Members(R"("l":{})");
  json.Constant("m", "null");
  json.EndObject();
  json.Finish();
  EXPECT_EQ(out, R"({"a":1,"b":[2],"c":"d","e":[{"f":3},{},"g","hi"],"j":0.50,"k":false,"l":{},)"
                 R"("m":null})");
}

// At every place of a word of 8 bytes, and behind the last whole word.
TEST(Json, WhatJsonForbidsIsEscapedWhereverItStands) {
  for (size_t length : {2U, 7U, 8U, 9U, 16U, 23U}) {
    for (size_t at = 0; at < length; ++at) {
      std::string text(length, 'x');
      for (const auto& [c, escaped] : {std::pair<char, std::string>{'"', R"(\")"},
                                       {'\\', R"(\\)"},
                                       {'\n', R"(\n)"},
                                       {'\x01', R"(\u0001)"},
                                       {'\x1f', R"(\u001F)"}}) {
        text[at] = c;
        const std::string expected =
            text.substr(0, at) + escaped + std::string(length - at - 1, 'x');
        EXPECT_EQ(One(text), R"({"t":")" + expected + R"("})");
      }
      text[at] = 'x';
    }
  }
}

TEST(Json, OtherTextStandsAsItIs) {
  for (const char* text : {"架空　一郎", " a/b ", "ｶﾞ", "😀𠮷", "\x7f", "!#[]"}) {
    EXPECT_EQ(One(text), std::string(R"({"t":")") + text + R"("})");
  }
}

TEST(Json, BlankTextsAreLeftOut) {
  for (const char* text : {"", " ", "　", "\t\r\n　 ", "\uFEFF", "\u00A0\u2003"})
    EXPECT_EQ(One(text), "{}") << text;
}

TEST(Json, ALongTextGrowsTheString) {
  const std::string text(100'000, 'y');
  EXPECT_EQ(One(text), R"({"t":")" + text + R"("})");
}

TEST(Json, TheRoomOfTheStringIsUsedAgain) {
  std::string out;
  Json json;
  const auto write = [&](size_t size) {
    json.Start(out);
    json.Object();
    json.Text("t", std::string(size, 'z'));
    json.EndObject();
    json.Finish();
  };
  write(200'000);
  const size_t room = out.capacity();
  const char* where = out.data();
  write(10);
  EXPECT_EQ(out, R"({"t":"zzzzzzzzzz"})");
  write(200'000);
  EXPECT_EQ(out.capacity(), room);
  EXPECT_EQ(out.data(), where);
}

// What `\\s` of JavaScript matches (ECMA-262, WhiteSpace and LineTerminator).
bool IsSpaceOfJavaScript(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000 || c == 0xFEFF;
}

TEST(Json, KnowsTheWhiteSpaceOfJavaScriptAndNoOther) {
  for (char32_t c = 1; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::string text;
    text::AppendUtf8(c, text);
    ASSERT_EQ(SpaceLength(text), IsSpaceOfJavaScript(c) ? text.size() : 0)
        << text::CodePointName(c);
    ASSERT_EQ(IsBlank(text), IsSpaceOfJavaScript(c)) << text::CodePointName(c);
    // Cut off: no space, and nothing behind the end is looked at.
    if (text.size() == 1) continue;
    ASSERT_EQ(SpaceLength(absl::string_view(text).substr(0, text.size() - 1)), 0U);
  }
  EXPECT_TRUE(IsBlank(" \u3000\t\u00A0"));
  EXPECT_FALSE(IsBlank("\u3000\u3042"));
}

}  // namespace
}  // namespace madoguchi::hl7::fhir
