#include "agent/reception/cursor.h"

#include "absl/strings/escaping.h"
#include "agent/base/error.h"

namespace madoguchi::reception {
namespace {

constexpr char kVersion = 1;
constexpr size_t kIdBytes = 8;
constexpr size_t kBytes = 1 + kIdBytes + 8;
// Longer text is not even looked at.
constexpr size_t kLongest = 64;

absl::Status NotACursor() {
  return base::MakeError(
      base::ErrorCode::kInvalidField,
      {.what = "it must be a cursor that the daemon returned", .field = "cursor"});
}

}  // namespace

std::string EncodeCursor(const Cursor& cursor) {
  std::string bytes(1, kVersion);
  bytes += absl::HexStringToBytes(cursor.store_id);
  const auto number = static_cast<uint64_t>(cursor.number);
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>((number >> shift) & 0xFF));
  }
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<Cursor> DecodeCursor(absl::string_view text) {
  std::string bytes;
  // Comparing with its own encoding leaves one spelling for each cursor.
  if (text.empty() || text.size() > kLongest || !absl::WebSafeBase64Unescape(text, &bytes) ||
      bytes.empty() || absl::WebSafeBase64Escape(bytes) != text) {
    return NotACursor();
  }
  if (bytes[0] != kVersion) return base::MakeError(base::ErrorCode::kCursorTooOld);
  if (bytes.size() != kBytes) return NotACursor();
  Cursor cursor;
  cursor.store_id = absl::BytesToHexString(bytes.substr(1, kIdBytes));
  uint64_t number = 0;
  for (size_t i = 1 + kIdBytes; i < kBytes; ++i) {
    number = (number << 8) | static_cast<unsigned char>(bytes[i]);
  }
  cursor.number = static_cast<int64_t>(number);
  return cursor;
}

}  // namespace madoguchi::reception
