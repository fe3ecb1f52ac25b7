#include "agent/records/months.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/base/error.h"

namespace madoguchi::records {
namespace {

constexpr int kFirstYear = 1990;
constexpr int kLastYear = 2199;

absl::Status Bad(std::string field, std::string what) {
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = std::move(what), .field = std::move(field)});
}

bool IsAbsent(const v1::Date& date) {
  return date.year() == 0 && date.month() == 0 && date.day() == 0 && date.text().empty();
}

// nullopt: not a month. A day in it does not matter.
std::optional<absl::CivilMonth> ReadMonth(const v1::Date& date) {
  if (date.year() < kFirstYear || date.year() > kLastYear) return std::nullopt;
  if (date.month() < 1 || date.month() > 12) return std::nullopt;
  return absl::CivilMonth(date.year(), date.month());
}

}  // namespace

absl::StatusOr<Months> ReadMonths(const v1::Date& from, const v1::Date& to, absl::CivilDay today) {
  const absl::CivilMonth now(today);
  Months months{now, now};
  if (!IsAbsent(to)) {
    const auto month = ReadMonth(to);
    if (!month.has_value()) return Bad("to_month", "a month is year and month 1 to 12");
    months.last = std::min(*month, now);
  }
  months.first = months.last - kDefaultMonths;
  if (!IsAbsent(from)) {
    const auto month = ReadMonth(from);
    if (!month.has_value()) return Bad("from_month", "a month is year and month 1 to 12");
    months.first = std::min(*month, now);
  }
  if (months.first > months.last) return Bad("from_month", "it is after to_month");
  if (months.last - months.first >= kMostMonths) {
    return Bad("from_month", absl::StrCat("at most ", kMostMonths, " months"));
  }
  return months;
}

std::string FormatMonth(absl::CivilMonth month) {
  return absl::StrFormat("%04d%02d", month.year(), month.month());
}

}  // namespace madoguchi::records
