#ifndef MADOGUCHI_TESTS_SIM_FILES_H_
#define MADOGUCHI_TESTS_SIM_FILES_H_

#include <sys/types.h>

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// What the simulator needs of the file system. Failures are one English line with path and cause.
// kInvalidArgument is the caller's mistake (exit 2), anything else went wrong outside (exit 5).
namespace madoguchi::sim {

// An open descriptor, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

 private:
  int fd_;
};

absl::StatusOr<std::string> ReadFile(const std::string& path);
// Replaces `path` as a whole: nobody ever reads half of it.
absl::Status ReplaceFile(const std::string& path, absl::string_view bytes);
// Makes one folder; one that exists already is fine.
absl::Status MakeFolder(const std::string& path);
absl::Status Rename(const std::string& from, const std::string& to);
bool Exists(const std::string& path);
// "PATH: cause" from errno.
absl::Status FileError(const std::string& what, const std::string& path);
// All of `bytes`.
absl::Status WriteAll(int fd, absl::string_view bytes, const std::string& path);

// A descriptor that becomes readable when process `pid` ends; closed when there is none.
Descriptor WatchProcess(pid_t pid);

// From now on these signals come only through the descriptor (signalfd).
absl::StatusOr<Descriptor> BlockSignals(std::initializer_list<int> signals);

// Waits without being busy; ends early when a signal arrives.
void WaitFor(absl::Duration duration);

// Keeps taps and changes of faults apart, across processes: taps hold it shared, a change holds it
// alone. Whoever wants it alone is let in before taps that come later.
class SiteLock {
 public:
  enum class Mode { kShared, kAlone };
  // `sim_folder`: DIR/sim. Waits at most 30 s.
  static absl::StatusOr<SiteLock> Take(const std::string& sim_folder, Mode mode);

 private:
  Descriptor turn_;
  Descriptor lock_;
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_FILES_H_
