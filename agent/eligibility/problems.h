#ifndef MADOGUCHI_AGENT_ELIGIBILITY_PROBLEMS_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_PROBLEMS_H_

#include <string>

#include "absl/time/time.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "madoguchi/v1/error.pb.h"
#include "madoguchi/v1/system_service.pb.h"

namespace madoguchi::eligibility {

// Puts a problem first, in place of an older one of the same file; at most 20 are kept.
// `file_name`: printable.
void PutNewest(google::protobuf::RepeatedPtrField<v1::FileProblem>& problems,
               const std::string& file_name, v1::ErrorDetail problem, absl::Time now);

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_PROBLEMS_H_
