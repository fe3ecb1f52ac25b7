#include "agent/text/cp932.h"

#include <iconv.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/text/utf8.h"

namespace madoguchi::text {
namespace {

constexpr size_t kNone = static_cast<size_t>(-1);

// One open converter.
class Converter {
 public:
  Converter(const char* to, const char* from) : handle_(iconv_open(to, from)) {}
  ~Converter() {
    if (Valid()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  // NOLINTNEXTLINE(performance-no-int-to-ptr): how iconv_open says no.
  bool Valid() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  // The whole of `in`, which is one character; empty when it has no image.
  std::string Convert(absl::string_view in) {
    std::array<char, 16> buffer{};
    std::string copy(in);
    char* source = copy.data();
    size_t source_left = copy.size();
    char* target = buffer.data();
    size_t target_left = buffer.size();
    iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    if (iconv(handle_, &source, &source_left, &target, &target_left) == kNone) return "";
    return std::string(buffer.data(), buffer.size() - target_left);
  }

 private:
  iconv_t handle_;
};

bool IsLead(uint8_t byte) {
  return (byte >= 0x81 && byte <= 0x9F) || (byte >= 0xE0 && byte <= 0xFC);
}

bool IsTrail(uint8_t byte) { return byte >= 0x40 && byte <= 0xFC && byte != 0x7F; }

// iconv's mapping, read out. Zero: no image (NUL apart, which maps to itself).
struct Tables {
  // By the two bytes of a character, or the one byte of a half-width kana.
  std::array<char16_t, 65536> decode{};
  // By code point. Only those that come back as themselves.
  std::array<uint16_t, 65536> encode{};
};

void FillDecode(Converter& converter, uint16_t code, Tables& tables) {
  std::string bytes;
  if (code > 0xFF) bytes.push_back(static_cast<char>(code >> 8));
  bytes.push_back(static_cast<char>(code & 0xFF));
  const std::string utf8 = converter.Convert(bytes);
  const std::optional<CodePoint> image = DecodeUtf8(utf8);
  if (!image || image->length != utf8.size() || image->value > 0xFFFF) return;
  tables.decode[code] = static_cast<char16_t>(image->value);
}

void FillEncode(Converter& converter, char16_t value, Tables& tables) {
  std::string utf8;
  AppendUtf8(value, utf8);
  const std::string bytes = converter.Convert(utf8);
  if (bytes.empty() || bytes.size() > 2) return;
  uint16_t code = static_cast<uint8_t>(bytes[0]);
  if (bytes.size() == 2) {
    code = static_cast<uint16_t>((code << 8) | static_cast<uint8_t>(bytes[1]));
  }
  if (code < 0x80 || tables.decode[code] == value) tables.encode[value] = code;
}

// Null when the system lacks the converter.
std::unique_ptr<const Tables> ReadTables() {
  Converter to_utf8("UTF-8", "CP932");
  Converter to_cp932("CP932", "UTF-8");
  if (!to_utf8.Valid() || !to_cp932.Valid()) return nullptr;
  auto tables = std::make_unique<Tables>();
  for (unsigned byte = 0x80; byte < 0x100; ++byte) {
    FillDecode(to_utf8, static_cast<uint16_t>(byte), *tables);
    if (!IsLead(static_cast<uint8_t>(byte))) continue;
    for (unsigned trail = 0x40; trail <= 0xFC; ++trail) {
      FillDecode(to_utf8, static_cast<uint16_t>((byte << 8) | trail), *tables);
    }
  }
  // Only images of the decoder can come back as themselves.
  for (const char16_t value : tables->decode) {
    if (value != 0 && tables->encode[value] == 0) FillEncode(to_cp932, value, *tables);
  }
  return tables;
}

const Tables* GetTables() {
  static const std::unique_ptr<const Tables> tables = ReadTables();
  return tables.get();
}

absl::Status NoConverter() {
  return base::MakeError(base::ErrorCode::kInternal,
                         {.what = "the C library has no CP932 converter", .field = "iconv"});
}

// Length of the ASCII run at `at`.
size_t AsciiRun(absl::string_view bytes, size_t at) {
  const size_t start = at;
  constexpr uint64_t kHighBits = 0x8080808080808080;
  uint64_t word = 0;
  while (bytes.size() - at >= sizeof(word)) {
    std::memcpy(&word, bytes.data() + at, sizeof(word));
    if ((word & kHighBits) != 0) break;
    at += sizeof(word);
  }
  while (at < bytes.size() && static_cast<uint8_t>(bytes[at]) < 0x80) ++at;
  return at - start;
}

// A character of CP932 that is not ASCII.
struct Character {
  // 0: none.
  char16_t value = 0;
  size_t length = 1;
};

Character CharacterAt(const Tables& tables, absl::string_view bytes, size_t at) {
  const unsigned lead = static_cast<uint8_t>(bytes[at]);
  if (!IsLead(static_cast<uint8_t>(lead))) return {tables.decode[lead], 1};
  const uint8_t trail = at + 1 < bytes.size() ? static_cast<uint8_t>(bytes[at + 1]) : 0;
  return {IsTrail(trail) ? tables.decode[(lead << 8) | trail] : char16_t{0}, 2};
}

// Decodes the characters from `at` on that are not ASCII; returns where they end. That is a byte
// from 0x80 on only when no character stands there.
size_t DecodeRun(const Tables& tables, absl::string_view bytes, size_t at, std::string& out) {
  // Appended by the piece, as appending each character takes longer than decoding it.
  std::array<char, 192> piece;
  size_t size = 0;
  while (at < bytes.size() && static_cast<uint8_t>(bytes[at]) >= 0x80) {
    const auto [value, length] = CharacterAt(tables, bytes, at);
    if (value == 0) break;
    at += length;
    if (size + 3 > piece.size()) {
      out.append(piece.data(), size);
      size = 0;
    }
    if (value >= 0x800) {
      piece[size++] = static_cast<char>(0xE0 | (value >> 12));
      piece[size++] = static_cast<char>(0x80 | ((value >> 6) & 0x3F));
    } else {
      piece[size++] = static_cast<char>(0xC0 | (value >> 6));
    }
    piece[size++] = static_cast<char>(0x80 | (value & 0x3F));
  }
  out.append(piece.data(), size);
  return at;
}

}  // namespace

absl::StatusOr<Cp932Decoded> DecodeCp932(absl::string_view bytes) {
  const Tables* tables = GetTables();
  if (tables == nullptr) return NoConverter();
  Cp932Decoded result;
  // A character of 2 bytes becomes 3, a half-width kana of 1 byte becomes 3: half more is enough
  // for real text, and the string grows by itself for the rest.
  result.utf8.reserve(bytes.size() + bytes.size() / 2);
  size_t at = 0;
  while (at < bytes.size()) {
    const size_t run = AsciiRun(bytes, at);
    result.utf8.append(bytes.data() + at, run);
    at += run;
    at = DecodeRun(*tables, bytes, at, result.utf8);
    if (at < bytes.size() && static_cast<uint8_t>(bytes[at]) >= 0x80) {
      result.bad_offset = at;
      return result;
    }
  }
  return result;
}

absl::StatusOr<std::string> Cp932ToUtf8(absl::string_view bytes) {
  absl::StatusOr<Cp932Decoded> decoded = DecodeCp932(bytes);
  if (!decoded.ok()) return decoded.status();
  if (decoded->bad_offset) {
    return base::MakeError(
        base::ErrorCode::kBadEncoding,
        {.what = "not CP932", .field = absl::StrCat("byte ", *decoded->bad_offset)});
  }
  return std::move(decoded->utf8);
}

absl::StatusOr<Cp932Encoded> EncodeCp932(absl::string_view utf8) {
  const Tables* tables = GetTables();
  if (tables == nullptr) return NoConverter();
  Cp932Encoded result;
  result.cp932.reserve(utf8.size());
  size_t at = 0;
  while (at < utf8.size()) {
    const size_t run = AsciiRun(utf8, at);
    result.cp932.append(utf8.data() + at, run);
    at += run;
    if (at == utf8.size()) break;
    const std::optional<CodePoint> character = DecodeUtf8(utf8.substr(at));
    const uint16_t code =
        character && character->value <= 0xFFFF ? tables->encode[character->value] : uint16_t{0};
    if (code == 0) {
      result.bad_offset = at;
      result.bad_character = character ? character->value : 0;
      return result;
    }
    if (code > 0xFF) result.cp932.push_back(static_cast<char>(code >> 8));
    result.cp932.push_back(static_cast<char>(code & 0xFF));
    at += character->length;
  }
  return result;
}

absl::StatusOr<std::string> Utf8ToCp932(absl::string_view utf8) {
  absl::StatusOr<Cp932Encoded> encoded = EncodeCp932(utf8);
  if (!encoded.ok()) return encoded.status();
  if (!encoded->bad_offset) return std::move(encoded->cp932);
  if (encoded->bad_character == 0) {
    return base::MakeError(
        base::ErrorCode::kBadEncoding,
        {.what = "not UTF-8", .field = absl::StrCat("byte ", *encoded->bad_offset)});
  }
  return base::MakeError(base::ErrorCode::kNotWritable,
                         {.what = "a character has no place in CP932",
                          .field = CodePointName(encoded->bad_character)});
}

}  // namespace madoguchi::text
