#ifndef MADOGUCHI_ADAPTERS_ROUTE_STATE_FOLDER_H_
#define MADOGUCHI_ADAPTERS_ROUTE_STATE_FOLDER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "madoguchi/kept/v1/delivery.pb.h"

// The folder in which the delivery program remembers: `ROUTE.state` for each route, the key of the
// hashes in them, the lock, and what is asked of the running program (`ask-*`). It belongs to the
// program's account, mode 0700.
namespace madoguchi::adapters {

// The right to deliver from this folder: an flock the kernel gives back however the process ends.
class StateLock {
 public:
  // Makes the folder when it is missing. MDG-2315 when another program holds it, or it cannot be
  // used.
  static absl::StatusOr<StateLock> Take(const std::string& folder);
  StateLock(StateLock&& other) noexcept;
  StateLock& operator=(StateLock&&) = delete;
  ~StateLock();

 private:
  explicit StateLock(int fd) : fd_(fd) {}
  int fd_;
};

// Whether a program holds the folder now. Takes nothing.
bool IsHeld(const std::string& folder);

// What is remembered of a route; an empty state when there is none yet. MDG-2315 for a file that is
// damaged or of another route.
absl::StatusOr<kept::v1::RouteState> LoadState(const std::string& folder, const std::string& route);
// Replaces it: whoever reads has the old one or the new one, also after a power failure. MDG-2315.
absl::Status SaveState(const std::string& folder, const kept::v1::RouteState& state);

// What a person asks of the running program.
struct Ask {
  enum class Kind { kResend, kDrop } kind = Kind::kResend;
  std::string route = {};
  // Empty: all that is parked.
  std::string reception_id = {};
};
// Leaves `ask` in the folder; returns its file. MDG-2315.
absl::StatusOr<std::string> LeaveAsk(const std::string& folder, const Ask& ask);
// Everything that was left there, which is then gone. What is not an ask is removed, too.
std::vector<Ask> TakeAsks(const std::string& folder);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_ROUTE_STATE_FOLDER_H_
