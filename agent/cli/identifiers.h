#ifndef MADOGUCHI_AGENT_CLI_IDENTIFIERS_H_
#define MADOGUCHI_AGENT_CLI_IDENTIFIERS_H_

#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"

namespace madoguchi::cli {

// What identifies an insured person, as typed.
struct Identifiers {
  std::string insurer_number = {};
  std::string symbol = {};
  std::string number = {};
  std::string branch = {};
  std::string birth_date = {};
};

// Asks for what is missing: writes a question to `out`, reads a line of `in`, and asks again,
// saying why, when the line cannot be what was asked for. Symbol and branch may stay empty, and are
// asked for only when the number is. What is given already is left to the daemon to judge.
// MDG-1021, 1022 and so on (the reason of the last try) after three tries, or when `in` ends.
absl::Status AskForMissing(Identifiers& identifiers, absl::CivilDay today, std::istream& in,
                           std::ostream& out);

}  // namespace madoguchi::cli

#endif  // MADOGUCHI_AGENT_CLI_IDENTIFIERS_H_
