#include "agent/oqs/decode.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/oqs/message.h"
#include "agent/text/cp932.h"
#include "agent/text/utf8.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;
using base::MakeError;

// What a declaration asks for.
enum class Declared { kUtf8, kCp932, kUtf16, kOther };

// A declaration is shorter than this.
constexpr size_t kMaxDeclaration = 256;
constexpr size_t kMaxEncodingName = 40;

absl::string_view SkipSpace(absl::string_view text) {
  return absl::StripLeadingAsciiWhitespace(text);
}

// The value of encoding="..." in the XML declaration `text` begins with; empty when there is none.
absl::string_view DeclaredName(absl::string_view text) {
  text = SkipSpace(text).substr(0, kMaxDeclaration);
  if (!absl::ConsumePrefix(&text, "<?xml")) return "";
  text = text.substr(0, text.find("?>"));
  const size_t at = text.find("encoding");
  if (at == absl::string_view::npos) return "";
  text = SkipSpace(text.substr(at + 8));
  if (!absl::ConsumePrefix(&text, "=")) return "";
  text = SkipSpace(text);
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) return "";
  const size_t end = text.find(text.front(), 1);
  if (end == absl::string_view::npos || end - 1 > kMaxEncodingName) return "";
  const absl::string_view name = text.substr(1, end - 1);
  for (const char c : name) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) return "";
  }
  return name;
}

Declared Classify(absl::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c != '-' && c != '_') plain.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  for (const absl::string_view cp932 :
       {"shiftjis", "xsjis", "sjis", "windows31j", "cswindows31j", "cp932", "ms932", "mskanji"}) {
    if (plain == cp932) return Declared::kCp932;
  }
  if (plain.empty() || plain == "utf8" || plain == "usascii") return Declared::kUtf8;
  if (absl::StartsWith(plain, "utf16") || absl::StartsWith(plain, "ucs")) return Declared::kUtf16;
  return Declared::kOther;
}

bool IsUtf16(absl::string_view bytes) {
  return absl::StartsWith(bytes, "\xFF\xFE") || absl::StartsWith(bytes, "\xFE\xFF") ||
         absl::StartsWith(bytes, absl::string_view("<\0", 2)) ||
         absl::StartsWith(bytes, absl::string_view("\0<", 2));
}

absl::Status Forbidden(size_t offset) {
  return MakeError(ErrorCode::kNotXml, {.what = "a character that XML does not allow",
                                        .field = absl::StrCat("byte ", offset)});
}

// Bytes from `offset` on do not fit. When they are the last ones of a file that has no end yet, it
// was cut inside a character.
absl::Status DoesNotFit(absl::string_view bytes, size_t offset, absl::string_view encoding) {
  if (bytes.size() - offset < 4 && !LooksComplete(bytes)) {
    return MakeError(ErrorCode::kIncompleteMessage, {.field = absl::StrCat("byte ", offset)});
  }
  return MakeError(ErrorCode::kBadEncoding, {.what = absl::StrCat("not ", encoding),
                                             .field = absl::StrCat("byte ", offset)});
}

// See the third rule in the header.
bool IsSurelyUtf8(absl::string_view bytes) {
  if (text::FindInvalidUtf8(bytes)) return false;
  constexpr int kSeveral = 2;
  int long_ones = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0xC0 && byte < 0xE0) return false;
    if (byte >= 0xE0) ++long_ones;
  }
  return long_ones >= kSeveral;
}

// `bytes` as CP932; nullopt when they are not. `offset` becomes the first byte that does not fit.
absl::StatusOr<std::optional<std::string>> TryCp932(absl::string_view bytes, size_t& offset) {
  absl::StatusOr<text::Cp932Decoded> decoded = text::DecodeCp932(bytes);
  if (!decoded.ok()) return decoded.status();
  if (decoded->bad_offset) {
    offset = *decoded->bad_offset;
    return std::optional<std::string>();
  }
  // Of the characters CP932 has, XML forbids only those of ASCII, and no other has such a byte in
  // it.
  if (const std::optional<size_t> bad = text::FindNonXmlAscii(bytes)) return Forbidden(*bad);
  return std::optional<std::string>(std::move(decoded->utf8));
}

absl::StatusOr<DecodedText> AsUtf8First(absl::string_view bytes, bool may_be_cp932) {
  DecodedText result;
  const std::optional<size_t> bad = text::FindNonXml(bytes);
  if (!bad) {
    result.utf8 = std::string(bytes);
    result.actual = kUtf8Name;
    return result;
  }
  if (text::DecodeUtf8(bytes.substr(*bad))) return Forbidden(*bad);
  if (may_be_cp932) {
    size_t offset = 0;
    absl::StatusOr<std::optional<std::string>> decoded = TryCp932(bytes, offset);
    if (!decoded.ok()) return decoded.status();
    if (*decoded) {
      result.utf8 = *std::move(*decoded);
      result.actual = kCp932Name;
      return result;
    }
  }
  return DoesNotFit(bytes, *bad, kUtf8Name);
}

absl::StatusOr<DecodedText> AsCp932First(absl::string_view bytes) {
  if (IsSurelyUtf8(bytes)) return AsUtf8First(bytes, false);
  DecodedText result;
  size_t offset = 0;
  absl::StatusOr<std::optional<std::string>> decoded = TryCp932(bytes, offset);
  if (!decoded.ok()) return decoded.status();
  if (*decoded) {
    result.utf8 = *std::move(*decoded);
    result.actual = kCp932Name;
    return result;
  }
  if (!text::FindInvalidUtf8(bytes)) return AsUtf8First(bytes, false);
  return DoesNotFit(bytes, offset, kCp932Name);
}

}  // namespace

absl::StatusOr<DecodedText> DecodeText(absl::string_view bytes, size_t max_bytes) {
  if (bytes.size() > max_bytes) {
    return MakeError(ErrorCode::kMessageTooLarge,
                     {.what = absl::StrCat(bytes.size(), " bytes; at most ", max_bytes)});
  }
  while (!bytes.empty() && bytes.back() == '\0') bytes.remove_suffix(1);
  if (IsUtf16(bytes)) {
    return MakeError(ErrorCode::kBadEncoding, {.what = "UTF-16", .field = "byte 0"});
  }
  const bool has_bom = text::ConsumeBom(bytes);
  const absl::string_view name = DeclaredName(bytes);
  const Declared declared = Classify(name);
  if (declared == Declared::kUtf16) {
    return MakeError(ErrorCode::kBadEncoding, {.what = "declared as UTF-16", .field = "byte 0"});
  }
  absl::StatusOr<DecodedText> result =
      declared == Declared::kCp932 && !has_bom
          ? AsCp932First(bytes)
          : AsUtf8First(bytes, !has_bom && declared == Declared::kUtf8);
  if (result.ok()) result->declared = std::string(name);
  return result;
}

}  // namespace madoguchi::oqs
