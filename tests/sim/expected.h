#ifndef MADOGUCHI_TESTS_SIM_EXPECTED_H_
#define MADOGUCHI_TESTS_SIM_EXPECTED_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "tests/sim/json.h"

namespace madoguchi::sim {

// What a correct daemon makes of a face push. Worked out from the codes of the answer with rules of
// the simulator's own, so that it can be compared with what the daemon says.
struct Expected {
  // `ANSWERED`, `REFUSED`, or `NONE`: no reception comes of it.
  std::string state = "NONE";
  // Name of the Validity without its prefix.
  std::string validity = "UNSPECIFIED";
  // Name of the AssignmentState without its prefix.
  std::string assignment = "UNASSIGNED";
  // The chart it is assigned to, empty for none.
  std::string patient_id = {};
  int qualifications = 0;
  // Names of ConsentCategory without prefix whose window is open at the time of the push.
  std::vector<std::string> usable_consents = {};
  // `MDG-nnnn` for REFUSED and NONE.
  std::string error = {};

  JsonObject Json() const;
};

// `answer`: as pushed at `now`; its codes and texts count, its enums are not looked at.
Expected Expect(const v1::Confirmation& answer, absl::string_view institution, absl::Time now);
// No reception because of `error`.
Expected ExpectNone(absl::string_view error);

// `DRUG` for CONSENT_CATEGORY_DRUG.
std::string CategoryName(v1::ConsentCategory category);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_EXPECTED_H_
