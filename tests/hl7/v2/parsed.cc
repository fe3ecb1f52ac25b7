#include "tests/hl7/v2/parsed.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace madoguchi::hl7::v2 {
namespace {

std::string PartAt(const std::string& text, char delimiter, int number) {
  const std::vector<std::string> parts = absl::StrSplit(text, delimiter);
  return number >= 1 && static_cast<size_t>(number) <= parts.size()
             ? parts[static_cast<size_t>(number) - 1]
             : "";
}

// What stands between two escape characters.
std::string Meaning(const std::string& escape) {
  static const std::map<std::string, std::string> kNamed = {
      {"F", "|"}, {"S", "^"}, {"T", "&"}, {"R", "~"}, {"E", "\\"}};
  const auto named = kNamed.find(escape);
  if (named != kNamed.end()) return named->second;
  EXPECT_TRUE(absl::StartsWith(escape, "X")) << escape;
  return absl::HexStringToBytes(escape.substr(1));
}

std::string WithoutEscapes(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '\\');
  // Escapes are every second part.
  EXPECT_EQ(parts.size() % 2, 1U) << text;
  std::string plain;
  for (size_t i = 0; i < parts.size(); ++i) {
    plain += i % 2 == 0 ? parts[i] : Meaning(parts[i]);
  }
  return plain;
}

// `IN1-10[2].1.2`.
struct Target {
  std::string name;
  int field = 0;
  int repetition = 1;
  int component = 1;
  int subcomponent = 1;
};

Target TargetOf(absl::string_view text) {
  const std::vector<std::string> halves = absl::StrSplit(text, absl::MaxSplits('-', 1));
  Target target{.name = halves.at(0)};
  const std::vector<std::string> numbers = absl::StrSplit(halves.at(1), '.');
  target.field = std::atoi(numbers[0].c_str());
  if (const size_t bracket = numbers[0].find('['); bracket != std::string::npos) {
    target.repetition = std::atoi(numbers[0].c_str() + bracket + 1);
  }
  if (numbers.size() > 1) target.component = std::atoi(numbers[1].c_str());
  if (numbers.size() > 2) target.subcomponent = std::atoi(numbers[2].c_str());
  return target;
}

// Of a segment split at `|`.
std::string FieldText(const std::vector<std::string>& segment, const Target& target) {
  // MSH-1 is the delimiter itself.
  const int at = target.name == "MSH" ? target.field - 1 : target.field;
  return at >= 1 && static_cast<size_t>(at) < segment.size() ? segment[static_cast<size_t>(at)]
                                                             : "";
}

std::string ValueAt(const std::vector<std::string>& segment, const Target& target) {
  const std::string field = FieldText(segment, target);
  const std::string component =
      PartAt(PartAt(field, '~', target.repetition), '^', target.component);
  return WithoutEscapes(PartAt(component, '&', target.subcomponent));
}

}  // namespace

Parsed::Parsed(absl::string_view message) {
  EXPECT_TRUE(absl::StartsWith(message, "MSH|^~\\&|"));
  EXPECT_TRUE(absl::EndsWith(message, "\r"));
  message.remove_suffix(1);
  for (const absl::string_view segment : absl::StrSplit(message, '\r')) {
    EXPECT_GE(segment.size(), 3U);
    for (const char c : segment) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << segment;
    segments_.push_back(absl::StrSplit(segment, '|'));
  }
}

std::string Parsed::Names() const {
  std::vector<std::string> names;
  for (const auto& segment : segments_) names.push_back(segment[0]);
  return absl::StrJoin(names, " ");
}

const std::vector<std::string>& Parsed::All(absl::string_view text) const {
  const auto [found, added] = found_.try_emplace(std::string(text));
  std::vector<std::string>& values = found->second;
  if (!added) return values;
  const Target target = TargetOf(text);
  for (const auto& segment : segments_) {
    if (segment[0] == target.name) values.push_back(ValueAt(segment, target));
  }
  return values;
}

std::string Parsed::First(absl::string_view target) const {
  const std::vector<std::string>& values = All(target);
  return values.empty() ? "" : values[0];
}

std::vector<std::string> Parsed::Repetitions(absl::string_view text, int component) const {
  Target target = TargetOf(text);
  target.component = component;
  std::vector<std::string> values;
  for (const auto& segment : segments_) {
    if (segment[0] != target.name || !values.empty()) continue;
    const std::string field = FieldText(segment, target);
    const size_t count = std::vector<std::string>(absl::StrSplit(field, '~')).size();
    for (size_t i = 1; i <= count; ++i) {
      target.repetition = static_cast<int>(i);
      values.push_back(ValueAt(segment, target));
    }
  }
  return values;
}

size_t Parsed::Count(absl::string_view name) const {
  size_t count = 0;
  for (const auto& segment : segments_) count += segment[0] == name ? 1 : 0;
  return count;
}

}  // namespace madoguchi::hl7::v2
