#ifndef MADOGUCHI_AGENT_TEXT_INSURED_H_
#define MADOGUCHI_AGENT_TEXT_INSURED_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "madoguchi/v1/error.pb.h"
#include "madoguchi/v1/types.pb.h"

// Identifiers of insurance as people at a counter type them. Pure functions. Errors name the field
// and never hold what was typed.
namespace madoguchi::text {

// 6 (国保, 退職) or 8 digits from digits of any width, with or without padding (spaces, or two
// zeros before six digits), spaces and hyphens. MDG-1021 for nothing, MDG-1025 for anything else.
absl::StatusOr<std::string> ReadInsurerNumber(absl::string_view typed, absl::string_view field);

// True when the last digit is the check digit of the others (weights 2, 1, 2, … from the right,
// digits of the products added, filled up to a multiple of ten). `number`: 6 or 8 digits.
bool InsurerCheckDigitFits(absl::string_view number);

// Whether what OQS has to be told may be missing: insurer number, number, birth date.
enum class Missing { kRefused, kAllowed };

// The identifiers in the form they are asked with: insurer number and branch (2 digits, or empty)
// as above, number in half width, symbol as typed without spaces at its ends (insurers register
// both widths). Fields are named `PREFIX.insurer_number` and so on. MDG-1021 without insurer number
// or number when that is `kRefused`, MDG-1025, MDG-1026 for a symbol, number or branch that is too
// long or holds characters it cannot have. A check digit that does not fit is no error: MDG-1027 is
// added to `warnings`.
absl::StatusOr<v1::InsuredId> ReadInsured(const v1::InsuredId& typed, absl::string_view prefix,
                                          std::vector<v1::ErrorDetail>& warnings,
                                          Missing missing = Missing::kRefused);

// A question as typed at the counter, and as it is asked.
struct CounterQuery {
  // `typed` with insured and birth_date replaced.
  v1::EligibilityQuery query = {};
  std::vector<v1::ErrorDetail> warnings = {};
};
// Identifiers and birth date of `typed` as above, fields named `PREFIX.insured.…` and
// `PREFIX.birth_date`. Its other fields are not looked at.
absl::StatusOr<CounterQuery> ReadCounterQuery(const v1::EligibilityQuery& typed,
                                              absl::string_view prefix, absl::CivilDay today,
                                              Missing missing = Missing::kRefused);

}  // namespace madoguchi::text

#endif  // MADOGUCHI_AGENT_TEXT_INSURED_H_
