#ifndef MADOGUCHI_AGENT_DAEMON_SITE_LOCK_H_
#define MADOGUCHI_AGENT_DAEMON_SITE_LOCK_H_

#include <string>

#include "absl/status/statusor.h"

namespace madoguchi::daemon {

// The right to serve a site: an flock on `STATE_DIR/lock`, which the kernel gives back however the
// process ends. Makes the folder (mode 0700) if it is missing.
class SiteLock {
 public:
  // MDG-1602 when another process holds it, MDG-1601 when the folder cannot be used.
  static absl::StatusOr<SiteLock> Take(const std::string& state_dir);
  SiteLock(SiteLock&& other) noexcept;
  SiteLock& operator=(SiteLock&&) = delete;
  ~SiteLock();

 private:
  explicit SiteLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace madoguchi::daemon

#endif  // MADOGUCHI_AGENT_DAEMON_SITE_LOCK_H_
