#ifndef MADOGUCHI_AGENT_CLI_REPORT_H_
#define MADOGUCHI_AGENT_CLI_REPORT_H_

#include "absl/status/status.h"
#include "agent/cli/commands.h"

namespace madoguchi::cli {

// Prints why something failed on standard error - Japanese for the counter, English for the vendor,
// the next step; with --json the ErrorDetail - and returns the exit code for it. kSuccess for OK.
int Report(const Global& global, const absl::Status& status);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_REPORT_H_
