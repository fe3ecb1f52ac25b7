#ifndef MADOGUCHI_AGENT_RPC_CLERK_INPUT_H_
#define MADOGUCHI_AGENT_RPC_CLERK_INPUT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "madoguchi/v1/eligibility_service.pb.h"
#include "madoguchi/v1/error.pb.h"
#include "madoguchi/v1/reception_service.pb.h"

// Fields that a clerk typed, in whatever form the certificate has them: read, and replaced by the
// form the rest of the daemon works with. Comes after Validate. Pure functions. Errors (MDG-1021 to
// 1026) name the field and never hold the value; the result are warnings (MDG-1027).
namespace madoguchi::rpc {

absl::StatusOr<std::vector<v1::ErrorDetail>> ReadClerkInput(v1::ExpectPatientRequest& request,
                                                            absl::CivilDay today);
// With a reception what OQS has to be told may be missing: it may have to wait for the line.
absl::StatusOr<std::vector<v1::ErrorDetail>> ReadClerkInput(v1::ConfirmEligibilityRequest& request,
                                                            absl::CivilDay today);
absl::StatusOr<std::vector<v1::ErrorDetail>> ReadClerkInput(v1::CompletePendingRequest& request,
                                                            absl::CivilDay today);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_CLERK_INPUT_H_
