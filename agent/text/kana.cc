#include "agent/text/kana.h"

#include <array>
#include <optional>

#include "absl/strings/ascii.h"
#include "agent/text/utf8.h"

namespace madoguchi::text {
namespace {

constexpr char32_t kHalfFirst = 0xFF61;
constexpr char32_t kHalfLast = 0xFF9F;
constexpr char32_t kHalfDakuten = 0xFF9E;
constexpr char32_t kHalfHandakuten = 0xFF9F;
constexpr char32_t kDakuten = 0x309B;
constexpr char32_t kHandakuten = 0x309C;
constexpr char32_t kCombiningDakuten = 0x3099;
constexpr char32_t kCombiningHandakuten = 0x309A;
constexpr char32_t kLongVowel = 0x30FC;
constexpr char32_t kIdeographicSpace = 0x3000;
// U+FF01 to U+FF5E are ASCII 0x21 to 0x7E in full width.
constexpr char32_t kFullAsciiOffset = 0xFEE0;

constexpr std::array<char32_t, kHalfLast - kHalfFirst + 1> kFullKana = {
    0x3002, 0x300C, 0x300D, 0x3001, 0x30FB, 0x30F2, 0x30A1, 0x30A3, 0x30A5, 0x30A7, 0x30A9,
    0x30E3, 0x30E5, 0x30E7, 0x30C3, 0x30FC, 0x30A2, 0x30A4, 0x30A6, 0x30A8, 0x30AA, 0x30AB,
    0x30AD, 0x30AF, 0x30B1, 0x30B3, 0x30B5, 0x30B7, 0x30B9, 0x30BB, 0x30BD, 0x30BF, 0x30C1,
    0x30C4, 0x30C6, 0x30C8, 0x30CA, 0x30CB, 0x30CC, 0x30CD, 0x30CE, 0x30CF, 0x30D2, 0x30D5,
    0x30D8, 0x30DB, 0x30DE, 0x30DF, 0x30E0, 0x30E1, 0x30E2, 0x30E4, 0x30E6, 0x30E8, 0x30E9,
    0x30EA, 0x30EB, 0x30EC, 0x30ED, 0x30EF, 0x30F3, 0x309B, 0x309C};

bool IsHalfKana(char32_t c) { return c >= kHalfFirst && c <= kHalfLast; }

char32_t FullKana(char32_t half) { return kFullKana[half - kHalfFirst]; }

bool IsHaRow(char32_t c) {
  return c == 0x30CF || c == 0x30D2 || c == 0x30D5 || c == 0x30D8 || c == 0x30DB;
}

bool IsKaSaTaRow(char32_t c) {
  // カ to ヂ alternate plain and voiced from an odd number; small ッ shifts ツテト by one.
  if (c >= 0x30AB && c <= 0x30C1) return (c & 1) == 1;
  return c == 0x30C4 || c == 0x30C6 || c == 0x30C8;
}

// `kana` (full-width katakana) with dakuten; 0 when there is no such character.
char32_t WithDakuten(char32_t kana) {
  if (IsKaSaTaRow(kana) || IsHaRow(kana)) return kana + 1;
  switch (kana) {
    case 0x30A6:  // ウ
      return 0x30F4;
    case 0x30EF:  // ワ
      return 0x30F7;
    case 0x30F0:  // ヰ
      return 0x30F8;
    case 0x30F1:  // ヱ
      return 0x30F9;
    case 0x30F2:  // ヲ
      return 0x30FA;
    default:
      return 0;
  }
}

char32_t WithHandakuten(char32_t kana) { return IsHaRow(kana) ? kana + 2 : 0; }

// `kana` joined with the mark that follows it; 0 when `mark` is none or does not join.
char32_t Join(char32_t kana, char32_t mark) {
  switch (mark) {
    case kHalfDakuten:
    case kDakuten:
    case kCombiningDakuten:
      return WithDakuten(kana);
    case kHalfHandakuten:
    case kHandakuten:
    case kCombiningHandakuten:
      return WithHandakuten(kana);
    default:
      return 0;
  }
}

bool IsSpace(char32_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == kIdeographicSpace || c == 0xA0;
}

bool IsHyphen(char32_t c) {
  return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFF0D || c == 0xFF70 ||
         c == kLongVowel || c == 0x2500;
}

// Katakana for hiragana.
char32_t Katakana(char32_t c) {
  if ((c >= 0x3041 && c <= 0x3096) || c == 0x309D || c == 0x309E) return c + 0x60;
  return c;
}

char32_t LargeKana(char32_t c) {
  switch (c) {
    case 0x30A1:
    case 0x30A3:
    case 0x30A5:
    case 0x30A7:
    case 0x30A9:
    case 0x30C3:
    case 0x30E3:
    case 0x30E5:
    case 0x30E7:
    case 0x30EE:
      return c + 1;
    case 0x30F5:  // ヵ
      return 0x30AB;
    case 0x30F6:  // ヶ
      return 0x30B1;
    default:
      return c;
  }
}

char32_t FullWidth(char32_t c) {
  if (IsHalfKana(c)) return FullKana(c);
  if (c == ' ') return kIdeographicSpace;
  if (c > ' ' && c < 0x7F) return c + kFullAsciiOffset;
  return c;
}

char32_t FoldedKana(char32_t c) {
  const char32_t full = LargeKana(Katakana(FullWidth(c)));
  // ａ to ｚ as Ａ to Ｚ.
  return full >= 0xFF41 && full <= 0xFF5A ? full - 0x20 : full;
}

char32_t FoldedWidth(char32_t c) {
  if (IsHyphen(c)) return '-';
  if (c == kIdeographicSpace) return ' ';
  if (c >= 0xFF01 && c <= 0xFF5E) return c - kFullAsciiOffset;
  if (IsHalfKana(c)) return FullKana(c);
  return c;
}

// Walks over the characters of `text` and appends the image of each; a mark that joins the image
// before it replaces that. `image` returns 0 to drop a character.
template <typename Image>
std::string Map(absl::string_view text, Image image) {
  std::string out;
  out.reserve(text.size() + 8);
  // Where the last image begins, and what it is.
  size_t last_at = 0;
  char32_t last = 0;
  while (!text.empty()) {
    const std::optional<CodePoint> character = DecodeUtf8(text);
    if (!character) {
      out.push_back(text.front());
      text.remove_prefix(1);
      last = 0;
      continue;
    }
    text.remove_prefix(character->length);
    if (const char32_t joined = last == 0 ? 0 : Join(last, character->value); joined != 0) {
      out.resize(last_at);
      AppendUtf8(joined, out);
      last = 0;
      continue;
    }
    last = image(character->value);
    last_at = out.size();
    if (last != 0) AppendUtf8(last, out);
  }
  return out;
}

// ASCII only: the last byte of a longer character may look like a space of Latin-1 (0xA0).
absl::string_view TrimSpaces(absl::string_view text) { return absl::StripAsciiWhitespace(text); }

}  // namespace

std::string ToFullWidth(absl::string_view text) { return Map(text, FullWidth); }

std::string FoldKana(absl::string_view text) {
  return Map(text, [](char32_t c) -> char32_t { return IsSpace(c) ? 0 : FoldedKana(c); });
}

std::string FoldWidth(absl::string_view text) {
  // The ideographic space is an ASCII one by then.
  return std::string(TrimSpaces(Map(text, FoldedWidth)));
}

}  // namespace madoguchi::text
