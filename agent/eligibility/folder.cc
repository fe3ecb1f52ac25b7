#include "agent/eligibility/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iterator>
#include <memory>
#include <utility>

#include "agent/base/share_error.h"

namespace madoguchi::eligibility {
namespace {

constexpr size_t kChunk = size_t{64} << 10;

int64_t MonotonicNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Runs one call under the meter, again when a signal interrupts it. Leaves errno as the call did.
template <typename Call>
auto Metered(CallMeter& meter, Call call) {
  meter.Begin();
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  const int error = errno;
  meter.End();
  errno = error;
  return result;
}

// statfs(2) magic numbers of file systems whose files live on another machine or in another
// program. Values of linux/magic.h and the drivers (not all are in Debian's headers).
bool IsRemoteType(uint32_t type) {
  static constexpr uint32_t kTypes[] = {
      0xFF534D42,  // cifs
      0xFE534D42,  // smb2, smb3
      0x0000517B,  // smbfs
      0x00006969,  // nfs
      0x65735546,  // fuse
      0x01021997,  // 9p
      0x00C36400,  // ceph
      0x5346414F,  // afs
      0x73757245,  // coda
      0x786F4256,  // vboxsf
      0xBACBACBC,  // vmhgfs
  };
  return std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

FileStamp StampOf(const struct stat& info) {
  return {.inode = info.st_ino,
          .size = info.st_size,
          .modified = absl::TimeFromTimespec(info.st_mtim),
          .changed = absl::TimeFromTimespec(info.st_ctim)};
}

}  // namespace

absl::Duration Monotonic() { return absl::Nanoseconds(MonotonicNs()); }

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = other.Release();
  }
  return *this;
}

int Descriptor::Release() { return std::exchange(fd_, -1); }

void Descriptor::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

void CallMeter::Begin() { since_ns_.store(MonotonicNs(), std::memory_order_release); }

void CallMeter::End() {
  const int64_t since = since_ns_.exchange(0, std::memory_order_acq_rel);
  if (since != 0) longest_ns_ = std::max(longest_ns_, MonotonicNs() - since);
}

absl::Duration CallMeter::Lasting() const {
  const int64_t since = since_ns_.load(std::memory_order_acquire);
  if (since == 0) return absl::ZeroDuration();
  return absl::Nanoseconds(MonotonicNs() - since);
}

absl::Duration CallMeter::TakeLongest() { return absl::Nanoseconds(std::exchange(longest_ns_, 0)); }

int Folder::Open() {
  Descriptor opened(Metered(*meter_, [&] {
    return ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
  }));
  if (!opened.valid()) {
    const int error = errno;
    Close();
    return error;
  }
  struct statfs info = {};
  if (Metered(*meter_, [&] { return fstatfs(opened.get(), &info); }) != 0) {
    const int error = errno;
    Close();
    return error;
  }
  remote_ = IsRemoteType(static_cast<uint32_t>(info.f_type));
  was_remote_ = was_remote_ || remote_;
  meter_->Begin();
  directory_ = std::move(opened);
  meter_->End();
  return 0;
}

int Folder::List(absl::FunctionRef<bool(absl::string_view name)> each) {
  // A descriptor of its own: the position of the listing must not be shared with the next one.
  Descriptor own(Metered(*meter_, [&] {
    return openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
  }));
  if (!own.valid()) return errno;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(fdopendir(own.get()), closedir);
  if (listing == nullptr) return errno;
  own.Release();
  while (true) {
    errno = 0;
    meter_->Begin();
    const dirent* entry = readdir(listing.get());
    const int error = errno;
    meter_->End();
    if (entry == nullptr) return error;
    if (!each(entry->d_name)) return 0;
  }
}

FileLook Folder::Failed(int error) const {
  FileLook result;
  result.error = error;
  if (error == ENOENT) {
    result.look = Look::kGone;
  } else if (error == ELOOP) {
    result.look = Look::kNotAFile;
  } else {
    result.look = Look::kUnreadable;
  }
  return result;
}

FileLook Folder::Stat(const std::string& name) {
  struct stat info = {};
  if (Metered(*meter_, [&] {
        return fstatat(directory_.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW);
      }) != 0) {
    return Failed(errno);
  }
  FileLook result;
  result.stamp = StampOf(info);
  result.look = Look::kRead;
  if (!S_ISREG(info.st_mode)) {
    result.look = Look::kNotAFile;
  } else if (info.st_size > static_cast<int64_t>(most_bytes_)) {
    result.look = Look::kTooLarge;
  }
  return result;
}

FileLook Folder::Read(const std::string& name, const FileStamp* unless) {
  FileLook seen = Stat(name);
  const bool known = unless != nullptr && seen.error == 0 && seen.stamp == *unless;
  if (known) {
    seen.look = Look::kUnchanged;
    return seen;
  }
  if (seen.look != Look::kRead) return seen;
  // Between the two calls the name may have become something else: O_NONBLOCK keeps a FIFO from
  // blocking, O_NOFOLLOW a link from leading outside, and ReadOpen looks again.
  Descriptor file(Metered(*meter_, [&] {
    return openat(directory_.get(), name.c_str(),
                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  }));
  if (!file.valid()) return Failed(errno);
  return ReadOpen(std::move(file));
}

FileLook Folder::Reread(Descriptor file) { return ReadOpen(std::move(file)); }

FileLook Folder::ReadOpen(Descriptor file) {
  struct stat info = {};
  if (Metered(*meter_, [&] { return fstat(file.get(), &info); }) != 0) return Failed(errno);
  FileLook result;
  result.stamp = StampOf(info);
  if (!S_ISREG(info.st_mode)) {
    result.look = Look::kNotAFile;
    return result;
  }
  result.look = Look::kTooLarge;
  if (info.st_size > static_cast<int64_t>(most_bytes_)) return result;
  // One byte more than is allowed tells a file that grows while it is read.
  std::string bytes;
  while (bytes.size() <= most_bytes_) {
    const size_t at = bytes.size();
    const size_t left_by_size = info.st_size > static_cast<int64_t>(at)
                                    ? static_cast<size_t>(info.st_size) - at + 1
                                    : kChunk;
    const size_t want =
        std::min({std::max(left_by_size, size_t{1}), most_bytes_ + 1 - at, size_t{1} << 20});
    bytes.resize(at + want);
    const ssize_t got = Metered(*meter_, [&] {
      return pread(file.get(), bytes.data() + at, want, static_cast<off_t>(at));
    });
    if (got < 0) return Failed(errno);
    bytes.resize(at + static_cast<size_t>(got));
    if (got == 0) {
      result.look = Look::kRead;
      break;
    }
  }
  if (result.look == Look::kRead) result.bytes = std::move(bytes);
  if (result.look == Look::kRead && !remote_) {
    result.file = std::move(file);
    return result;
  }
  meter_->Begin();
  file.Close();
  meter_->End();
  return result;
}

base::ErrorCode FolderCode(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
      return base::ErrorCode::kFolderMissing;
    default:
      return base::IsShareTrouble(error) ? base::ErrorCode::kShareHangs
                                         : base::ErrorCode::kFolderUnreadable;
  }
}

}  // namespace madoguchi::eligibility
