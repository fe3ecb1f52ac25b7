#include "agent/daemon/site_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::daemon {

absl::StatusOr<SiteLock> SiteLock::Take(const std::string& state_dir) {
  const auto unusable = [&state_dir](const std::string& why) {
    return base::MakeError(
        base::ErrorCode::kBadConfiguration,
        {.what = absl::StrCat(state_dir, ": ", why, "; allowed is a folder this account may write"),
         .field = "site.state_dir"});
  };
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(state_dir).parent_path(), error);
  if (::mkdir(state_dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return unusable(std::generic_category().message(errno));
  }
  const std::string path = state_dir + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return unusable(std::generic_category().message(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return base::MakeError(base::ErrorCode::kAlreadyRunning, {.what = path});
  }
  return SiteLock(fd);
}

SiteLock::SiteLock(SiteLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

SiteLock::~SiteLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace madoguchi::daemon
