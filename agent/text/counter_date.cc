#include "agent/text/counter_date.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/text/kana.h"

namespace madoguchi::text {
namespace {

constexpr size_t kLongestDate = 64;
constexpr int kOldestPerson = 130;

struct Era {
  // Longest first.
  std::array<absl::string_view, 4> names;
  // As in receipts.
  char digit;
  // The year before its first.
  int year_zero;
  absl::CivilDay first;
  absl::CivilDay last;
};
// The day of a change belongs to both. Meiji counts from the day Japan took the Gregorian calendar.
constexpr std::array<Era, 5> kEras = {{
    {{"明治", "㍾", "明", "M"}, '1', 1867, absl::CivilDay(1873, 1, 1), absl::CivilDay(1912, 7, 30)},
    {{"大正", "㍽", "大", "T"},
     '2',
     1911,
     absl::CivilDay(1912, 7, 30),
     absl::CivilDay(1926, 12, 25)},
    {{"昭和", "㍼", "昭", "S"},
     '3',
     1925,
     absl::CivilDay(1926, 12, 25),
     absl::CivilDay(1989, 1, 7)},
    {{"平成", "㍻", "平", "H"}, '4', 1988, absl::CivilDay(1989, 1, 8), absl::CivilDay(2019, 4, 30)},
    {{"令和", "㋿", "令", "R"},
     '5',
     2018,
     absl::CivilDay(2019, 5, 1),
     absl::CivilDay(9999, 12, 31)},
}};

struct Parts {
  int year = 0;
  int month = 0;
  int day = 0;
};

absl::Status Bad(base::ErrorCode code, absl::string_view field, absl::string_view what) {
  return base::MakeError(code, {.what = std::string(what), .field = std::string(field)});
}

absl::Status BadForm(absl::string_view field) {
  return Bad(base::ErrorCode::kNotADate, field,
             "forms like S55.1.15, 昭和55年1月15日, 1980-01-15 or 19800115 are allowed");
}

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

// The era whose name `text` begins with; the name is taken off.
const Era* ConsumeEra(absl::string_view& text) {
  for (const Era& era : kEras) {
    for (const absl::string_view name : era.names) {
      const bool letter = name.size() == 1;
      if (letter ? absl::StartsWithIgnoreCase(text, name) : absl::StartsWith(text, name)) {
        text.remove_prefix(name.size());
        return &era;
      }
    }
  }
  return nullptr;
}

// `55.1.15` and `55年1月15日`: three numbers, each with what follows it. nullopt for anything else;
// at most `year_digits` digits of year, exactly that many when it is 4.
std::optional<Parts> SplitParts(absl::string_view text, size_t year_digits) {
  constexpr absl::string_view kMarks[] = {"年", "月", "日"};
  std::array<int, 3> numbers{};
  for (size_t i = 0; i < numbers.size(); ++i) {
    const size_t digits =
        static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsDigit) - text.begin());
    const size_t most = i == 0 ? year_digits : 2;
    const bool exact = i == 0 && year_digits == 4;
    if (digits == 0 || digits > most || (exact && digits != most) ||
        !absl::SimpleAtoi(text.substr(0, digits), &numbers[i])) {
      return std::nullopt;
    }
    text.remove_prefix(digits);
    if (absl::ConsumePrefix(&text, kMarks[i])) continue;
    const bool last = i + 1 == numbers.size();
    if (!last && !absl::ConsumePrefix(&text, ".") && !absl::ConsumePrefix(&text, "/") &&
        !absl::ConsumePrefix(&text, "-") && !absl::ConsumePrefix(&text, "・")) {
      return std::nullopt;
    }
  }
  if (!text.empty()) return std::nullopt;
  return Parts{numbers[0], numbers[1], numbers[2]};
}

// `yyyyMMdd` or `yyMMdd`.
std::optional<Parts> DigitParts(absl::string_view text, size_t year_digits) {
  Parts parts;
  if (text.size() != year_digits + 4 || !std::all_of(text.begin(), text.end(), IsDigit) ||
      !absl::SimpleAtoi(text.substr(0, year_digits), &parts.year) ||
      !absl::SimpleAtoi(text.substr(year_digits, 2), &parts.month) ||
      !absl::SimpleAtoi(text.substr(year_digits + 2), &parts.day)) {
    return std::nullopt;
  }
  return parts;
}

// Takes `3` off `3550115`.
const Era* ConsumeEraDigit(absl::string_view& text) {
  constexpr size_t kEraAndDay = 7;
  if (text.size() != kEraAndDay || !std::all_of(text.begin(), text.end(), IsDigit)) return nullptr;
  const auto* const era = std::find_if(kEras.begin(), kEras.end(),
                                       [&](const Era& one) { return one.digit == text.front(); });
  if (era == kEras.end()) return nullptr;
  text.remove_prefix(1);
  return era;
}

absl::StatusOr<absl::CivilDay> RealDay(const Parts& parts, absl::string_view field) {
  v1::Date date;
  date.set_year(parts.year);
  date.set_month(parts.month);
  date.set_day(parts.day);
  if (!base::IsRealDay(date)) {
    return Bad(base::ErrorCode::kNoSuchDay, field, "the calendar does not have this day");
  }
  return base::ToCivilDay(date);
}

}  // namespace

absl::StatusOr<v1::Date> ReadCounterDate(absl::string_view typed, absl::string_view field) {
  if (typed.size() > kLongestDate) return BadForm(field);
  std::string folded = FoldWidth(typed);
  folded.erase(std::remove(folded.begin(), folded.end(), ' '), folded.end());
  if (folded.empty()) return Bad(base::ErrorCode::kFieldMissing, field, "");
  absl::StrReplaceAll({{"元年", "1年"}}, &folded);
  absl::string_view text = folded;
  const Era* era = ConsumeEra(text);
  if (era == nullptr) era = ConsumeEraDigit(text);
  const size_t year_digits = era == nullptr ? 4 : 2;
  std::optional<Parts> parts = DigitParts(text, year_digits);
  if (!parts) parts = SplitParts(text, year_digits);
  if (!parts) return BadForm(field);
  if (era != nullptr && parts->year == 0) {
    return Bad(base::ErrorCode::kNoSuchDay, field, "an era begins with year 1");
  }
  if (era != nullptr) parts->year += era->year_zero;
  const absl::StatusOr<absl::CivilDay> day = RealDay(*parts, field);
  if (!day.ok()) return day.status();
  if (era != nullptr && (*day < era->first || *day > era->last)) {
    return Bad(base::ErrorCode::kNoSuchDay, field, "the day lies outside its era");
  }
  return base::ToDate(*day);
}

absl::StatusOr<v1::Date> ReadBirthDate(const v1::Date& typed, absl::string_view field,
                                       absl::CivilDay today) {
  absl::StatusOr<v1::Date> date = v1::Date();
  if (typed.year() == 0 && typed.month() == 0 && typed.day() == 0) {
    date = ReadCounterDate(typed.text(), field);
  } else {
    const absl::StatusOr<absl::CivilDay> day =
        RealDay({typed.year(), typed.month(), typed.day()}, field);
    if (!day.ok()) return day.status();
    date = base::ToDate(*day);
  }
  if (!date.ok()) return date.status();
  const absl::CivilDay day = base::ToCivilDay(*date);
  if (day > today || day < absl::CivilDay(today.year() - kOldestPerson, 1, 1)) {
    return Bad(base::ErrorCode::kNotABirthDate, field,
               "a day up to today and at most 130 years ago is allowed");
  }
  return date;
}

}  // namespace madoguchi::text
