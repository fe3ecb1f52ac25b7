#ifndef MADOGUCHI_AGENT_RECORDS_MONTHS_H_
#define MADOGUCHI_AGENT_RECORDS_MONTHS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "madoguchi/v1/types.pb.h"

// Months a medical record is asked for. Pure functions.
namespace madoguchi::records {

// Both included; first <= last.
struct Months {
  absl::CivilMonth first;
  absl::CivilMonth last;
  bool Contains(absl::CivilMonth month) const { return first <= month && month <= last; }
  bool Contains(const Months& other) const { return first <= other.first && other.last <= last; }
  bool operator==(const Months& other) const = default;
};

// OQS keeps medicines for 3 years (section 9.5 of the interface): the same month three years ago
// until this month. What is asked for when a caller does not say.
inline constexpr int kDefaultMonths = 36;
// The longest range a caller may ask for, both ends included.
inline constexpr int kMostMonths = 61;

// The range of a request; an absent bound (no year and no text) is the default's. A bound that lies
// in the future is the month of `today`. MDG-1001 names `from_month` or `to_month`: not a month, in
// the wrong order, or more than kMostMonths.
absl::StatusOr<Months> ReadMonths(const v1::Date& from, const v1::Date& to, absl::CivilDay today);

// yyyyMM.
std::string FormatMonth(absl::CivilMonth month);

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_MONTHS_H_
