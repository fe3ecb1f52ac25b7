#include "adapters/destination/safe_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "agent/text/utf8.h"

namespace madoguchi::adapters {
namespace {

constexpr size_t kMostNameBytes = 200;
constexpr size_t kChunk = size_t{64} << 10;
constexpr size_t kMostRemoved = 1000;
// The reader runs under another account as a rule, and has to read and delete the file.
constexpr mode_t kFileMode = S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP;
constexpr int kReadOnly = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

// The file system has no such call.
bool CannotDo(int error) {
  return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
}

bool IsDeviceOfWindows(absl::string_view name) {
  static constexpr absl::string_view kDevices[] = {"CON",    "PRN",     "AUX",   "NUL",
                                                   "CONIN$", "CONOUT$", "CLOCK$"};
  const absl::string_view stem = name.substr(0, name.find('.'));
  for (const absl::string_view device : kDevices) {
    if (absl::EqualsIgnoreCase(stem, device)) return true;
  }
  return stem.size() == 4 &&
         (absl::StartsWithIgnoreCase(stem, "COM") || absl::StartsWithIgnoreCase(stem, "LPT")) &&
         absl::ascii_isdigit(static_cast<unsigned char>(stem[3]));
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

const char* WhyNoFileName(absl::string_view name) {
  if (name.empty()) return "it is empty";
  if (name.size() > kMostNameBytes) return "it is longer than 200 bytes";
  if (text::FindInvalidUtf8(name).has_value()) return "it is not UTF-8";
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return "it has a control character";
    if (absl::StrContains("<>:\"/\\|?*", absl::string_view(&c, 1))) {
      return "it has one of < > : \" / \\ | ? *";
    }
  }
  if (name.front() == '.') return "it begins with a dot";
  if (name.back() == '.' || name.back() == ' ') return "it ends with a dot or a space";
  if (IsDeviceOfWindows(name)) return "it is a device of Windows";
  return nullptr;
}

int SafeFolder::Open(const std::string& path) {
  folder_ = Descriptor(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY));
  return folder_.valid() ? 0 : errno;
}

int SafeFolder::OpenOrMake(const std::string& path, bool shared) {
  const int error = Open(path);
  if (error != ENOENT) return error;
  const mode_t mode = shared ? S_IRWXU | S_IRWXG | S_ISGID : S_IRWXU;
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) return errno;
  return Open(path);
}

SafeFolder::Seen SafeFolder::Look(const std::string& name, absl::string_view bytes, int& error) {
  const Descriptor file(openat(folder_.get(), name.c_str(), kReadOnly));
  struct stat info = {};
  if (!file.valid() || fstat(file.get(), &info) != 0) {
    error = errno;
    if (error == ENOENT) return Seen::kNothing;
    // What cannot be opened because of what it is, or whose it is, is somebody's.
    return error == ELOOP || error == EACCES || error == ENXIO ? Seen::kOther : Seen::kUnknown;
  }
  if (!S_ISREG(info.st_mode)) return Seen::kOther;
  std::string chunk(kChunk, '\0');
  size_t at = 0;
  while (true) {
    const ssize_t got = pread(file.get(), chunk.data(), chunk.size(), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      error = errno;
      return Seen::kUnknown;
    }
    if (got == 0) break;
    const absl::string_view part(chunk.data(), static_cast<size_t>(got));
    if (bytes.substr(std::min(at, bytes.size()), part.size()) != part) return Seen::kOther;
    at += part.size();
  }
  if (at == bytes.size()) return Seen::kSame;
  return at == 0 ? Seen::kEmpty : Seen::kOther;
}

int SafeFolder::Write(const std::string& name, absl::string_view bytes) {
  if (unlinkat(folder_.get(), name.c_str(), 0) != 0 && errno != ENOENT) return errno;
  Descriptor file(openat(folder_.get(), name.c_str(),
                         O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!file.valid()) return errno;
  int error = 0;
  while (error == 0 && !bytes.empty()) {
    const ssize_t written = write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    // A share that takes nothing and says nothing.
    if (written <= 0) error = written < 0 ? errno : EIO;
    if (error == 0) bytes.remove_prefix(static_cast<size_t>(written));
  }
  if (error == 0 && fsync(file.get()) != 0) error = errno;
  // Shares report late what did not fit.
  if (close(file.Release()) != 0 && error == 0) error = errno;
  return error;
}

int SafeFolder::RenameToFree(const std::string& temporary, const std::string& name) {
  const int at = folder_.get();
  if (renameat2(at, temporary.c_str(), at, name.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (!CannotDo(errno)) return errno;
  if (linkat(at, temporary.c_str(), at, name.c_str(), 0) == 0) {
    unlinkat(at, temporary.c_str(), 0);
    return 0;
  }
  if (!CannotDo(errno) && errno != EMLINK) return errno;
  const Descriptor taken(
      openat(at, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
  if (!taken.valid()) return errno;
  if (renameat(at, temporary.c_str(), at, name.c_str()) == 0) return 0;
  const int error = errno;
  struct stat info = {};
  if (fstatat(at, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && info.st_size == 0) {
    unlinkat(at, name.c_str(), 0);
  }
  return error;
}

PublishOutcome SafeFolder::Publish(const std::string& name, const std::string& temporary,
                                   absl::string_view bytes, bool replace) {
  int error = 0;
  const Seen seen = Look(name, bytes, error);
  if (seen == Seen::kUnknown) return {.error = error};
  if (seen == Seen::kSame) {
    unlinkat(folder_.get(), temporary.c_str(), 0);
    return {.published = Published::kDone};
  }
  // An empty file with our temporary one beside it is a name we took before something went wrong.
  struct stat info = {};
  const bool mine = seen == Seen::kEmpty &&
                    fstatat(folder_.get(), temporary.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  if (seen != Seen::kNothing && !replace && !mine) return {.published = Published::kNameTaken};
  if (error = Write(temporary, bytes); error != 0) {
    // What does not fit must not fill the folder either.
    if (!mine) unlinkat(folder_.get(), temporary.c_str(), 0);
    return {.error = error};
  }
  if (replace || mine) {
    error =
        renameat(folder_.get(), temporary.c_str(), folder_.get(), name.c_str()) == 0 ? 0 : errno;
  } else {
    error = RenameToFree(temporary, name);
  }
  if (error == EEXIST) {
    unlinkat(folder_.get(), temporary.c_str(), 0);
    const Seen now = Look(name, bytes, error);
    if (now == Seen::kUnknown || now == Seen::kNothing) return {.error = error};
    return {.published = now == Seen::kSame ? Published::kDone : Published::kNameTaken};
  }
  if (error != 0) return {.error = error};
  // As far as the file system can: a power failure must not undo the rename.
  fsync(folder_.get());
  return {.published = Published::kDone};
}

int SafeFolder::List(absl::FunctionRef<bool(absl::string_view name)> each) {
  Descriptor own(openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY));
  if (!own.valid()) return errno;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(fdopendir(own.get()), closedir);
  if (listing == nullptr) return errno;
  own.Release();
  while (true) {
    errno = 0;
    const dirent* entry = readdir(listing.get());
    if (entry == nullptr) return errno;
    if (!each(entry->d_name)) return 0;
  }
}

int SafeFolder::RemoveOld(absl::Duration age, const std::string& clock_file,
                          absl::FunctionRef<bool(absl::string_view name)> ours) {
  std::vector<std::string> names;
  List([&](absl::string_view name) {
    if (ours(name)) names.emplace_back(name);
    return names.size() < kMostRemoved;
  });
  struct stat info = {};
  if (names.empty() || Write(clock_file, "") != 0) return 0;
  const bool told = fstatat(folder_.get(), clock_file.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
  unlinkat(folder_.get(), clock_file.c_str(), 0);
  if (!told) return 0;
  const absl::Time before = absl::TimeFromTimespec(info.st_mtim) - age;
  int removed = 0;
  for (const std::string& name : names) {
    if (fstatat(folder_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(info.st_mode) && absl::TimeFromTimespec(info.st_mtim) < before &&
        unlinkat(folder_.get(), name.c_str(), 0) == 0) {
      ++removed;
    }
  }
  return removed;
}

int SafeFolder::Try(const std::string& first, const std::string& second) {
  unlinkat(folder_.get(), second.c_str(), 0);
  int error = Write(first, "madoguchi\n");
  if (error == 0) error = RenameToFree(first, second);
  unlinkat(folder_.get(), first.c_str(), 0);
  if (error == 0 && unlinkat(folder_.get(), second.c_str(), 0) != 0) error = errno;
  return error;
}

}  // namespace madoguchi::adapters
