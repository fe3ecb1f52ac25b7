#ifndef MADOGUCHI_AGENT_CLI_CONVERT_FORMS_H_
#define MADOGUCHI_AGENT_CLI_CONVERT_FORMS_H_

#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "agent/cli/commands.h"
#include "agent/oqs/message.h"
#include "madoguchi/v1/oqs_message.pb.h"

// The forms `madoguchi convert` makes.
namespace madoguchi::cli {

// Writes what becomes of one message to `out`, with what divides it from the next; adds to `notes`
// a sentence for each thing that could not be written as it was: places and code points, never a
// value. May keep its rooms from message to message.
using Converter = std::function<absl::Status(const v1::OqsMessage& message, std::ostream& out,
                                             std::vector<std::string>& notes)>;

struct Form {
  // Of `--to`.
  absl::string_view name;
  Converter (*make)(const ConvertOptions& options);
  // What of a medical record it writes.
  oqs::Wanted wanted = oqs::Wanted::kLines;
};

std::span<const Form> Forms();
// Their names.
std::vector<std::string> FormNames();
// Null for a name that is none.
const Form* FindForm(absl::string_view name);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_CONVERT_FORMS_H_
