#include "agent/cli/document_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::cli {
namespace {

absl::Status Bad(std::string what) {
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = std::move(what), .field = "--out"});
}

absl::Status There() { return Bad("the file exists; --force replaces it"); }

// A file beside the wanted one; gone with this object unless it was given its name.
class Beside {
 public:
  explicit Beside(const std::string& path) : path_(path + ".XXXXXX") {
    // mkostemp makes it for the owner only, and never takes one that is there.
    file_ = ::mkostemp(path_.data(), O_CLOEXEC);
  }
  ~Beside() {
    if (file_ < 0) return;
    ::close(file_);
    ::unlink(path_.c_str());
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  bool made() const { return file_ >= 0; }
  bool Fill(absl::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return ::fsync(file_) == 0;
  }
  // Without `force` a name that is taken stays as it is.
  bool Name(const std::string& path, bool force) const {
    if (force) return std::rename(path_.c_str(), path.c_str()) == 0;
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) {
      return true;
    }
    // Some file systems know only the one, some only the other.
    return errno != EEXIST && ::link(path_.c_str(), path.c_str()) == 0;
  }

 private:
  std::string path_;
  int file_ = -1;
};

}  // namespace

absl::Status CheckDocumentFile(const std::string& path, bool force) {
  struct stat status = {};
  const bool there = ::lstat(path.c_str(), &status) == 0;
  if (there && S_ISDIR(status.st_mode)) return Bad("it is a folder");
  if (there && !force) return There();
  const std::string parent = std::filesystem::path(path).parent_path().string();
  if (::access(parent.empty() ? "." : parent.c_str(), W_OK | X_OK) != 0) {
    return Bad(absl::StrCat("its folder: ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

absl::Status WriteDocumentFile(const std::string& path, absl::string_view bytes, bool force) {
  const Beside beside(path);
  if (!beside.made() || !beside.Fill(bytes)) return Bad(std::strerror(errno));
  if (beside.Name(path, force)) return absl::OkStatus();
  return errno == EEXIST ? There() : Bad(std::strerror(errno));
}

}  // namespace madoguchi::cli
