#ifndef MADOGUCHI_AGENT_RECEPTION_CURSOR_H_
#define MADOGUCHI_AGENT_RECEPTION_CURSOR_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace madoguchi::reception {

// A place in the events of one store.
struct Cursor {
  // 16 hexadecimal digits.
  std::string store_id;
  int64_t number = 0;
};

// Opaque text, safe in URLs and file names. Pure.
std::string EncodeCursor(const Cursor& cursor);
// MDG-1001: not a cursor (`field` is left to the caller's request); MDG-1003: one of another
// version of the program.
absl::StatusOr<Cursor> DecodeCursor(absl::string_view text);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_CURSOR_H_
