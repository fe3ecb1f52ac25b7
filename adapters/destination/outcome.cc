#include "adapters/destination/outcome.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/time/clock.h"
#include "agent/base/share_error.h"

namespace madoguchi::adapters {
namespace {

// Of one poll; longer waits go round again.
constexpr int64_t kLongestWaitMs = 60'000;

}  // namespace

Delivered TryAgain(base::ErrorCode code, const base::ErrorContext& context) {
  return {.kind = Delivered::Kind::kTryAgain, .why = base::MakeError(code, context)};
}

Delivered Refused(base::ErrorCode code, const base::ErrorContext& context) {
  return {.kind = Delivered::Kind::kRefused, .why = base::MakeError(code, context)};
}

absl::Status FolderTrouble(int error, const std::string& folder) {
  const base::ErrorCode code = base::IsShareTrouble(error)
                                   ? base::ErrorCode::kDestinationUnreachable
                                   : base::ErrorCode::kDestinationNotWritable;
  char words[128] = "";
  return base::MakeError(code, {.what = strerror_r(error, words, sizeof(words)), .field = folder});
}

Waited WaitFor(int fd, int16_t events, const Patience& patience) {
  while (true) {
    const int64_t left = absl::ToInt64Milliseconds(
        absl::Ceil(patience.deadline - absl::Now(), absl::Milliseconds(1)));
    pollfd watched[] = {{.fd = patience.stop_fd, .events = POLLIN, .revents = 0},
                        {.fd = fd, .events = events, .revents = 0}};
    const int ready =
        poll(watched, 2, static_cast<int>(std::clamp<int64_t>(left, 0, kLongestWaitMs)));
    if (ready < 0 && errno != EINTR) return Waited::kStopped;
    if (ready > 0 && watched[0].revents != 0) return Waited::kStopped;
    if (ready > 0 && watched[1].revents != 0) return Waited::kReady;
    if (left <= 0) return Waited::kTooLate;
  }
}

}  // namespace madoguchi::adapters
