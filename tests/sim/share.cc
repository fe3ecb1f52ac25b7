#include "tests/sim/share.h"

#include <poll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "agent/base/error.h"
#include "tests/sim/files.h"

namespace madoguchi::sim {
namespace {

constexpr absl::Duration kMountPatience = absl::Seconds(10);
constexpr absl::Duration kEndPatience = absl::Seconds(5);

// A mount point is on another device than the folder it lies in. A mount whose server died cannot
// be looked at at all.
bool IsMounted(const std::string& folder) {
  struct stat inside;
  struct stat outside;
  if (stat(folder.c_str(), &inside) != 0) return errno == ENOTCONN;
  return stat(absl::StrCat(folder, "/..").c_str(), &outside) == 0 &&
         inside.st_dev != outside.st_dev;
}

// Starts a program that gets its default signals and dies with this process. `quiet`: its output
// goes nowhere.
pid_t Spawn(const std::vector<std::string>& words, bool quiet) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (quiet) {
    close(STDERR_FILENO);
  }
  execvp(arguments[0], arguments.data());
  _exit(127);
}

// True when the child ended within `patience`; it is reaped then.
bool Reap(pid_t pid, absl::Duration patience) {
  const Descriptor handle = WatchProcess(pid);
  pollfd waiting{handle.get(), POLLIN, 0};
  if (handle.open() &&
      poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(patience))) == 0) {
    return false;
  }
  return waitpid(pid, nullptr, 0) == pid || errno == ECHILD;
}

bool HasEnded(pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; }

void Detach(const std::string& folder) {
  if (umount2(folder.c_str(), MNT_DETACH) == 0) return;
  for (const char* const tool : {"fusermount3", "fusermount"}) {
    const pid_t pid = Spawn({tool, "-u", "-z", folder}, true);
    if (pid > 0) Reap(pid, kEndPatience);
    if (!IsMounted(folder)) return;
  }
}

}  // namespace

absl::StatusOr<pid_t> MountShare(const Site& site, int terminal) {
  const std::string seen = site.OqsFolder(terminal);
  const std::string hidden = site.HiddenFolder(terminal);
  MDG_RETURN_IF_ERROR(Rename(seen, hidden));
  MDG_RETURN_IF_ERROR(MakeFolder(seen));
  const pid_t pid = Spawn({"bindfs", "-f", hidden, seen}, false);
  const absl::Time deadline = absl::Now() + kMountPatience;
  while (pid > 0 && !IsMounted(seen)) {
    if (HasEnded(pid) || absl::Now() >= deadline) {
      (void)UnmountShare(site, terminal, 0);
      return absl::UnavailableError(absl::StrCat(
          "run --fuse: bindfs could not serve ", seen,
          " (allowed where the package bindfs is installed and /dev/fuse may be used)"));
    }
    WaitFor(absl::Milliseconds(10));
  }
  if (pid < 0) return FileError("cannot start bindfs for", seen);
  return pid;
}

absl::Status UnmountShare(const Site& site, int terminal, pid_t bindfs) {
  const std::string seen = site.OqsFolder(terminal);
  const std::string hidden = site.HiddenFolder(terminal);
  if (!Exists(hidden)) return absl::OkStatus();
  if (bindfs > 0) {
    // On SIGTERM it unmounts by itself.
    kill(bindfs, SIGCONT);
    kill(bindfs, SIGTERM);
    if (!Reap(bindfs, kEndPatience)) {
      kill(bindfs, SIGKILL);
      Reap(bindfs, kEndPatience);
    }
  }
  if (IsMounted(seen)) Detach(seen);
  return Rename(hidden, seen);
}

}  // namespace madoguchi::sim
