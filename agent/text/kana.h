#ifndef MADOGUCHI_AGENT_TEXT_KANA_H_
#define MADOGUCHI_AGENT_TEXT_KANA_H_

#include <string>

#include "absl/strings/string_view.h"

// Widths and kana. Pure functions over UTF-8; bytes that are not UTF-8 are copied as they are.
namespace madoguchi::text {

// Half-width kana, ASCII and the half-width space in full width; a half-width (han)dakuten joins
// the kana before it where such a character exists (ｶﾞ -> ガ), else stands alone (゛ ゜).
std::string ToFullWidth(absl::string_view text);

// For comparing readings: full width, katakana, small kana as large ones, (han)dakuten joined, all
// spaces dropped, letters in upper case. `ｼｮｳｲﾁ` = `シヨウイチ` = `しょういち`.
std::string FoldKana(absl::string_view text);

// For comparing symbols and numbers of certificates: full-width digits, letters and signs as ASCII,
// every kind of hyphen, dash, minus and long-vowel mark as `-`, half-width kana as full-width,
// spaces at both ends dropped. Case and leading zeros count.
std::string FoldWidth(absl::string_view text);

}  // namespace madoguchi::text

#endif  // MADOGUCHI_AGENT_TEXT_KANA_H_
