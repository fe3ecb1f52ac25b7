#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/oqs/family.h"
#include "agent/oqs/message.h"
#include "agent/text/utf8.h"

namespace madoguchi::oqs {
namespace {

struct Prefix {
  absl::string_view name;
  v1::MessageFamily family;
};
constexpr Prefix kPrefixes[] = {
    {"oqssiquc01", v1::MESSAGE_FAMILY_OQSSIQUC01}, {"oqsmuquc01", v1::MESSAGE_FAMILY_OQSMUQUC01},
    {"oqsmuquc02", v1::MESSAGE_FAMILY_OQSMUQUC02}, {"oqsmuhvq01", v1::MESSAGE_FAMILY_OQSMUHVQ01},
    {"oqsmuhvq02", v1::MESSAGE_FAMILY_OQSMUHVQ02}, {"oqsmuonq01", v1::MESSAGE_FAMILY_OQSMUONQ01},
    {"oqsmuonq02", v1::MESSAGE_FAMILY_OQSMUONQ02}, {"oqsmutic01", v1::MESSAGE_FAMILY_OQSMUTIC01},
    {"oqsmutic02", v1::MESSAGE_FAMILY_OQSMUTIC02}, {"oqssiimm01", v1::MESSAGE_FAMILY_OQSSIIMM01},
    {"oqsmuimm01", v1::MESSAGE_FAMILY_OQSMUIMM01}, {"oqsmuimm02", v1::MESSAGE_FAMILY_OQSMUIMM02},
    {"yzksiquc01", v1::MESSAGE_FAMILY_YZKSIQUC01}, {"tkksiquc01", v1::MESSAGE_FAMILY_TKKSIQUC01}};
constexpr absl::string_view kFace = "face_";
constexpr size_t kStampDigits = 14;
// Longest name of file systems we meet.
constexpr size_t kMaxName = 255;

bool ConsumePrefixIgnoreCase(absl::string_view& text, absl::string_view prefix) {
  if (!absl::StartsWithIgnoreCase(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// No folder, no stream, nothing that cannot be in a name on Windows.
bool IsPlainName(absl::string_view name) {
  if (name.size() > kMaxName || text::FindInvalidUtf8(name)) return false;
  constexpr absl::string_view kNever = "/\\:*?\"<>|\x7F";
  return std::none_of(name.begin(), name.end(), [&](char c) {
    return static_cast<unsigned char>(c) < 0x20 || kNever.find(c) != absl::string_view::npos;
  });
}

std::optional<absl::Time> StampOf(absl::string_view suffix) {
  if (suffix.size() <= kStampDigits || suffix[suffix.size() - kStampDigits - 1] != '_') {
    return std::nullopt;
  }
  const v1::OqsTime time = base::ParseOqsTime(suffix.substr(suffix.size() - kStampDigits));
  if (!time.has_time()) return std::nullopt;
  return base::FromProto(time.time());
}

bool AllOf(absl::string_view text, bool (*is)(unsigned char)) {
  return std::all_of(text.begin(), text.end(),
                     [is](char c) { return is(static_cast<unsigned char>(c)); });
}

}  // namespace

std::optional<FileName> ParseFileName(absl::string_view name) {
  if (!IsPlainName(name)) return std::nullopt;
  const size_t dot = name.rfind('.');
  if (dot == absl::string_view::npos || dot + 1 == name.size()) return std::nullopt;
  FileName result;
  result.extension = absl::AsciiStrToLower(name.substr(dot + 1));
  absl::string_view stem = name.substr(0, dot);
  const auto* prefix = std::find_if(
      std::begin(kPrefixes), std::end(kPrefixes),
      [&stem](const Prefix& each) { return ConsumePrefixIgnoreCase(stem, each.name); });
  if (prefix == std::end(kPrefixes)) return std::nullopt;
  Family family;
  if (ConsumePrefixIgnoreCase(stem, "req_")) {
    family = {prefix->family, v1::MESSAGE_ROLE_REQUEST};
  } else if (ConsumePrefixIgnoreCase(stem, "res_")) {
    family = {prefix->family, v1::MESSAGE_ROLE_RESPONSE};
    // Only qualifications are pushed.
    if (family.family == v1::MESSAGE_FAMILY_OQSSIQUC01 && ConsumePrefixIgnoreCase(stem, kFace)) {
      family = kFacePush;
    }
  } else {
    return std::nullopt;
  }
  if (stem.empty()) return std::nullopt;
  result.family = family.family;
  result.role = family.role;
  result.suffix = std::string(stem);
  if (family.role == v1::MESSAGE_ROLE_PUSH) result.stamp = StampOf(stem);
  return result;
}

bool NamesOtherFamily(absl::string_view name) {
  // OQS si quc 01 req _
  if (name.size() < 14 || ParseFileName(name)) return false;
  const absl::string_view direction = name.substr(10, 3);
  return AllOf(name.substr(0, 8), absl::ascii_isalpha) &&
         (absl::EqualsIgnoreCase(name.substr(3, 2), "si") ||
          absl::EqualsIgnoreCase(name.substr(3, 2), "mu")) &&
         AllOf(name.substr(8, 2), absl::ascii_isdigit) &&
         (absl::EqualsIgnoreCase(direction, "req") || absl::EqualsIgnoreCase(direction, "res")) &&
         name[13] == '_';
}

std::string BareName(absl::string_view file_name) {
  const size_t slash = file_name.rfind('/');
  if (slash != absl::string_view::npos) file_name.remove_prefix(slash + 1);
  return base::Printable(file_name, 255);
}

bool LooksComplete(absl::string_view bytes) {
  while (!bytes.empty() && bytes.back() == '\0') bytes.remove_suffix(1);
  const auto strip = [&bytes] { bytes = absl::StripTrailingAsciiWhitespace(bytes); };
  strip();
  if (!absl::ConsumeSuffix(&bytes, ">")) return false;
  strip();
  return absl::EndsWith(bytes, "</XmlMsg");
}

}  // namespace madoguchi::oqs
