#include "agent/text/utf8.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace madoguchi::text {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;

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

// The high bits of the bytes of `word` that are no ASCII characters or not allowed ones.
template <bool kXml>
constexpr uint64_t NotPlain(uint64_t word) {
  const uint64_t high = word & kHighBits;
  if (!kXml) return high;
  const uint64_t below = BytesBelowSpace(word);
  if (below == 0) return high;
  const uint64_t allowed = BytesEqual(word, '\t') | BytesEqual(word, '\n') | BytesEqual(word, '\r');
  return high | (below & ~allowed);
}

uint64_t WordAt(absl::string_view bytes, size_t at) {
  uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof(word));
  return word;
}

// Length of the run of allowed ASCII characters at `at`, as far as it can be told 8 bytes at a
// time: a few at the end of `bytes` are left out.
template <bool kXml>
size_t PlainRun(absl::string_view bytes, size_t at) {
  const size_t start = at;
  while (bytes.size() - at >= sizeof(uint64_t)) {
    const uint64_t other = NotPlain<kXml>(WordAt(bytes, at));
    if (other != 0) {
      // The first byte is the lowest where this holds, and elsewhere is looked at alone.
      const bool first_is_low = std::endian::native == std::endian::little;
      return at - start + (first_is_low ? static_cast<size_t>(std::countr_zero(other)) / 8 : 0);
    }
    at += sizeof(uint64_t);
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

// True for the first two bytes of a character of 3 bytes that is allowed whatever the third one is.
constexpr bool LeadsPlainOfThree(uint8_t lead, uint8_t second) {
  return lead >= 0xE1 && lead <= 0xEF && lead != 0xED && (lead != 0xEF || second != 0xBF);
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

// Length of the run at `at` of characters as above, in pairs, while 8 bytes are left.
size_t PairsOfThree(absl::string_view bytes, size_t at) {
  const size_t start = at;
  while (bytes.size() - at >= sizeof(uint64_t)) {
    std::array<uint8_t, sizeof(uint64_t)> next{};
    std::memcpy(next.data(), bytes.data() + at, next.size());
    const unsigned continuations = (next[1] & 0xC0U) | (next[2] & 0xC0U) << 8 |
                                   (next[4] & 0xC0U) << 16 | (next[5] & 0xC0U) << 24;
    if (continuations != 0x80808080U) break;
    if (!LeadsPlainOfThree(next[0], next[1]) || !LeadsPlainOfThree(next[3], next[4])) break;
    at += 6;
  }
  return at - start;
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
    at += PlainRun<kXml>(bytes, at);
    at += PairsOfThree(bytes, at);
    // What neither knows, or one of the last bytes.
    if (at == bytes.size()) break;
    const size_t length = AllowedLength<kXml>(bytes, at);
    if (length == 0) return at;
    at += length;
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
    const uint64_t word = WordAt(bytes, at);
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
