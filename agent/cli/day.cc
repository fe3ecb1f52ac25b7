#include "agent/cli/day.h"

#include "agent/base/error.h"
#include "agent/base/japan_time.h"

namespace madoguchi::cli {

absl::StatusOr<v1::Date> ParseDay(const std::string& text, const std::string& option) {
  std::string digits;
  for (const char c : text) {
    if (c != '-' && c != '/') digits += c;
  }
  const v1::Date date = base::ParseOqsDate(digits);
  if (!base::IsRealDay(date)) {
    return base::MakeError(base::ErrorCode::kInvalidField,
                           {.what = "allowed is a day as yyyy-mm-dd", .field = option});
  }
  return date;
}

}  // namespace madoguchi::cli
