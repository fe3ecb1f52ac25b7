#ifndef MADOGUCHI_AGENT_CLI_REPORT_H_
#define MADOGUCHI_AGENT_CLI_REPORT_H_

#include "absl/status/status.h"
#include "agent/cli/commands.h"
#include "google/protobuf/repeated_field.h"
#include "madoguchi/v1/codes.pb.h"
#include "madoguchi/v1/error.pb.h"

namespace madoguchi::cli {

// Prints why something failed on standard error - Japanese for the counter, English for the vendor,
// the next step; with --json the ErrorDetail - and returns the exit code for it. kSuccess for OK.
int Report(const Global& global, const absl::Status& status);

// The exit code for an answer, as the contract has it: what is not known is not "no".
int ExitForValidity(v1::Validity validity);

// Prints on standard error what was taken but looks wrong.
void PrintWarnings(const google::protobuf::RepeatedPtrField<v1::ErrorDetail>& warnings);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_REPORT_H_
