#include "agent/base/japan_time.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace madoguchi::base {
namespace {

constexpr absl::string_view kNoEnd = "99991231235959";

bool AllDigits(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

// `text` holds only digits, at most 4 of them.
int Number(absl::string_view text) {
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value;
}

}  // namespace

absl::TimeZone Japan() {
  // Making one takes a lock and builds a name; this is on the path of every message.
  static const absl::TimeZone japan = absl::FixedTimeZone(9 * 60 * 60);
  return japan;
}

absl::CivilDay JapanDay(absl::Time time) { return absl::ToCivilDay(time, Japan()); }

absl::Time JapanDayStart(absl::CivilDay day) { return absl::FromCivil(day, Japan()); }

void ParseOqsDate(absl::string_view text, v1::Date& date) {
  date.set_text(text.data(), text.size());
  if ((text.size() != 8 && text.size() != 6) || !AllDigits(text)) return;
  date.set_year(Number(text.substr(0, 4)));
  date.set_month(Number(text.substr(4, 2)));
  if (text.size() == 8) date.set_day(Number(text.substr(6, 2)));
}

v1::Date ParseOqsDate(absl::string_view text) {
  v1::Date date;
  ParseOqsDate(text, date);
  return date;
}

v1::OqsTime ParseOqsTime(absl::string_view text) {
  v1::OqsTime result;
  result.set_text(std::string(text));
  if (text == kNoEnd) {
    result.set_no_end(true);
    return result;
  }
  if (text.size() != kNoEnd.size() || !AllDigits(text)) return result;
  const v1::Date date = ParseOqsDate(text.substr(0, 8));
  const int hour = Number(text.substr(8, 2));
  const int minute = Number(text.substr(10, 2));
  const int second = Number(text.substr(12, 2));
  if (!IsRealDay(date) || hour > 23 || minute > 59 || second > 59) return result;
  const absl::CivilDay day = ToCivilDay(date);
  *result.mutable_time() = ToProto(absl::FromCivil(
      absl::CivilSecond(day.year(), day.month(), day.day(), hour, minute, second), Japan()));
  return result;
}

std::string FormatOqsTime(absl::Time time) {
  return absl::FormatTime("%E4Y%m%d%H%M%S", time, Japan());
}

std::string FormatOqsDay(absl::CivilDay day) {
  return absl::StrFormat("%04d%02d%02d", day.year(), day.month(), day.day());
}

bool IsRealDay(const v1::Date& date) {
  if (date.year() < 1868 || date.year() > 9999 || date.month() < 1 || date.month() > 12 ||
      date.day() < 1 || date.day() > 31) {
    return false;
  }
  const absl::CivilDay day(date.year(), date.month(), date.day());
  return day.month() == date.month() && day.day() == date.day();
}

absl::CivilDay ToCivilDay(const v1::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

v1::Date ToDate(absl::CivilDay day) {
  v1::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  date.set_text(FormatOqsDay(day));
  return date;
}

absl::Time FromProto(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  const int64_t seconds = absl::ToUnixSeconds(time);
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
  return timestamp;
}

}  // namespace madoguchi::base
