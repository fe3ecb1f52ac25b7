#ifndef MADOGUCHI_AGENT_RECEPTION_ASSIGNMENT_H_
#define MADOGUCHI_AGENT_RECEPTION_ASSIGNMENT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "madoguchi/v1/reception.pb.h"
#include "madoguchi/v1/reception_service.pb.h"

namespace madoguchi::reception {

// Somebody who is about to use the reader of a counter.
struct Expectation {
  std::string id;
  // From then on it does not count any more.
  absl::Time until;
  v1::ExpectPatientRequest request;
};

// The tie of a new answer to a chart, and the expectations it used up.
struct Decision {
  v1::Assignment assignment;
  std::vector<std::string> used;
};

// By the chart number in the answer (照会番号), or by an expectation at this counter that names
// exactly these identifiers and this birth date; never by name. Sources that differ are a CONFLICT
// a person must decide. Pure.
Decision DecideAssignment(const v1::Confirmation& confirmation, absl::string_view counter,
                          const std::vector<Expectation>& expectations, absl::Time now);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_ASSIGNMENT_H_
