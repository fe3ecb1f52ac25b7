#ifndef MADOGUCHI_ADAPTERS_DESTINATION_OUTCOME_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_OUTCOME_H_

#include "adapters/destination/destination.h"
#include "agent/base/error.h"

namespace madoguchi::adapters {

inline Delivered Done() { return {.kind = Delivered::Kind::kDone, .why = absl::OkStatus()}; }
Delivered TryAgain(base::ErrorCode code, const base::ErrorContext& context);
Delivered Refused(base::ErrorCode code, const base::ErrorContext& context);

// What an errno of a folder comes to: MDG-2301 when the machine or program behind a share does not
// work, else MDG-2308. `folder` is the configured one.
absl::Status FolderTrouble(int error, const std::string& folder);

enum class Waited : uint8_t { kReady, kTooLate, kStopped };
// Waits until `fd` has one of `events` (of poll), or an error, which reading then shows. -1: only
// for the end of `patience`.
Waited WaitFor(int fd, int16_t events, const Patience& patience);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_OUTCOME_H_
