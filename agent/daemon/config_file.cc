#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/daemon/config.h"

namespace madoguchi::daemon {
namespace {

constexpr size_t kLargestFile = size_t{1} << 20;

absl::Status Unreadable(const std::string& path, const std::string& allowed) {
  return base::MakeError(
      base::ErrorCode::kBadConfiguration,
      {.what = absl::StrCat(path, ": cannot be read; allowed is ", allowed), .field = path});
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  // A FIFO or a device in place of the file must not hang the start.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat about = {};
  if (fd < 0 || ::fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
    if (fd >= 0) ::close(fd);
    return Unreadable(path, "a readable file");
  }
  std::string text(kLargestFile + 1, '\0');
  size_t size = 0;
  ssize_t got = 0;
  while (size < text.size() && (got = ::read(fd, &text[size], text.size() - size)) > 0) {
    size += static_cast<size_t>(got);
  }
  ::close(fd);
  if (got < 0 || size > kLargestFile) {
    return Unreadable(path, "a text of at most 1 MiB");
  }
  text.resize(size);
  return ParseConfig(text, path);
}

}  // namespace madoguchi::daemon
