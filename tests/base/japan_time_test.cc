#include "agent/base/japan_time.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace madoguchi::base {
namespace {

TEST(JapanTime, ReadsOqsTimesAsJapanWhateverTheZoneOfTheMachine) {
  for (const char* zone : {"UTC", "America/New_York", "Asia/Tokyo"}) {
    ::setenv("TZ", zone, 1);
    ::tzset();
    const v1::OqsTime time = ParseOqsTime("20260410091512");
    EXPECT_EQ(time.time().seconds(), 1775780112) << zone;  // 2026-04-10T00:15:12Z
    EXPECT_EQ(FormatOqsTime(FromProto(time.time())), "20260410091512");
    EXPECT_EQ(JapanDay(absl::FromUnixSeconds(1775746800)), absl::CivilDay(2026, 4, 10));
    EXPECT_EQ(JapanDay(absl::FromUnixSeconds(1775746799)), absl::CivilDay(2026, 4, 9));
    EXPECT_EQ(JapanDayStart(absl::CivilDay(2026, 4, 10)), absl::FromUnixSeconds(1775746800));
  }
}

TEST(JapanTime, KeepsTheTextOfWhatIsNoTime) {
  for (const char* odd : {"", "2026041009151", "20260230000000", "20260410246000", "あ",
                          "2026041009151x", "202604100915120"}) {
    const v1::OqsTime time = ParseOqsTime(odd);
    EXPECT_FALSE(time.has_time()) << odd;
    EXPECT_FALSE(time.no_end()) << odd;
    EXPECT_EQ(time.text(), odd);
  }
  const v1::OqsTime no_end = ParseOqsTime("99991231235959");
  EXPECT_TRUE(no_end.no_end());
  EXPECT_FALSE(no_end.has_time());
}

TEST(JapanTime, ReadsDaysMonthsAndOddDates) {
  const v1::Date day = ParseOqsDate("19800229");
  EXPECT_EQ(day.year(), 1980);
  EXPECT_EQ(day.month(), 2);
  EXPECT_EQ(day.day(), 29);
  EXPECT_TRUE(IsRealDay(day));
  EXPECT_FALSE(IsRealDay(ParseOqsDate("19810229")));
  EXPECT_EQ(ParseOqsDate("19810229").day(), 29);
  const v1::Date month = ParseOqsDate("202604");
  EXPECT_EQ(month.month(), 4);
  EXPECT_EQ(month.day(), 0);
  const v1::Date zeros = ParseOqsDate("00000000");
  EXPECT_EQ(zeros.year(), 0);
  EXPECT_EQ(zeros.text(), "00000000");
  EXPECT_FALSE(IsRealDay(zeros));
  EXPECT_EQ(ParseOqsDate("H30.1.2").text(), "H30.1.2");
  EXPECT_EQ(ParseOqsDate("H30.1.2").year(), 0);
  EXPECT_EQ(ToDate(absl::CivilDay(2026, 4, 10)).text(), "20260410");
}

TEST(JapanTime, TimestampsSurviveTheRoundTrip) {
  const absl::Time time = absl::FromUnixNanos(1775780112123456789);
  EXPECT_EQ(FromProto(ToProto(time)), time);
  EXPECT_EQ(ToProto(absl::FromUnixMillis(-500)).nanos(), 500000000);
}

}  // namespace
}  // namespace madoguchi::base
