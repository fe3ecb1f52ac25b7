#ifndef MADOGUCHI_AGENT_TEXT_COUNTER_DATE_H_
#define MADOGUCHI_AGENT_TEXT_COUNTER_DATE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "madoguchi/v1/types.pb.h"

// Days as people at a counter write them. Pure functions. Errors name `field` and never hold what
// was typed.
namespace madoguchi::text {

// A day from `S55.1.15`, `昭和55年1月15日`, `昭55/1/15`, `S550115`, `昭和元年12月25日`,
// `1980-01-15`, `1980年1月15日`, `19800115`, or `3550115` (the digit of the era as receipts have
// it: 1 明治 to 5 令和), in full or half width, with or without spaces. MDG-1021 for nothing at
// all, MDG-1022 for what is no date, MDG-1023 for a day that does not exist or lies outside its
// era.
absl::StatusOr<v1::Date> ReadCounterDate(absl::string_view typed, absl::string_view field);

// A birth date of a request: its numbers count; without them its text is read as above. Also
// MDG-1024 for a day after `today` or more than 130 years before it.
absl::StatusOr<v1::Date> ReadBirthDate(const v1::Date& typed, absl::string_view field,
                                       absl::CivilDay today);

}  // namespace madoguchi::text

#endif  // MADOGUCHI_AGENT_TEXT_COUNTER_DATE_H_
