#include "agent/audit/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/crypto/digest.h"

namespace madoguchi::audit {
namespace {

// A slot has a disk sector for itself, so that writing one never tears the other.
constexpr size_t kSlotSize = 4096;
constexpr absl::string_view kMagic = "MDGAUDK1";
constexpr size_t kDigest = 32;
constexpr size_t kContent = kMagic.size() + 8 + kDigest + kDigest;

std::string EncodeSlot(const Link& link) {
  std::string slot(kMagic);
  for (int shift = 56; shift >= 0; shift -= 8) {
    slot += static_cast<char>(static_cast<uint64_t>(link.number) >> shift);
  }
  slot += link.hash;
  slot += link.key;
  slot += crypto::Sha256(slot);
  slot.resize(kSlotSize, '\0');
  return slot;
}

std::optional<Link> DecodeSlot(absl::string_view slot) {
  if (slot.size() != kSlotSize || slot.substr(0, kMagic.size()) != kMagic ||
      slot.substr(kContent, kDigest) != crypto::Sha256(slot.substr(0, kContent))) {
    return std::nullopt;
  }
  Link link;
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) {
    number = number << 8 | static_cast<unsigned char>(slot[kMagic.size() + i]);
  }
  link.number = static_cast<int64_t>(number);
  link.hash = std::string(slot.substr(kMagic.size() + 8, kDigest));
  link.key = std::string(slot.substr(kMagic.size() + 8 + kDigest, kDigest));
  return link;
}

bool WriteAt(int fd, absl::string_view bytes, int slot) {
  return ::pwrite(fd, bytes.data(), bytes.size(), slot * static_cast<off_t>(kSlotSize)) ==
         static_cast<ssize_t>(bytes.size());
}

bool SyncFolder(const std::string& path) {
  const std::string folder = path.substr(0, path.rfind('/') + 1);
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool synced = ::fsync(fd) == 0;
  ::close(fd);
  return synced;
}

}  // namespace

KeyFile::~KeyFile() {
  if (fd_ >= 0) ::close(fd_);
}

absl::Status KeyFile::Error(absl::string_view what) const {
  return base::MakeError(base::ErrorCode::kAuditKeyProblem,
                         {.what = std::string(what), .field = path_});
}

absl::StatusOr<std::optional<Link>> KeyFile::Load() {
  fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd_ < 0 && errno == ENOENT) return std::nullopt;
  if (fd_ < 0) return Error(absl::StrCat("it cannot be opened: ", std::strerror(errno)));
  std::optional<Link> newest;
  for (int slot = 0; slot < 2; ++slot) {
    std::string bytes(kSlotSize, '\0');
    const ssize_t size =
        ::pread(fd_, bytes.data(), bytes.size(), slot * static_cast<off_t>(kSlotSize));
    bytes.resize(size < 0 ? 0 : static_cast<size_t>(size));
    std::optional<Link> link = DecodeSlot(bytes);
    crypto::Wipe(bytes);
    if (!link.has_value() || (newest.has_value() && newest->number >= link->number)) continue;
    newest = *std::move(link);
    slot_ = slot;
  }
  if (!newest.has_value()) return Error("no whole key is in it");
  return newest;
}

absl::Status KeyFile::Create(const Link& link) {
  if (fd_ >= 0) ::close(fd_);
  const std::string temporary = path_ + ".new";
  ::unlink(temporary.c_str());
  fd_ = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd_ < 0) return Error(absl::StrCat("it cannot be made: ", std::strerror(errno)));
  slot_ = 0;
  std::string slot = EncodeSlot(link);
  const bool written = WriteAt(fd_, slot, 0) && WriteAt(fd_, std::string(kSlotSize, '\0'), 1) &&
                       ::fsync(fd_) == 0 && ::rename(temporary.c_str(), path_.c_str()) == 0 &&
                       SyncFolder(path_);
  crypto::Wipe(slot);
  return written ? absl::OkStatus() : Error("it cannot be written");
}

absl::Status KeyFile::Save(const Link& link) {
  const int other = 1 - slot_;
  std::string slot = EncodeSlot(link);
  const bool written = WriteAt(fd_, slot, other) && ::fdatasync(fd_) == 0;
  crypto::Wipe(slot);
  if (!written) return Error("it cannot be written");
  // Reaches the disk with the next save at the latest.
  const bool wiped = WriteAt(fd_, std::string(kSlotSize, '\0'), slot_);
  slot_ = other;
  return wiped ? absl::OkStatus() : Error("an old key cannot be overwritten");
}

}  // namespace madoguchi::audit
