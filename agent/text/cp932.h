#ifndef MADOGUCHI_AGENT_TEXT_CP932_H_
#define MADOGUCHI_AGENT_TEXT_CP932_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// CP932 (Windows-31J: what files that declare Shift_JIS really hold, with the NEC and IBM
// extensions and the user-defined area) <-> UTF-8, exactly as glibc's iconv does it. Its mapping is
// read out once, on first use, into tables that never change, so every thread may call this.
namespace madoguchi::text {

struct Cp932Decoded {
  // What was converted up to `bad_offset`.
  std::string utf8;
  // The first byte that is no CP932; nullopt when all was converted.
  std::optional<size_t> bad_offset;
};

// The low-level form of Cp932ToUtf8, for callers that try one encoding after the other. MDG-1005
// only when the system has no CP932 converter.
absl::StatusOr<Cp932Decoded> DecodeCp932(absl::string_view bytes);

// MDG-1304 with the byte's offset in `field` when bytes are no CP932.
absl::StatusOr<std::string> Cp932ToUtf8(absl::string_view bytes);

struct Cp932Encoded {
  // What was converted up to `bad_offset`.
  std::string cp932;
  // Offset in the UTF-8 text of the first character without a place; nullopt when all was
  // converted.
  std::optional<size_t> bad_offset;
  // That character; 0 when the text is not valid UTF-8 there.
  char32_t bad_character = 0;
};

// The low-level form of Utf8ToCp932. A character counts as having a place only when it would come
// back as itself: iconv also folds U+301C, U+2212 and a few more onto neighbours, silently changing
// what a person wrote; those have no place here.
absl::StatusOr<Cp932Encoded> EncodeCp932(absl::string_view utf8);

// MDG-1307 with the code point in `field` when a character has no place in CP932; MDG-1304 when
// `utf8` is not UTF-8.
absl::StatusOr<std::string> Utf8ToCp932(absl::string_view utf8);

}  // namespace madoguchi::text

#endif  // MADOGUCHI_AGENT_TEXT_CP932_H_
