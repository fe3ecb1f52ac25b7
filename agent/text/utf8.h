#ifndef MADOGUCHI_AGENT_TEXT_UTF8_H_
#define MADOGUCHI_AGENT_TEXT_UTF8_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// UTF-8 at its borders. Pure functions.
namespace madoguchi::text {

inline constexpr absl::string_view kUtf8Bom = "\xEF\xBB\xBF";

// One code point and the bytes it takes.
struct CodePoint {
  char32_t value = 0;
  size_t length = 0;
};

// The code point at the start of `bytes`; nullopt when they do not begin with a complete, shortest
// sequence of a Unicode scalar value.
std::optional<CodePoint> DecodeUtf8(absl::string_view bytes);

// Appends a Unicode scalar value.
void AppendUtf8(char32_t value, std::string& out);

// Offset of the first byte that is not valid UTF-8 (no overlong forms, no surrogates, nothing above
// U+10FFFF); nullopt when all is valid.
std::optional<size_t> FindInvalidUtf8(absl::string_view bytes);

// Offset of the first byte that is not valid UTF-8 or begins a character XML 1.0 forbids (control
// characters besides tab, LF and CR; U+FFFE; U+FFFF); nullopt when there is none.
std::optional<size_t> FindNonXml(absl::string_view bytes);

// Offset of the first control character of ASCII that XML 1.0 forbids, in bytes of whatever
// encoding that has ASCII; nullopt when there is none.
std::optional<size_t> FindNonXmlAscii(absl::string_view bytes);

// True for the characters XML 1.0 allows.
bool IsXmlCharacter(char32_t value);

// Drops a leading byte order mark; true when there was one.
bool ConsumeBom(absl::string_view& bytes);

// `U+3042`.
std::string CodePointName(char32_t value);

}  // namespace madoguchi::text

#endif  // MADOGUCHI_AGENT_TEXT_UTF8_H_
