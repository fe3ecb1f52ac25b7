#include "tests/sim/files.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::sim {
namespace {

constexpr absl::Duration kLockPatience = absl::Seconds(30);

absl::Status Lock(int fd, int operation, const std::string& path) {
  const absl::Time deadline = absl::Now() + kLockPatience;
  while (flock(fd, operation | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return FileError("cannot lock", path);
    if (absl::Now() >= deadline) {
      return absl::UnavailableError(
          absl::StrCat("cannot lock ", path, ": another madoguchi-sim has held it for 30 s"));
    }
    WaitFor(absl::Milliseconds(2));
  }
  return absl::OkStatus();
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

absl::Status FileError(const std::string& what, const std::string& path) {
  const int cause = errno;
  return absl::UnavailableError(absl::StrCat(what, " ", path, ": ", std::strerror(cause)));
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.open()) return FileError("cannot read", path);
  std::string bytes;
  char buffer[1 << 14];
  for (;;) {
    const ssize_t got = read(file.get(), buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("cannot read", path);
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(got));
  }
}

absl::Status WriteAll(int fd, absl::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t put = write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FileError("cannot write", path);
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return absl::OkStatus();
}

absl::Status ReplaceFile(const std::string& path, absl::string_view bytes) {
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  {
    const Descriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                               S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH));
    if (!file.open()) return FileError("cannot write", temporary);
    MDG_RETURN_IF_ERROR(WriteAll(file.get(), bytes, temporary));
  }
  return Rename(temporary, path);
}

absl::Status MakeFolder(const std::string& path) {
  if (mkdir(path.c_str(), S_IRWXU | S_IRGRP | S_IXGRP | S_IROTH | S_IXOTH) == 0) {
    return absl::OkStatus();
  }
  std::error_code ignored;
  if (errno == EEXIST && std::filesystem::is_directory(path, ignored)) return absl::OkStatus();
  return FileError("cannot make", path);
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    return FileError(absl::StrCat("cannot rename ", from, " to"), to);
  }
  return absl::OkStatus();
}

bool Exists(const std::string& path) {
  struct stat ignored;
  return lstat(path.c_str(), &ignored) == 0;
}

Descriptor WatchProcess(pid_t pid) {
  // The C library of Debian 12 declares pidfd_open for C only.
  return Descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

absl::StatusOr<Descriptor> BlockSignals(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  Descriptor fd(signalfd(-1, &set, SFD_CLOEXEC));
  if (!fd.open()) return FileError("cannot make", "a signal descriptor");
  return fd;
}

void WaitFor(absl::Duration duration) {
  poll(nullptr, 0, static_cast<int>(std::max<int64_t>(1, absl::ToInt64Milliseconds(duration))));
}

absl::StatusOr<SiteLock> SiteLock::Take(const std::string& sim_folder, Mode mode) {
  const int operation = mode == Mode::kAlone ? LOCK_EX : LOCK_SH;
  const std::string turn_path = absl::StrCat(sim_folder, "/turn.lock");
  const std::string lock_path = absl::StrCat(sim_folder, "/site.lock");
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC;
  SiteLock result;
  result.turn_ = Descriptor(open(turn_path.c_str(), kFlags, S_IRUSR | S_IWUSR));
  if (!result.turn_.open()) return FileError("cannot open", turn_path);
  result.lock_ = Descriptor(open(lock_path.c_str(), kFlags, S_IRUSR | S_IWUSR));
  if (!result.lock_.open()) return FileError("cannot open", lock_path);
  MDG_RETURN_IF_ERROR(Lock(result.turn_.get(), operation, turn_path));
  MDG_RETURN_IF_ERROR(Lock(result.lock_.get(), operation, lock_path));
  // A tap only passes the turnstile; a change keeps it, so that later taps wait behind it.
  if (mode == Mode::kShared) result.turn_ = Descriptor();
  return result;
}

}  // namespace madoguchi::sim
