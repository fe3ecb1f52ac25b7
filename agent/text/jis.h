#ifndef MADOGUCHI_AGENT_TEXT_JIS_H_
#define MADOGUCHI_AGENT_TEXT_JIS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// ASCII and JIS X 0208 (ISO-IR 87): all that HL7 v2 in Japan has, and what every receiver of a
// Shift_JIS file understands. Half-width kana, extensions of NEC and IBM, and JIS levels 3 and 4
// are outside. The tables are read out of the C library's CP932 once, on first use, and never
// change, so every thread may call this.
namespace madoguchi::text {

// What stands for a character that has no replacement in the table of jis.cc: U+25A0.
inline constexpr absl::string_view kGaiji = "■";

// So many replacements are told one by one; a hostile text would have millions.
inline constexpr size_t kMaxJisReplacements = 10'000;

// A character that was replaced because it is outside.
struct JisReplacement {
  // Where it began in the text that was given, in bytes.
  size_t offset = 0;
  // U+FFFD for a byte that is not UTF-8. Of a half-width kana with a (han)dakuten behind it, the
  // kana.
  char32_t character = 0;
  // UTF-8; all of it is inside.
  std::string by;
};

struct JisText {
  // UTF-8. Where Unicode has two characters for one of JIS, the one CP932 uses (U+FF0D for
  // U+2212, U+FF5E for U+301C): so CP932 can write it, too. That counts as no replacement.
  std::string utf8;
  // The first kMaxJisReplacements, in order of their offsets, and how many there were.
  std::vector<JisReplacement> replaced;
  size_t replaced_count = 0;
};

// `utf8` with everything outside replaced. Half-width kana become full-width, NEC's symbols are
// spelt out (① is (1), ㈱ is (株)), the rest is kGaiji: a kanji is never replaced by another one,
// because that would change a name. MDG-1005 only when the system has no CP932 converter.
absl::StatusOr<JisText> FitToJis(absl::string_view utf8);

struct Iso2022JpBytes {
  std::string bytes;
  std::vector<JisReplacement> replaced;
  size_t replaced_count = 0;
};

// The same as ISO-2022-JP (`ESC $ B` into kanji, `ESC ( B` back). Every ASCII character, so every
// delimiter and line end of a protocol, stands in ASCII mode, and so does the end.
absl::StatusOr<Iso2022JpBytes> EncodeIso2022Jp(absl::string_view utf8);

// Reads what EncodeIso2022Jp writes, and the older escapes `ESC $ @` and `ESC ( J` (as ASCII).
// MDG-1304 with the byte's offset in `field` for anything else, bytes from 0x80 on among it.
absl::StatusOr<std::string> DecodeIso2022Jp(absl::string_view bytes);

}  // namespace madoguchi::text

#endif  // MADOGUCHI_AGENT_TEXT_JIS_H_
