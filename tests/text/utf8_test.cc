#include "agent/text/utf8.h"

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

namespace madoguchi::text {
namespace {

TEST(Utf8, EveryScalarValueRoundTrips) {
  for (char32_t value = 0; value <= 0x10FFFF; ++value) {
    if (value >= 0xD800 && value < 0xE000) continue;
    std::string bytes;
    AppendUtf8(value, bytes);
    const auto decoded = DecodeUtf8(bytes);
    ASSERT_TRUE(decoded) << CodePointName(value);
    ASSERT_EQ(decoded->value, value);
    ASSERT_EQ(decoded->length, bytes.size());
    ASSERT_FALSE(FindInvalidUtf8(bytes));
    ASSERT_EQ(FindNonXml(bytes).has_value(), !IsXmlCharacter(value)) << CodePointName(value);
  }
}

TEST(Utf8, FindsWhatIsNotUtf8WhereverItStands) {
  for (const absl::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80", "\xFF", "\xE3\x81", "\xE3", "\xF0\x9F\x98"}) {
    // Also behind runs of plain bytes of every length, because those are skipped 8 at a time.
    for (size_t before = 0; before < 20; ++before) {
      for (const char* after : {"", "0123456789"}) {
        const std::string text = std::string(before, 'x') + std::string(bad) + after;
        EXPECT_EQ(FindInvalidUtf8(text), before);
        EXPECT_EQ(FindNonXml(text), before);
      }
    }
  }
}

TEST(Utf8, FindsCharactersXmlForbidsWhereverTheyStand) {
  for (const absl::string_view bad :
       {absl::string_view("\0", 1), absl::string_view("\x01"), absl::string_view("\x1F"),
        absl::string_view("\x0B"), absl::string_view("\xEF\xBF\xBE"),
        absl::string_view("\xEF\xBF\xBF")}) {
    for (size_t before = 0; before < 20; ++before) {
      for (const char plain : {'x', '\n'}) {
        const std::string text = std::string(before, plain) + std::string(bad) + "0123456789";
        EXPECT_EQ(FindNonXml(text), before);
        EXPECT_FALSE(FindInvalidUtf8(text));
      }
    }
  }
  EXPECT_FALSE(FindNonXml("a\tb\nc\rd \x7F\u3000●"));
}

// The checks go by short cuts for what is common; decoding one character does not.
TEST(Utf8, ChecksAgreeWithDecodingForEveryThreeBytes) {
  for (unsigned number = 0xE00000; number < 0xF10000; ++number) {
    const char bytes[] = {static_cast<char>(number >> 16), static_cast<char>(number >> 8 & 0xFF),
                          static_cast<char>(number & 0xFF)};
    // Characters of three bytes are looked at in pairs where there is room: first and second of
    // one.
    for (const char* before : {"\u85AC", "\u85AC\u85AC"}) {
      const std::string text = absl::StrCat(before, absl::string_view(bytes, 3), "\u85AC\u85AC");
      const absl::string_view rest = absl::string_view(text).substr(strlen(before));
      const std::optional<CodePoint> decoded = DecodeUtf8(rest);
      const bool valid = decoded && decoded->length == 3;
      ASSERT_EQ(FindInvalidUtf8(text), valid ? std::nullopt : std::optional(strlen(before)));
      ASSERT_EQ(!FindNonXml(text), valid && IsXmlCharacter(decoded->value)) << number;
    }
    const absl::string_view text(bytes, sizeof(bytes));
    const std::optional<CodePoint> decoded = DecodeUtf8(text);
    const bool valid = decoded && decoded->length == text.size();
    ASSERT_EQ(!FindInvalidUtf8(text), valid) << number;
    ASSERT_EQ(!FindNonXml(text), valid && IsXmlCharacter(decoded->value)) << number;
  }
}

TEST(Utf8, FindsControlCharactersInBytesOfWhateverEncoding) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool forbidden = byte < 0x80 && !IsXmlCharacter(byte);
    for (size_t before = 0; before < 20; ++before) {
      for (const char around : {'x', '\x89', '\n', '\x20', '\x7F', '\xFF'}) {
        std::string bytes(before, around);
        bytes.push_back(static_cast<char>(byte));
        const std::optional<size_t> expected =
            forbidden ? std::optional<size_t>(before) : std::nullopt;
        ASSERT_EQ(FindNonXmlAscii(bytes), expected) << byte;
        bytes.append(12, around);
        ASSERT_EQ(FindNonXmlAscii(bytes), expected) << byte;
      }
    }
  }
}

TEST(ConsumeBom, DropsOne) {
  absl::string_view text = "\xEF\xBB\xBF\xEF\xBB\xBFx";
  EXPECT_TRUE(ConsumeBom(text));
  EXPECT_EQ(text, "\xEF\xBB\xBFx");
  absl::string_view plain = "\xEF\xBB";
  EXPECT_FALSE(ConsumeBom(plain));
  EXPECT_EQ(plain.size(), 2U);
}

}  // namespace
}  // namespace madoguchi::text
