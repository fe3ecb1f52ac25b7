#include "agent/text/utf8.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace madoguchi::text {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;
constexpr uint64_t kSpaces = 0x2020202020202020;

uint8_t ByteAt(absl::string_view bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

bool IsContinuation(absl::string_view bytes, size_t i) {
  return i < bytes.size() && (ByteAt(bytes, i) & 0xC0) == 0x80;
}

uint32_t Low6(absl::string_view bytes, size_t i) { return ByteAt(bytes, i) & 0x3FU; }

constexpr bool IsForbiddenByte(uint8_t byte) {
  return byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
}

// The high bits of the bytes of `word` below 0x20. Bytes are looked at apart: no sum carries.
constexpr uint64_t BytesBelowSpace(uint64_t word) {
  return ~(((word & ~kHighBits) + 0x6060606060606060) | word) & kHighBits;
}

// The high bits of the bytes that are `wanted`.
constexpr uint64_t BytesEqual(uint64_t word, uint8_t wanted) {
  const uint64_t differing = word ^ (0x0101010101010101 * wanted);
  return ~(((differing & ~kHighBits) + ~kHighBits) | differing) & kHighBits;
}

// Length of the run of plain characters (0x20 to 0x7F) at `at`, in whole words of 8 bytes.
size_t PlainWords(absl::string_view bytes, size_t at) {
  const size_t start = at;
  while (bytes.size() - at >= sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    // The second term has the high bit of every byte below 0x20 set (bytes from 0x80 on are caught
    // by the first).
    if (((word | (word - kSpaces)) & kHighBits) != 0) break;
    at += sizeof(word);
  }
  return at - start;
}

// By byte: an ASCII character that is allowed.
template <bool kXml>
constexpr std::array<bool, 256> AllowedAscii() {
  std::array<bool, 256> allowed{};
  for (unsigned byte = 0; byte < 0x80; ++byte) {
    allowed[byte] = !kXml || !IsForbiddenByte(static_cast<uint8_t>(byte));
  }
  return allowed;
}

// True for most of what a Japanese text consists of: a whole character of 3 bytes that is surely
// allowed. Those near what is not (overlong ones, surrogates, U+FFFE) are left to DecodeUtf8.
bool IsPlainOfThree(absl::string_view bytes, size_t at) {
  const uint8_t lead = ByteAt(bytes, at);
  if (lead < 0xE1 || lead > 0xEF || lead == 0xED || bytes.size() - at < 3) return false;
  const uint8_t second = ByteAt(bytes, at + 1);
  const uint8_t third = ByteAt(bytes, at + 2);
  return (second & 0xC0) == 0x80 && (third & 0xC0) == 0x80 &&
         (lead != 0xEF || second != 0xBF || third < 0xBE);
}

// Length of the character at `at`; 0 when there is none or it is not allowed.
template <bool kXml>
size_t AllowedLength(absl::string_view bytes, size_t at) {
  static constexpr std::array<bool, 256> kAllowed = AllowedAscii<kXml>();
  if (kAllowed[ByteAt(bytes, at)]) return 1;
  if (IsPlainOfThree(bytes, at)) return 3;
  if (ByteAt(bytes, at) < 0x80) return 0;
  const std::optional<CodePoint> code_point = DecodeUtf8(bytes.substr(at));
  if (!code_point || (kXml && !IsXmlCharacter(code_point->value))) return 0;
  return code_point->length;
}

template <bool kXml>
std::optional<size_t> FindBad(absl::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size()) {
    at += PlainWords(bytes, at);
    // Not plain within the next 8 bytes, or at the end: go by characters up to there.
    const size_t stop = bytes.size() - at < 8 ? bytes.size() : at + 8;
    while (at < stop) {
      const size_t length = AllowedLength<kXml>(bytes, at);
      if (length == 0) return at;
      at += length;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<CodePoint> DecodeUtf8(absl::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const uint8_t lead = ByteAt(bytes, 0);
  if (lead < 0x80) return CodePoint{lead, 1};
  if (lead < 0xC2 || !IsContinuation(bytes, 1)) return std::nullopt;
  if (lead < 0xE0) return CodePoint{((lead & 0x1FU) << 6) | Low6(bytes, 1), 2};
  if (!IsContinuation(bytes, 2)) return std::nullopt;
  if (lead < 0xF0) {
    const char32_t value = ((lead & 0x0FU) << 12) | (Low6(bytes, 1) << 6) | Low6(bytes, 2);
    if (value < 0x800 || (value >= 0xD800 && value < 0xE000)) return std::nullopt;
    return CodePoint{value, 3};
  }
  if (lead > 0xF4 || !IsContinuation(bytes, 3)) return std::nullopt;
  const char32_t value =
      ((lead & 0x07U) << 18) | (Low6(bytes, 1) << 12) | (Low6(bytes, 2) << 6) | Low6(bytes, 3);
  if (value < 0x10000 || value > 0x10FFFF) return std::nullopt;
  return CodePoint{value, 4};
}

void AppendUtf8(char32_t value, std::string& out) {
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
  } else if (value < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (value >> 6)));
    out.push_back(static_cast<char>(0x80 | (value & 0x3F)));
  } else if (value < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (value >> 12)));
    out.push_back(static_cast<char>(0x80 | ((value >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (value & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | (value >> 18)));
    out.push_back(static_cast<char>(0x80 | ((value >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((value >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (value & 0x3F)));
  }
}

std::optional<size_t> FindInvalidUtf8(absl::string_view bytes) { return FindBad<false>(bytes); }

std::optional<size_t> FindNonXml(absl::string_view bytes) { return FindBad<true>(bytes); }

std::optional<size_t> FindNonXmlAscii(absl::string_view bytes) {
  size_t at = 0;
  for (; bytes.size() - at >= sizeof(uint64_t); at += sizeof(uint64_t)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    const uint64_t below = BytesBelowSpace(word);
    if (below == 0) continue;
    const uint64_t allowed =
        BytesEqual(word, '\t') | BytesEqual(word, '\n') | BytesEqual(word, '\r');
    if ((below & ~allowed) != 0) break;
  }
  for (; at < bytes.size(); ++at) {
    if (IsForbiddenByte(ByteAt(bytes, at))) return at;
  }
  return std::nullopt;
}

bool IsXmlCharacter(char32_t value) {
  if (value < 0x20) return value == '\t' || value == '\n' || value == '\r';
  if (value >= 0xD800 && value < 0xE000) return false;
  return value <= 0x10FFFF && value != 0xFFFE && value != 0xFFFF;
}

bool ConsumeBom(absl::string_view& bytes) {
  if (!absl::StartsWith(bytes, kUtf8Bom)) return false;
  bytes.remove_prefix(kUtf8Bom.size());
  return true;
}

std::string CodePointName(char32_t value) {
  return absl::StrFormat("U+%04X", static_cast<uint32_t>(value));
}

}  // namespace madoguchi::text
