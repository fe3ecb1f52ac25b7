#include "hl7/fhir/values.h"

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "agent/text/kana.h"

namespace madoguchi::hl7::fhir {
namespace {

constexpr absl::string_view kOriginalText =
    R"("url":"http://hl7.org/fhir/StructureDefinition/originalText")";
bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool AllDigits(absl::string_view text) { return std::all_of(text.begin(), text.end(), IsDigit); }

// Digits without point, and how many of them stand behind it.
struct Scaled {
  std::string digits;
  size_t scale = 0;
};

Scaled ScaledOf(absl::string_view decimal) {
  const size_t point = decimal.find('.');
  if (point == absl::string_view::npos) return {std::string(decimal), 0};
  std::string digits(decimal.substr(0, point));
  const absl::string_view part = decimal.substr(point + 1);
  digits.append(part.data(), part.size());
  return {digits, decimal.size() - point - 1};
}

// Of letters and digits only, as nearly all codes are.
bool IsPlainCode(absl::string_view code) {
  return !code.empty() && std::all_of(code.begin(), code.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c));
  });
}

// FHIR has no periods that end before they begin. A month may end after a day in it.
bool EndsBefore(absl::string_view start, absl::string_view end) {
  return end < start && !absl::StartsWith(start, end);
}

// `key` with an underscore before it, as FHIR writes what belongs to a primitive value.
class BesideKey {
 public:
  explicit BesideKey(absl::string_view key) { text_.Append("_").Append(key); }
  absl::string_view view() const { return text_.view(); }

 private:
  ShortText text_;
};

}  // namespace

ShortText& ShortText::Append(absl::string_view text) {
  if (text.size() > kCapacity - size_) return *this;
  std::copy(text.begin(), text.end(), text_.begin() + size_);
  size_ += text.size();
  return *this;
}

ShortText& ShortText::AppendDigits(int value, int digits) {
  std::array<char, 10> reversed = {};
  for (int i = 0; i < digits; ++i, value /= 10) {
    reversed[static_cast<size_t>(digits - 1 - i)] = static_cast<char>('0' + value % 10);
  }
  return Append({reversed.data(), static_cast<size_t>(digits)});
}

bool IsDay(const v1::Date& date) {
  if (date.year() < 1 || date.year() > 9999 || date.month() < 1 || date.month() > 12) return false;
  if (date.day() < 1 || date.day() > 31) return false;
  if (date.day() <= 28) return true;
  const absl::CivilDay day(date.year(), date.month(), date.day());
  return day.day() == date.day();
}

std::optional<ShortText> DateOf(const v1::Date& date) {
  const bool month = date.day() == 0 && date.year() >= 1 && date.year() <= 9999 &&
                     date.month() >= 1 && date.month() <= 12 && date.text().size() != 8;
  if (!month && !IsDay(date)) return std::nullopt;
  ShortText text;
  text.AppendDigits(date.year(), 4).Append("-").AppendDigits(date.month(), 2);
  if (!month) text.Append("-").AppendDigits(date.day(), 2);
  return text;
}

std::optional<ShortText> InstantOf(const v1::OqsTime& time) {
  if (!time.has_time()) return std::nullopt;
  constexpr int kJapanSeconds = 9 * 60 * 60;
  const absl::CivilSecond civil = absl::ToCivilSecond(
      absl::FromUnixSeconds(time.time().seconds() + kJapanSeconds), absl::UTCTimeZone());
  if (civil.year() < 1 || civil.year() > 9999) return std::nullopt;
  ShortText text;
  text.AppendDigits(static_cast<int>(civil.year()), 4).Append("-");
  text.AppendDigits(civil.month(), 2).Append("-").AppendDigits(civil.day(), 2).Append("T");
  text.AppendDigits(civil.hour(), 2).Append(":").AppendDigits(civil.minute(), 2).Append(":");
  text.AppendDigits(civil.second(), 2).Append("+09:00");
  return text;
}

std::optional<ShortText> DecimalOf(absl::string_view text) {
  std::string folded;
  if (!text.empty() && static_cast<unsigned char>(text.front()) >= 0x80) {
    folded = text::FoldWidth(text);
    text = folded;
  }
  const bool negative = absl::ConsumePrefix(&text, "-");
  const size_t point = text.find('.');
  absl::string_view whole = text.substr(0, point);
  const absl::string_view part =
      point == absl::string_view::npos ? absl::string_view() : text.substr(point);
  constexpr size_t kMostDigits = 18;
  if (whole.empty() || text.size() > kMostDigits || !AllDigits(whole)) return std::nullopt;
  if (!part.empty() && (part.size() == 1 || !AllDigits(part.substr(1)))) return std::nullopt;
  while (whole.size() > 1 && whole.front() == '0') whole.remove_prefix(1);
  ShortText decimal;
  if (negative) decimal.Append("-");
  decimal.Append(whole).Append(part);
  return decimal;
}

std::optional<ShortText> Product(absl::string_view a, absl::string_view b) {
  const Scaled left = ScaledOf(a);
  const Scaled right = ScaledOf(b);
  // Each is below 10 to the 9th, so that the product fits.
  constexpr size_t kMostDigits = 9;
  if (left.digits.size() > kMostDigits || right.digits.size() > kMostDigits) return std::nullopt;
  if (!AllDigits(left.digits) || !AllDigits(right.digits)) return std::nullopt;
  uint64_t product = 1;
  for (const std::string* digits : {&left.digits, &right.digits}) {
    uint64_t value = 0;
    for (const char c : *digits) value = value * 10 + static_cast<uint64_t>(c - '0');
    product *= value;
  }
  const size_t scale = left.scale + right.scale;
  std::string digits = std::to_string(product);
  if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
  ShortText text;
  const size_t whole = digits.size() - scale;
  text.Append(absl::string_view(digits).substr(0, whole));
  absl::string_view part = absl::string_view(digits).substr(whole);
  while (absl::ConsumeSuffix(&part, "0")) {
  }
  if (!part.empty()) text.Append(".").Append(part);
  return text;
}

bool IsCode(absl::string_view text) {
  bool space = true;
  while (!text.empty()) {
    const size_t length = SpaceLength(text);
    if (length > 0 && (space || text.front() != ' ')) return false;
    space = length > 0;
    text.remove_prefix(space ? length : 1);
  }
  return !space;
}

void WriteOriginal(Json& json, absl::string_view key, absl::string_view original) {
  if (IsBlank(original)) return;
  json.Object(BesideKey(key).view());
  json.Array("extension");
  json.Object();
  json.Members(kOriginalText);
  json.Text("valueString", original);
  json.EndObject();
  json.EndArray();
  json.EndObject();
}

void WriteDate(Json& json, absl::string_view key, const v1::Date& date) {
  if (const auto text = DateOf(date)) {
    json.Plain(key, text->view());
  } else {
    WriteOriginal(json, key, date.text());
  }
}

void WriteInstant(Json& json, absl::string_view key, const v1::OqsTime& time) {
  if (const auto text = InstantOf(time)) {
    json.Plain(key, text->view());
  } else if (!time.no_end()) {
    WriteOriginal(json, key, time.text());
  }
}

void WriteUnknown(Json& json, absl::string_view key) {
  json.Constant(BesideKey(key).view(), kUnknownValue);
}

void WriteUnknownReference(Json& json, absl::string_view key) { json.Constant(key, kUnknownValue); }

void WritePeriod(Json& json, absl::string_view key, const v1::Date& start, const v1::Date& end) {
  const auto from = DateOf(start);
  const auto until = DateOf(end);
  if (!from && !until && IsBlank(start.text()) && IsBlank(end.text())) return;
  json.Object(key);
  WriteDate(json, "start", start);
  if (from && until && EndsBefore(from->view(), until->view())) {
    WriteOriginal(json, "end", end.text());
  } else {
    WriteDate(json, "end", end);
  }
  json.EndObject();
}

void WritePeriod(Json& json, absl::string_view key, const v1::OqsTime& start,
                 const v1::OqsTime& end) {
  const auto says = [](const v1::OqsTime& time) {
    return !time.no_end() && (InstantOf(time) || !IsBlank(time.text()));
  };
  if (!says(start) && !says(end)) return;
  const auto from = InstantOf(start);
  const auto until = InstantOf(end);
  json.Object(key);
  WriteInstant(json, "start", start);
  if (from && until && EndsBefore(from->view(), until->view())) {
    WriteOriginal(json, "end", end.text());
  } else {
    WriteInstant(json, "end", end);
  }
  json.EndObject();
}

System LocalSystem(absl::string_view table) {
  return {"http://madoguchi.example.jp/fhir/CodeSystem/", table};
}

void WriteCoding(Json& json, absl::string_view key, System system, absl::string_view code,
                 absl::string_view display) {
  if (IsBlank(code) && IsBlank(display)) return;
  if (key.empty()) {
    json.Object();
  } else {
    json.Object(key);
  }
  if (IsPlainCode(code)) {
    json.Members({R"("system":")", system.base, system.name, R"(","code":")", code, "\""});
    json.Text("display", display);
  } else {
    const bool is_code = IsCode(code);
    json.Plain("system", system.base, system.name);
    if (is_code) json.Text("code", code);
    json.Text("display", is_code || IsBlank(code) ? display : code);
  }
  json.EndObject();
}

void WriteConcept(Json& json, absl::string_view key, System system, absl::string_view code,
                  absl::string_view display) {
  if (IsBlank(code) && IsBlank(display)) return;
  json.Object(key);
  json.Array("coding");
  WriteCoding(json, {}, system, code, display);
  json.EndArray();
  json.Text("text", display);
  json.EndObject();
}

}  // namespace madoguchi::hl7::fhir
