#include "agent/text/jis.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "agent/base/error.h"
#include "agent/text/cp932.h"
#include "agent/text/utf8.h"

namespace madoguchi::text {
namespace {

std::string Iso2022Jp(absl::string_view utf8) {
  const auto encoded = EncodeIso2022Jp(utf8);
  EXPECT_TRUE(encoded.ok()) << encoded.status();
  return encoded.ok() ? encoded->bytes : "";
}

std::string FromIso2022Jp(absl::string_view bytes) {
  const auto text = DecodeIso2022Jp(bytes);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

std::string Fitted(absl::string_view utf8) {
  const auto fitted = FitToJis(utf8);
  EXPECT_TRUE(fitted.ok()) << fitted.status();
  return fitted.ok() ? fitted->utf8 : "";
}

TEST(Jis, KanjiStandBetweenEscapesAndAsciiStandsOutside) {
  EXPECT_EQ(Iso2022Jp(""), "");
  EXPECT_EQ(Iso2022Jp("a|b"), "a|b");
  EXPECT_EQ(Iso2022Jp("見本"), "\x1b$B8+K\\\x1b(B");
  EXPECT_EQ(Iso2022Jp("見^花子\r"), "\x1b$B8+\x1b(B^\x1b$B2V;R\x1b(B\r");
}

TEST(Jis, EveryCharacterComesBackAndEveryDelimiterIsAscii) {
  int characters = 0;
  for (char32_t c = 0x80; c <= 0xFFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text = "^";
    AppendUtf8(c, text);
    text += "|";
    const auto encoded = EncodeIso2022Jp(text);
    ASSERT_TRUE(encoded.ok());
    ASSERT_TRUE(absl::EndsWith(encoded->bytes, encoded->replaced.empty() ? "\x1b(B|" : "|"));
    if (!encoded->replaced.empty()) continue;
    ++characters;
    const std::string fitted = Fitted(text);
    EXPECT_EQ(FromIso2022Jp(encoded->bytes), fitted);
    // Whatever is inside, CP932 has it.
    EXPECT_TRUE(Utf8ToCp932(fitted).ok()) << CodePointName(c);
  }
  // 524 signs and 6,355 kanji of JIS X 0208, and the twins.
  EXPECT_EQ(characters, 524 + 6355 + 11);
}

TEST(Jis, TheTwoCharactersOfUnicodeForOneOfJisAreTheSame) {
  EXPECT_EQ(Iso2022Jp("１－２～３"), Iso2022Jp("１−２〜３"));
  EXPECT_EQ(Fitted("１−２〜３‖¢£¬"), "１－２～３∥￠￡￢");
  EXPECT_TRUE(FitToJis("−〜")->replaced.empty());
}

TEST(Jis, WhatIsOutsideIsSpeltOutOrABoxAndEachIsReported) {
  EXPECT_EQ(Fitted("㈱架空①②⑳Ⅲⅷ㍉㎎№℡㍻"), "(株)架空(1)(2)(20)IIIviiiミリmgNo.TEL平成");
  EXPECT_EQ(Fitted("髙﨑纊\U00020BB7é😀"), "■■■■■■");
  EXPECT_EQ(Fitted("架空　ｶｸｳ ｶﾞﾊﾟｰ｡ﾞｱﾞﾜﾞ"), "架空　カクウ ガパー。゛ア゛ワ゛");
  const auto fitted = FitToJis("a髙ｶﾞb①");
  ASSERT_TRUE(fitted.ok());
  EXPECT_EQ(fitted->utf8, "a■ガb(1)");
  ASSERT_EQ(fitted->replaced.size(), 3U);
  EXPECT_EQ(fitted->replaced[0].offset, 1U);
  EXPECT_EQ(fitted->replaced[0].character, U'髙');
  EXPECT_EQ(fitted->replaced[0].by, "■");
  EXPECT_EQ(fitted->replaced[1].offset, 4U);
  EXPECT_EQ(fitted->replaced[1].by, "ガ");
  EXPECT_EQ(fitted->replaced[2].offset, 11U);
  EXPECT_EQ(fitted->replaced[2].character, U'①');
}

TEST(Jis, EveryReplacementIsInside) {
  for (char32_t c = 0x80; c <= 0xFFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    AppendUtf8(c, text);
    const auto once = FitToJis(text);
    ASSERT_TRUE(once.ok());
    for (const JisReplacement& each : once->replaced) {
      ASSERT_EQ(once->utf8, each.by);
      ASSERT_TRUE(FitToJis(each.by)->replaced.empty()) << CodePointName(c);
      // A delimiter of HL7 or CSV that was not in the text would change what the text means.
      ASSERT_EQ(each.by.find_first_of("|^~\\&,\r\n"), std::string::npos) << CodePointName(c);
    }
  }
}

TEST(Jis, BytesThatAreNotUtf8AreReplaced) {
  const auto fitted = FitToJis("a\xE3\x81z\xFF");
  ASSERT_TRUE(fitted.ok());
  EXPECT_EQ(fitted->utf8, "a■■z■");
  ASSERT_EQ(fitted->replaced.size(), 3U);
  EXPECT_EQ(fitted->replaced[2].offset, 4U);
  EXPECT_EQ(fitted->replaced[2].character, U'\uFFFD');
}

TEST(Jis, OlderEscapesAreRead) {
  EXPECT_EQ(FromIso2022Jp("a\x1b$@8+\x1b(Jb"), "a見b");
  EXPECT_EQ(FromIso2022Jp("\x1b$B8+\x1b$BK\\"), "見本");
}

TEST(Jis, OtherBytesAreRefusedWithTheirPlace) {
  const std::pair<absl::string_view, absl::string_view> cases[] = {
      {"a\x1b", "byte 1"},          {"ab\x1b(I1", "byte 2"},  {"\xB1", "byte 0"},
      {"\x1b$B8", "byte 3"},        {"\x1b$B\r", "byte 3"},   {"\x1b$B8+\x7F\x21", "byte 5"},
      {"\x1b$B\x2D\x21", "byte 3"}, {"\x1b$B8\x80", "byte 3"}};
  for (const auto& [bytes, place] : cases) {
    const auto text = DecodeIso2022Jp(bytes);
    ASSERT_TRUE(base::Is(text.status(), base::ErrorCode::kBadEncoding));
    EXPECT_EQ(base::DetailOf(text.status())->field(), place);
  }
}

}  // namespace
}  // namespace madoguchi::text
