#ifndef MADOGUCHI_AGENT_RECEPTION_CHANGE_H_
#define MADOGUCHI_AGENT_RECEPTION_CHANGE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/base/error.h"
#include "madoguchi/v1/reception.pb.h"

// What every change of a reception begins and ends with. Inside reception/ only; pure.
namespace madoguchi::reception {

// A failure that names state and reception.
absl::Status Wrong(base::ErrorCode code, const v1::Reception& reception, std::string what = {});
// MDG-1402. `needed`: the states in which it could be.
absl::Status WrongState(const v1::Reception& reception, absl::string_view needed);

// Finishes a change: records, revision, time, next step.
v1::Reception Sealed(v1::Reception reception, absl::Time now);

// Nothing that is over may keep a window open.
void ShutConsents(v1::Reception& reception);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_CHANGE_H_
