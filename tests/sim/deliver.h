#ifndef MADOGUCHI_TESTS_SIM_DELIVER_H_
#define MADOGUCHI_TESTS_SIM_DELIVER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/sim/expected.h"
#include "tests/sim/faults.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {

// Where a push goes and what goes wrong on the way.
struct Delivery {
  const Site& site;
  const std::vector<ActiveFault>& faults;
  int terminal = 1;

  bool Has(Fault fault) const { return HasFault(faults, fault, terminal); }
};

// With a byte before the closing root tag that fits neither encoding.
std::string WithInvalidByte(const std::string& bytes);
// Ended in the middle.
std::string CutOff(std::string bytes);
// The bytes after the faults that are about content.
std::string Damage(const Delivery& delivery, std::string bytes);
// What to expect of a push that would give `healthy` without faults.
Expected ExpectWithFaults(const Expected& healthy, const Delivery& delivery);
// Writes the file the way a terminal does (under its final name, growing), with the faults that are
// about time and place. Hold the site lock.
absl::Status Deliver(const Delivery& delivery, const std::string& file_name,
                     const std::string& bytes);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_DELIVER_H_
