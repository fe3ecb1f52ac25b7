#include "agent/text/counter_date.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/base/error.h"

namespace madoguchi::text {
namespace {

constexpr absl::CivilDay kToday(2026, 4, 10);

std::string Read(absl::string_view typed) {
  const absl::StatusOr<v1::Date> date = ReadCounterDate(typed, "birth_date");
  return date.ok() ? date->text() : base::DetailOf(date.status())->number();
}

std::string ReadBirth(const v1::Date& typed) {
  const absl::StatusOr<v1::Date> date = ReadBirthDate(typed, "query.birth_date", kToday);
  return date.ok() ? date->text() : base::DetailOf(date.status())->number();
}

v1::Date Typed(const std::string& text) {
  v1::Date date;
  date.set_text(text);
  return date;
}

TEST(CounterDate, EveryFormOfOneDay) {
  for (const char* const typed : {"S55.1.15",
                                  "s55.01.15",
                                  "S55/1/15",
                                  "S55-1-15",
                                  "S550115",
                                  "昭和55年1月15日",
                                  "昭和５５年１月１５日",
                                  "昭55.1.15",
                                  "㍼55.1.15",
                                  "Ｓ５５．１．１５",
                                  "昭和 55年 1月 15日",
                                  " S55.1.15　",
                                  "昭和55・1・15",
                                  "昭和55年1月15",
                                  "19800115",
                                  "1980-01-15",
                                  "1980/1/15",
                                  "1980.1.15",
                                  "1980年1月15日",
                                  "１９８０－０１－１５",
                                  "3550115"}) {
    EXPECT_EQ(Read(typed), "19800115") << typed;
  }
}

TEST(CounterDate, Eras) {
  EXPECT_EQ(Read("M45.7.30"), "19120730");
  EXPECT_EQ(Read("大正元年7月30日"), "19120730");
  EXPECT_EQ(Read("T15.12.25"), "19261225");
  EXPECT_EQ(Read("昭和元年12月25日"), "19261225");
  EXPECT_EQ(Read("S64.1.7"), "19890107");
  EXPECT_EQ(Read("平成元年1月8日"), "19890108");
  EXPECT_EQ(Read("H31.4.30"), "20190430");
  EXPECT_EQ(Read("令和元年5月1日"), "20190501");
  EXPECT_EQ(Read("R8.4.10"), "20260410");
  EXPECT_EQ(Read("5080410"), "20260410");
}

// Every day since the calendar changed, in the form of its era, comes back as itself.
TEST(CounterDate, EveryDayOfEveryEra) {
  struct Era {
    const char* letter;
    const char* name;
    int year_zero;
    absl::CivilDay first;
  };
  const Era eras[] = {{"M", "明治", 1867, absl::CivilDay(1873, 1, 1)},
                      {"T", "大正", 1911, absl::CivilDay(1912, 7, 30)},
                      {"S", "昭和", 1925, absl::CivilDay(1926, 12, 25)},
                      {"H", "平成", 1988, absl::CivilDay(1989, 1, 8)},
                      {"R", "令和", 2018, absl::CivilDay(2019, 5, 1)}};
  const Era* era = eras;
  for (absl::CivilDay day = era->first; day < absl::CivilDay(2040, 1, 1); ++day) {
    if (era + 1 != std::end(eras) && day == era[1].first) ++era;
    const int year = static_cast<int>(day.year()) - era->year_zero;
    const std::string want = absl::StrFormat("%d%02d%02d", day.year(), day.month(), day.day());
    ASSERT_EQ(Read(absl::StrCat(era->letter, year, ".", day.month(), ".", day.day())), want);
    ASSERT_EQ(Read(absl::StrFormat("%s%02d%02d%02d", era->letter, year, day.month(), day.day())),
              want);
    ASSERT_EQ(Read(absl::StrCat(era->name, year, "年", day.month(), "月", day.day(), "日")), want);
  }
}

TEST(CounterDate, DaysOutsideTheirEra) {
  for (const char* const typed : {"S64.1.8", "H1.1.7", "H31.5.1", "R1.4.30", "T1.7.29", "T16.1.1",
                                  "S0.1.1", "M5.12.31", "昭和99年1月1日"}) {
    EXPECT_EQ(Read(typed), "MDG-1023") << typed;
  }
}

TEST(CounterDate, DaysThatDoNotExist) {
  for (const char* const typed : {"S55.2.30", "1981-02-29", "19800001", "19801301", "S55.1.0"}) {
    EXPECT_EQ(Read(typed), "MDG-1023") << typed;
  }
  EXPECT_EQ(Read("1980-02-29"), "19800229");
}

TEST(CounterDate, WhatIsNoDate) {
  for (const char* const typed :
       {"55.1.15", "80/1/15", "S55", "S55.1", "S55.1.15.2", "昭和", "X55.1.15", "6550115",
        "S555.1.15", "1980-01-15T00:00", "1月15日", "S-55.1.15", "1980--01-15", "\x80"}) {
    EXPECT_EQ(Read(typed), "MDG-1022") << typed;
  }
  EXPECT_EQ(Read(std::string(1 << 20, '1')), "MDG-1022");
  EXPECT_EQ(Read(""), "MDG-1021");
  EXPECT_EQ(Read(" 　"), "MDG-1021");
}

TEST(CounterDate, ErrorsNameTheFieldNeverTheValue) {
  const absl::Status status = ReadCounterDate("S55.2.30", "query.birth_date").status();
  EXPECT_EQ(base::DetailOf(status)->field(), "query.birth_date");
  EXPECT_EQ(std::string(status.message()).find("55"), std::string::npos);
}

TEST(CounterDate, NumbersCountBeforeText) {
  v1::Date date = Typed("S55.1.15");
  EXPECT_EQ(ReadBirth(date), "19800115");
  date.set_year(1990);
  date.set_month(2);
  date.set_day(3);
  EXPECT_EQ(ReadBirth(date), "19900203");
  date.set_day(30);
  EXPECT_EQ(ReadBirth(date), "MDG-1023");
  EXPECT_EQ(ReadBirth({}), "MDG-1021");
}

TEST(CounterDate, NobodyIsBornTomorrowOrLivesFor130Years) {
  EXPECT_EQ(ReadBirth(Typed("20260410")), "20260410");
  EXPECT_EQ(ReadBirth(Typed("R8.4.11")), "MDG-1024");
  EXPECT_EQ(ReadBirth(Typed("18960101")), "18960101");
  EXPECT_EQ(ReadBirth(Typed("18951231")), "MDG-1024");
}

}  // namespace
}  // namespace madoguchi::text
