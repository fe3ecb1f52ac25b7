#include "agent/text/cp932.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/text/utf8.h"

namespace madoguchi::text {
namespace {

std::string Decoded(absl::string_view bytes) {
  const absl::StatusOr<std::string> text = Cp932ToUtf8(bytes);
  EXPECT_TRUE(text.ok()) << text.status();
  return text.value_or("");
}

std::string Encoded(absl::string_view text) {
  const absl::StatusOr<std::string> bytes = Utf8ToCp932(text);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.value_or("");
}

std::string FieldOf(const absl::Status& status) {
  const auto detail = base::DetailOf(status);
  return detail ? detail->field() : "";
}

TEST(Cp932, ConvertsBothWays) {
  EXPECT_EQ(Decoded(""), "");
  EXPECT_EQ(Decoded("abc\\~"), "abc\\~");
  EXPECT_EQ(Decoded("\x89\xCB\x8B\xF3\x81\x40\x91\xBE\x98\x59"), "架空　太郎");
  EXPECT_EQ(Encoded("架空　太郎"), "\x89\xCB\x8B\xF3\x81\x40\x91\xBE\x98\x59");
  EXPECT_EQ(Decoded("\xB6\xB8\xB3 \xC0\xDB\xB3"), "ｶｸｳ ﾀﾛｳ");
  EXPECT_EQ(Encoded("ｶｸｳ ﾀﾛｳ"), "\xB6\xB8\xB3 \xC0\xDB\xB3");
}

// Trail bytes may look like ASCII, `\` and `<` among them... never `<`, but `\`, `|`, letters do.
TEST(Cp932, KnowsTrailBytesFromAscii) {
  EXPECT_EQ(Decoded("\x95\x5C\x83\x5C"), "表ソ");
  EXPECT_EQ(Encoded("表ソ"), "\x95\x5C\x83\x5C");
}

TEST(Cp932, KnowsTheNecAndIbmExtensions) {
  EXPECT_EQ(Decoded("\x87\x40\x87\x8A"), "①㈱");
  EXPECT_EQ(Decoded("\xFB\xFC"), "髙");
  EXPECT_EQ(Decoded("\xED\x95\xFA\xB1"), "﨑﨑") << "NEC's and IBM's place of the same character";
  EXPECT_EQ(Encoded("髙﨑"), "\xFB\xFC\xFA\xB1");
  EXPECT_EQ(Decoded("\x81\x60\x81\x7C"), "～－");
}

TEST(Cp932, SaysWhereBytesAreNoCp932) {
  struct Case {
    absl::string_view bytes;
    absl::string_view field;
  };
  for (const Case& c : {Case{"ab\x80", "byte 2"}, Case{"ab\xA0", "byte 2"}, Case{"\xFF", "byte 0"},
                        Case{"abc\x89", "byte 3"}, Case{"\x89\x20", "byte 0"},
                        Case{"\x89\xCB\x89\x7F", "byte 2"}, Case{"\x85\x40", "byte 0"}}) {
    const absl::StatusOr<std::string> text = Cp932ToUtf8(c.bytes);
    ASSERT_FALSE(text.ok());
    EXPECT_TRUE(base::Is(text.status(), base::ErrorCode::kBadEncoding));
    EXPECT_EQ(FieldOf(text.status()), c.field);
  }
}

TEST(Cp932, SaysWhichCharacterHasNoPlace) {
  struct Case {
    absl::string_view text;
    absl::string_view field;
  };
  for (const Case& c :
       {Case{"吉\U00020BB7", "U+20BB7"}, Case{"é", "U+00E9"}, Case{"a\xE2\x82\xAC", "U+20AC"}}) {
    const absl::StatusOr<std::string> bytes = Utf8ToCp932(c.text);
    ASSERT_FALSE(bytes.ok()) << c.text;
    EXPECT_TRUE(base::Is(bytes.status(), base::ErrorCode::kNotWritable));
    EXPECT_EQ(FieldOf(bytes.status()), c.field);
  }
  EXPECT_TRUE(base::Is(Utf8ToCp932("a\xFF").status(), base::ErrorCode::kBadEncoding));
}

// iconv would write these as a neighbour, and they would come back changed.
TEST(Cp932, DoesNotFoldLookalikes) {
  for (const absl::string_view folded : {"\u301C", "\u2212", "\u2014", "\u2016", "\u00A5"}) {
    EXPECT_FALSE(Utf8ToCp932(folded).ok()) << folded;
  }
}

TEST(Cp932, EveryCharacterThatCanBeWrittenComesBack) {
  int characters = 0;
  for (char32_t value = 1; value < 0x10000; ++value) {
    if (value >= 0xD800 && value < 0xE000) continue;
    std::string utf8;
    AppendUtf8(value, utf8);
    const absl::StatusOr<std::string> bytes = Utf8ToCp932(utf8);
    if (!bytes.ok()) continue;
    ++characters;
    EXPECT_EQ(Decoded(*bytes), utf8) << CodePointName(value);
  }
  // JIS X 0208, half-width kana, ASCII, the extensions and the user-defined area.
  EXPECT_GT(characters, 9000);
}

// Whatever comes: a result or an offset inside, and the good part converted.
TEST(Cp932, EveryPairOfBytesIsAResultOrAnError) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const std::array<char, 2> pair = {static_cast<char>(first), static_cast<char>(second)};
      const auto decoded = DecodeCp932(absl::string_view(pair.data(), pair.size()));
      ASSERT_TRUE(decoded.ok());
      ASSERT_FALSE(FindInvalidUtf8(decoded->utf8));
      if (decoded->bad_offset) {
        ASSERT_LT(*decoded->bad_offset, pair.size());
        continue;
      }
      // No character of two bytes is or holds one that XML forbids.
      const absl::string_view bytes(pair.data(), pair.size());
      ASSERT_EQ(FindNonXml(decoded->utf8).has_value(), FindNonXmlAscii(bytes).has_value());
    }
  }
}

// Runs are decoded by the piece, so that their ends are places to go wrong.
TEST(Cp932, DecodesRunsOfEveryLength) {
  for (size_t length = 0; length < 200; ++length) {
    std::string cp932;
    std::string utf8;
    for (size_t i = 0; i < length; ++i) {
      cp932 += i % 3 == 0 ? "\xB1" : "\x89\xCB";
      utf8 += i % 3 == 0 ? "ｱ" : "架";
    }
    for (const absl::string_view after : {"", "x", "\x89"}) {
      const auto decoded = DecodeCp932(absl::StrCat(cp932, after));
      ASSERT_TRUE(decoded.ok());
      if (after == "\x89") {
        EXPECT_EQ(decoded->bad_offset, cp932.size());
        EXPECT_EQ(decoded->utf8, utf8);
      } else {
        EXPECT_FALSE(decoded->bad_offset);
        EXPECT_EQ(decoded->utf8, absl::StrCat(utf8, after));
      }
    }
  }
}

TEST(Cp932, WorksFromManyThreads) {
  std::array<bool, 4> good{};
  std::vector<std::thread> threads;
  threads.reserve(good.size());
  for (bool& result : good) {
    threads.emplace_back([&result] {
      result = true;
      for (int i = 0; i < 1000; ++i) {
        result = result && Cp932ToUtf8("\x89\xCB\x8B\xF3").value_or("") == "架空";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool result : good) EXPECT_TRUE(result);
}

}  // namespace
}  // namespace madoguchi::text
