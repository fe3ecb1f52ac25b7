#include "adapters/route/state_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "agent/base/bounded_file.h"
#include "agent/base/error.h"
#include "agent/crypto/digest.h"

namespace madoguchi::adapters {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kMagic = "madoguchi delivery 1\n";
constexpr size_t kDigest = 32;
// 50,000 marks and 20,000 items of at most 200 bytes each.
constexpr size_t kLargest = size_t{32} << 20;
constexpr absl::string_view kAsk = "ask-";
constexpr size_t kMostAsks = 1000;

absl::Status Unusable(const std::string& path, const std::string& why) {
  return base::MakeError(base::ErrorCode::kDeliveryStateUnusable,
                         {.what = absl::StrCat(path, ": ", why), .field = path});
}

std::string ErrnoText(int error) { return std::generic_category().message(error); }

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

bool WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

// `bytes` as `path`, by way of `path.new`.
absl::Status Replace(const std::string& folder, const std::string& path, absl::string_view bytes,
                     mode_t mode = 0600) {
  const std::string fresh = path + ".new";
  {
    const Descriptor file(
        ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0 || ::fchmod(file.get(), mode) != 0 || !WriteAll(file.get(), bytes) ||
        ::fsync(file.get()) != 0) {
      const int error = errno;
      ::unlink(fresh.c_str());
      return Unusable(path, ErrnoText(error));
    }
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return Unusable(path, ErrnoText(errno));
  const Descriptor place(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (place.get() < 0 || ::fsync(place.get()) != 0) return Unusable(path, ErrnoText(errno));
  return absl::OkStatus();
}

std::string PathOf(const std::string& folder, const std::string& route) {
  return absl::StrCat(folder, "/", route, ".state");
}

}  // namespace

absl::StatusOr<StateLock> StateLock::Take(const std::string& folder) {
  std::error_code error;
  fs::create_directories(fs::path(folder).parent_path(), error);
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return Unusable(folder, ErrnoText(errno));
  }
  const std::string path = folder + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Unusable(path, ErrnoText(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return Unusable(path, "another adapter uses it");
  }
  return StateLock(fd);
}

StateLock::StateLock(StateLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

StateLock::~StateLock() {
  if (fd_ >= 0) ::close(fd_);
}

bool IsHeld(const std::string& folder) {
  const Descriptor lock(::open((folder + "/lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return lock.get() >= 0 && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0;
}

absl::StatusOr<kept::v1::RouteState> LoadState(const std::string& folder,
                                               const std::string& route) {
  const std::string path = PathOf(folder, route);
  const base::FileContents file = base::ReadBoundedFile(path, kLargest);
  kept::v1::RouteState state;
  state.set_route(route);
  if (file.fault == base::FileFault::kCannotOpen && file.error == ENOENT) return state;
  if (file.fault != base::FileFault::kNone) return Unusable(path, "cannot be read");
  absl::string_view bytes = file.bytes;
  if (!absl::StartsWith(bytes, kMagic) || bytes.size() < kMagic.size() + kDigest) {
    return Unusable(path, "is no such file");
  }
  bytes.remove_prefix(kMagic.size());
  const absl::string_view body = bytes.substr(kDigest);
  if (crypto::Sha256(body) != bytes.substr(0, kDigest) ||
      !state.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return Unusable(path, "is damaged");
  }
  if (state.route() != route) return Unusable(path, "is of another route");
  return state;
}

absl::Status SaveState(const std::string& folder, const kept::v1::RouteState& state) {
  const std::string body = state.SerializeAsString();
  return Replace(folder, PathOf(folder, state.route()),
                 absl::StrCat(kMagic, crypto::Sha256(body), body));
}

absl::StatusOr<std::string> LeaveAsk(const std::string& folder, const Ask& ask) {
  const std::string path =
      absl::StrCat(folder, "/", kAsk, absl::BytesToHexString(crypto::RandomBytes(8)));
  // For the program's account to read, when root has left it; nobody else comes into the folder.
  constexpr mode_t kForTheProgram = 0644;
  MDG_RETURN_IF_ERROR(Replace(folder, path,
                              absl::StrCat(ask.kind == Ask::Kind::kResend ? "resend" : "drop", " ",
                                           ask.route, " ", ask.reception_id, "\n"),
                              kForTheProgram));
  return path;
}

std::vector<Ask> TakeAsks(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (absl::StartsWith(name, kAsk) && !absl::EndsWith(name, ".new")) {
      paths.push_back(at->path().string());
    }
    if (paths.size() >= kMostAsks) break;
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Ask> asks;
  for (const std::string& path : paths) {
    const base::FileContents file = base::ReadBoundedFile(path, 4096);
    ::unlink(path.c_str());
    const std::vector<std::string> words = absl::StrSplit(file.bytes, absl::ByAnyChar(" \n"));
    if (words.size() < 3 || (words[0] != "resend" && words[0] != "drop")) continue;
    asks.push_back({.kind = words[0] == "resend" ? Ask::Kind::kResend : Ask::Kind::kDrop,
                    .route = words[1],
                    .reception_id = words[2]});
  }
  return asks;
}

}  // namespace madoguchi::adapters
