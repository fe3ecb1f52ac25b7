#include "agent/records/months.h"

#include <gtest/gtest.h>

#include "agent/base/error.h"

namespace madoguchi::records {
namespace {

constexpr absl::CivilDay kToday(2026, 4, 10);

v1::Date Month(int year, int month) {
  v1::Date date;
  date.set_year(year);
  date.set_month(month);
  return date;
}

TEST(MonthsTest, ThreeYearsUntilNowWhenNobodySays) {
  const auto months = ReadMonths({}, {}, kToday);
  ASSERT_TRUE(months.ok()) << months.status();
  EXPECT_EQ(FormatMonth(months->first), "202304");
  EXPECT_EQ(FormatMonth(months->last), "202604");
  EXPECT_TRUE(months->Contains(absl::CivilMonth(2024, 12)));
  EXPECT_FALSE(months->Contains(absl::CivilMonth(2026, 5)));
}

TEST(MonthsTest, BoundsAsGiven) {
  const auto months = ReadMonths(Month(2025, 1), Month(2025, 3), kToday);
  ASSERT_TRUE(months.ok()) << months.status();
  EXPECT_EQ(*months, (Months{absl::CivilMonth(2025, 1), absl::CivilMonth(2025, 3)}));
  const auto only_from = ReadMonths(Month(2026, 1), {}, kToday);
  ASSERT_TRUE(only_from.ok());
  EXPECT_EQ(*only_from, (Months{absl::CivilMonth(2026, 1), absl::CivilMonth(2026, 4)}));
  EXPECT_TRUE(ReadMonths({}, {}, kToday)->Contains(*only_from));
  EXPECT_FALSE(only_from->Contains(*months));
}

TEST(MonthsTest, TheFutureIsNow) {
  const auto months = ReadMonths(Month(2026, 4), Month(2027, 1), kToday);
  ASSERT_TRUE(months.ok()) << months.status();
  EXPECT_EQ(*months, (Months{absl::CivilMonth(2026, 4), absl::CivilMonth(2026, 4)}));
}

TEST(MonthsTest, NamesTheBoundThatIsWrong) {
  v1::Date only_text;
  only_text.set_text("202604");
  const struct {
    v1::Date from, to;
    const char* field;
  } kCases[] = {
      {Month(2026, 13), {}, "from_month"}, {Month(2026, 0), {}, "from_month"},
      {{}, Month(2026, 13), "to_month"},   {{}, Month(-1, 4), "to_month"},
      {{}, Month(20264, 4), "to_month"},   {Month(2026, 3), Month(2026, 2), "from_month"},
      {Month(2020, 1), {}, "from_month"},  {only_text, {}, "from_month"},
      {Month(1, 1), {}, "from_month"},
  };
  for (const auto& c : kCases) {
    const auto months = ReadMonths(c.from, c.to, kToday);
    ASSERT_TRUE(base::Is(months.status(), base::ErrorCode::kInvalidField)) << months.status();
    EXPECT_EQ(base::DetailOf(months.status())->field(), c.field);
  }
}

}  // namespace
}  // namespace madoguchi::records
