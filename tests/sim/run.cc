#include "tests/sim/run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/oqs/message.h"
#include "tests/sim/center.h"
#include "tests/sim/exchange.h"
#include "tests/sim/faults.h"
#include "tests/sim/files.h"
#include "tests/sim/run_state.h"
#include "tests/sim/share.h"

namespace madoguchi::sim {
namespace {

namespace fs = std::filesystem;

bool IsOlder(const std::string& path, absl::Time limit) {
  struct stat about;
  return lstat(path.c_str(), &about) == 0 && S_ISREG(about.st_mode) &&
         absl::TimeFromTimespec(about.st_mtim) < limit;
}

// Serves the shares from its construction to Stop().
class Shares {
 public:
  explicit Shares(const Site& site) : site_(site) {}

  // What a killed predecessor left, then the state of this one.
  absl::Status Start(bool fuse) {
    const absl::StatusOr<SiteLock> lock = SiteLock::Take(site_.SimFolder(), SiteLock::Mode::kAlone);
    if (!lock.ok()) return lock.status();
    for (int terminal = 1; terminal <= site_.terminals(); ++terminal) {
      MDG_RETURN_IF_ERROR(UnmountShare(site_, terminal, 0));
    }
    MDG_RETURN_IF_ERROR(ForgetHanging());
    state_.pid = getpid();
    state_.fuse = fuse;
    for (int terminal = 1; fuse && terminal <= site_.terminals(); ++terminal) {
      const absl::StatusOr<pid_t> pid = MountShare(site_, terminal);
      if (!pid.ok()) return pid.status();
      state_.bindfs.push_back(*pid);
    }
    return WriteRunState(site_, state_);
  }

  absl::Status Stop() {
    const absl::StatusOr<SiteLock> lock = SiteLock::Take(site_.SimFolder(), SiteLock::Mode::kAlone);
    absl::Status result = lock.ok() ? ForgetHanging() : lock.status();
    for (size_t place = 0; place < state_.bindfs.size(); ++place) {
      result.Update(UnmountShare(site_, static_cast<int>(place) + 1, state_.bindfs[place]));
    }
    state_ = RunState{};
    unlink(RunStateFile(site_).c_str());
    return result;
  }

  // A child that stops or goes on is no news; one that ended is.
  absl::Status Check() const {
    for (size_t place = 0; place < state_.bindfs.size(); ++place) {
      const absl::StatusOr<std::string> about =
          ReadFile(absl::StrCat("/proc/", state_.bindfs[place], "/stat"));
      if (!about.ok() || absl::StrContains(*about, ") Z ")) {
        return absl::UnavailableError(absl::StrCat(
            "bindfs of ", Site::TerminalName(static_cast<int>(place) + 1), " ended by itself"));
      }
    }
    return absl::OkStatus();
  }

 private:
  // Nothing hangs without bindfs.
  absl::Status ForgetHanging() {
    absl::StatusOr<std::vector<ActiveFault>> faults = ReadFaults(site_);
    if (!faults.ok()) return faults.status();
    const size_t before = faults->size();
    std::erase_if(*faults,
                  [](const ActiveFault& active) { return active.fault == Fault::kShareHung; });
    return faults->size() == before ? absl::OkStatus() : WriteFaults(site_, *faults);
  }

  const Site& site_;
  RunState state_;
};

// How often the terminals look into req.
constexpr absl::Duration kTurnEvery = absl::Milliseconds(50);

// Until a signal asks to stop.
absl::Status Serve(const Site& site, const RunOptions& options, const Shares& shares, int signals) {
  const absl::Duration clean_every =
      std::clamp(options.stay / 4, absl::Milliseconds(100), absl::Minutes(1));
  absl::Time next_clean = absl::InfinitePast();
  Exchange exchange(site, options.answer_after);
  for (;;) {
    const absl::Time now = absl::Now();
    for (int terminal = 1; now >= next_clean && terminal <= site.terminals(); ++terminal) {
      CleanUp(site, terminal, options.stay, now);
    }
    if (now >= next_clean) next_clean = now + clean_every;
    MDG_RETURN_IF_ERROR(exchange.Turn(now));
    pollfd waiting{signals, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(kTurnEvery))) <= 0) continue;
    signalfd_siginfo info{};
    if (read(signals, &info, sizeof(info)) != static_cast<ssize_t>(sizeof(info))) continue;
    if (info.ssi_signo != SIGCHLD) return absl::OkStatus();
    MDG_RETURN_IF_ERROR(shares.Check());
  }
}

}  // namespace

int CleanUp(const Site& site, int terminal, absl::Duration stay, absl::Time now) {
  int removed = 0;
  for (const absl::string_view part : {"face", "res"}) {
    std::error_code error;
    for (const fs::directory_entry& entry :
         fs::directory_iterator(site.OwnFolder(terminal, part), error)) {
      const std::string name = entry.path().filename().string();
      if (oqs::ParseFileName(name).has_value() && IsOlder(entry.path().string(), now - stay) &&
          unlink(entry.path().c_str()) == 0) {
        ++removed;
      }
    }
  }
  return removed;
}

absl::Status RunSite(const Site& site, const RunOptions& options,
                     const std::function<void()>& ready) {
  const std::string lock_path = RunLockFile(site);
  const Descriptor lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!lock.open()) return FileError("cannot open", lock_path);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("another `madoguchi-sim run` serves this site (",
                                                   lock_path, "): allowed is one per site"));
  }
  const absl::StatusOr<Descriptor> signals = BlockSignals({SIGTERM, SIGINT, SIGHUP, SIGCHLD});
  if (!signals.ok()) return signals.status();
  Shares shares(site);
  absl::Status result = shares.Start(options.fuse);
  // Threads begin after everything that makes processes.
  std::unique_ptr<Center> center;
  if (result.ok() && site.center_port() != 0) {
    absl::StatusOr<std::unique_ptr<Center>> started =
        Center::Start(site, {.answer_after = options.answer_after,
                             .consent_for = options.consent_for,
                             .token_for = options.token_for});
    result = started.status();
    if (started.ok()) center = *std::move(started);
  }
  if (result.ok()) {
    ready();
    result = Serve(site, options, shares, signals->get());
  }
  center.reset();
  result.Update(shares.Stop());
  return result;
}

}  // namespace madoguchi::sim
