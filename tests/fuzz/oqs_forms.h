#ifndef MADOGUCHI_TESTS_FUZZ_OQS_FORMS_H_
#define MADOGUCHI_TESTS_FUZZ_OQS_FORMS_H_

#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "agent/base/error.h"

// What the fuzzers of the message forms share.
namespace madoguchi::oqs {

inline void Check(bool holds) {
  if (!holds) std::abort();
}

// A refusal is one of the catalogue about messages.
inline void CheckRefusal(const absl::Status& status) {
  const auto detail = base::DetailOf(status);
  Check(detail && absl::StartsWith(detail->number(), "MDG-13"));
}

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_TESTS_FUZZ_OQS_FORMS_H_
