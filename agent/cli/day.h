#ifndef MADOGUCHI_AGENT_CLI_DAY_H_
#define MADOGUCHI_AGENT_CLI_DAY_H_

#include <string>

#include "absl/status/statusor.h"
#include "madoguchi/v1/types.pb.h"

namespace madoguchi::cli {

// yyyy-mm-dd, yyyy/mm/dd or yyyymmdd; MDG-1001 naming `option` for anything else.
absl::StatusOr<v1::Date> ParseDay(const std::string& text, const std::string& option);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_DAY_H_
