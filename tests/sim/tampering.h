#ifndef MADOGUCHI_TESTS_SIM_TAMPERING_H_
#define MADOGUCHI_TESTS_SIM_TAMPERING_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/sim/answer.h"
#include "tests/sim/faults.h"
#include "tests/sim/requests.h"

// What terminals and the web API have in common.
namespace madoguchi::sim {

// Of the faults that are on for `terminal`; 0: for every one.
Tampering TamperingOf(const std::vector<ActiveFault>& faults, int terminal);

// What the log says about the request `name`.
void FillQuestion(const std::string& name, absl::string_view bytes, SeenRequest& seen);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_TAMPERING_H_
