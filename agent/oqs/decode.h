#ifndef MADOGUCHI_AGENT_OQS_DECODE_H_
#define MADOGUCHI_AGENT_OQS_DECODE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/oqs/limits.h"

// From the bytes of a file to text.
namespace madoguchi::oqs {

inline constexpr absl::string_view kUtf8Name = "UTF-8";
inline constexpr absl::string_view kCp932Name = "CP932";

struct DecodedText {
  // Without BOM and without NUL padding at the end; only characters XML allows.
  std::string utf8;
  // From the XML declaration, empty without one.
  std::string declared;
  // kUtf8Name or kCp932Name.
  absl::string_view actual;
};

// Decides the encoding by byte order mark, declaration and bytes:
// * Shift_JIS, Windows-31J, CP932, MS932 (and spellings of these) mean CP932; anything else, or no
//   declaration, means UTF-8. A byte order mark means UTF-8 whatever is declared.
// * Bytes that do not fit what is declared but fit the other one are read as that (not for names
//   of a third encoding).
// * Declared CP932, but the bytes are also valid UTF-8 with several characters of three bytes and
//   none of two: UTF-8. Japanese in UTF-8 often happens to be CP932, never the other way round.
// Errors: MDG-1301 (more than `max_bytes`), 1302 (a character XML forbids, NUL among them), 1304,
// 1308 (cut inside a character). CharacterCodeIdentifier is never looked at.
absl::StatusOr<DecodedText> DecodeText(absl::string_view bytes,
                                       size_t max_bytes = kPersonLimits.bytes);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_DECODE_H_
