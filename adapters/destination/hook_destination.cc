#include "adapters/destination/hook_destination.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "adapters/destination/checks.h"
#include "adapters/destination/hook_process.h"
#include "adapters/destination/name_pattern.h"
#include "adapters/destination/outcome.h"

namespace madoguchi::adapters {
namespace {

constexpr size_t kMostArguments = 64;
constexpr size_t kMostGroups = 256;
constexpr size_t kPasswdBytes = size_t{16} << 10;
constexpr int kTempFail = 75;

bool HasZero(const std::string& text) { return text.find('\0') != std::string::npos; }

std::string Words(int error) {
  char words[128] = "";
  return strerror_r(error, words, sizeof(words));
}

}  // namespace

absl::StatusOr<std::unique_ptr<HookDestination>> HookDestination::Make(HookConfig config) {
  MDG_RETURN_IF_ERROR(CheckPath("program", config.program));
  if (config.arguments.size() > kMostArguments || HasZero(config.program) ||
      std::any_of(config.arguments.begin(), config.arguments.end(), HasZero)) {
    return NotAllowed("arguments", "up to 64 texts");
  }
  MDG_RETURN_IF_ERROR(CheckTime("within", config.within));
  const uid_t self = geteuid();
  if (config.user.empty()) {
    if (self == 0) return NotAllowed("user", "a user other than root, as the adapter runs as root");
    return std::unique_ptr<HookDestination>(new HookDestination(std::move(config), {}));
  }
  passwd entry = {};
  passwd* found = nullptr;
  std::string room(kPasswdBytes, '\0');
  getpwnam_r(config.user.c_str(), &entry, room.data(), room.size(), &found);
  if (found == nullptr || found->pw_uid == 0) {
    return NotAllowed("user", "a user of this machine other than root");
  }
  if (self != 0 && found->pw_uid != self) {
    return NotAllowed("user", "the adapter's own user, as it does not run as root");
  }
  Account account{.change = self == 0, .user = found->pw_uid, .group = found->pw_gid, .groups = {}};
  account.groups.resize(kMostGroups);
  int count = static_cast<int>(kMostGroups);
  if (getgrouplist(config.user.c_str(), account.group, account.groups.data(), &count) < 0) {
    count = 0;
  }
  account.groups.resize(static_cast<size_t>(count));
  return std::unique_ptr<HookDestination>(
      new HookDestination(std::move(config), std::move(account)));
}

Delivered HookDestination::Failed(const std::string& what) const {
  return TryAgain(base::ErrorCode::kHookFailed, {.what = what, .field = config_.program});
}

Delivered HookDestination::Deliver(const Parcel& parcel, const Patience& patience) {
  for (const Piece& piece : parcel.pieces) {
    Delivered delivered = RunOnce(parcel, piece, patience);
    if (delivered.kind != Delivered::Kind::kDone) return delivered;
  }
  return Done();
}

Delivered HookDestination::RunOnce(const Parcel& parcel, const Piece& piece,
                                   const Patience& patience) {
  HookCommand command{.program = config_.program,
                      .arguments = config_.arguments,
                      .environment = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
                                      absl::StrCat("MADOGUCHI_MESSAGE_ID=", parcel.message_id),
                                      absl::StrCat("MADOGUCHI_WHAT=", WordOf(parcel.what)),
                                      absl::StrCat("MADOGUCHI_MEDIA_TYPE=", parcel.media_type),
                                      absl::StrCat("MADOGUCHI_LABEL=", piece.label)},
                      .change_user = account_.change,
                      .user = account_.user,
                      .group = account_.group,
                      .groups = account_.groups};
  if (parcel.test) command.environment.push_back("MADOGUCHI_TEST=1");
  HookProcess process;
  if (const int error = process.Start(command); error != 0) return Failed(Words(error));
  const Patience bounded{.deadline = std::min(patience.deadline, absl::Now() + config_.within),
                         .stop_fd = patience.stop_fd};
  const Waited waited = process.Feed(piece.bytes, bounded);
  const int status = process.End();
  if (waited == Waited::kTooLate) return Failed("it took too long and was killed");
  if (waited == Waited::kStopped) return Failed("it was stopped");
  if (WIFSIGNALED(status)) return Failed(absl::StrCat("it ended by signal ", WTERMSIG(status)));
  const int code = WEXITSTATUS(status);
  if (code == 0) return Done();
  if (code == kTempFail) {
    return TryAgain(base::ErrorCode::kDestinationBusy,
                    {.what = "exit code 75", .field = config_.program});
  }
  return Failed(absl::StrCat("exit code ", code));
}

absl::Status HookDestination::Probe(const Patience&) {
  struct stat info = {};
  const bool there = stat(config_.program.c_str(), &info) == 0;
  if (there && S_ISREG(info.st_mode) && access(config_.program.c_str(), X_OK) == 0) {
    return absl::OkStatus();
  }
  return base::MakeError(
      base::ErrorCode::kHookFailed,
      {.what = there ? "it may not be run" : Words(ENOENT), .field = config_.program});
}

}  // namespace madoguchi::adapters
