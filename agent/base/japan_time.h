#ifndef MADOGUCHI_AGENT_BASE_JAPAN_TIME_H_
#define MADOGUCHI_AGENT_BASE_JAPAN_TIME_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "madoguchi/v1/types.pb.h"

// Time as OQS and the counter mean it: Asia/Tokyo (UTC+9, no summer time since 1951), whatever the
// zone of the machine. Pure functions.
namespace madoguchi::base {

absl::TimeZone Japan();

// The day in Japan at `time`.
absl::CivilDay JapanDay(absl::Time time);
// The instant a day begins in Japan.
absl::Time JapanDayStart(absl::CivilDay day);

// yyyyMMdd or yyyyMM (day = 0); anything else keeps only `text`. `00000000` gives zeros and text.
v1::Date ParseOqsDate(absl::string_view text);
// The same into an empty `date`.
void ParseOqsDate(absl::string_view text, v1::Date& date);
// yyyyMMddHHmmss in Japan; 99991231235959 sets no_end; anything else keeps only `text`.
v1::OqsTime ParseOqsTime(absl::string_view text);
// yyyyMMddHHmmss of `time` in Japan.
std::string FormatOqsTime(absl::Time time);
// yyyyMMdd.
std::string FormatOqsDay(absl::CivilDay day);
// True when year, month and day name a day that exists (1868 to 9999).
bool IsRealDay(const v1::Date& date);
// Only for real days.
absl::CivilDay ToCivilDay(const v1::Date& date);
v1::Date ToDate(absl::CivilDay day);

absl::Time FromProto(const google::protobuf::Timestamp& timestamp);
google::protobuf::Timestamp ToProto(absl::Time time);

}  // namespace madoguchi::base

#endif  // MADOGUCHI_AGENT_BASE_JAPAN_TIME_H_
