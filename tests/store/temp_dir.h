#ifndef MADOGUCHI_TESTS_STORE_TEMP_DIR_H_
#define MADOGUCHI_TESTS_STORE_TEMP_DIR_H_

#include <stdlib.h>
#include <sys/mount.h>

#include <filesystem>
#include <string>

namespace madoguchi::store {

// A folder that goes away with the test.
class TempDir {
 public:
  TempDir() {
    std::string path = (Parent() / "mdg-store-XXXXXX").string();
    path_ = ::mkdtemp(path.data()) == nullptr ? "" : path;
  }
  ~TempDir() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  // Makes it a file system of its own, of `size` (like "1m"); false where that is not allowed.
  bool Limit(const std::string& size) {
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
    return mounted_;
  }
  bool Resize(const std::string& size) {
    return ::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, ("size=" + size).c_str()) == 0;
  }

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  // In memory where there is room: these tests commit thousands of times, and what they look at is
  // order and wholeness, not the disk.
  static std::filesystem::path Parent() {
    std::error_code error;
    const std::filesystem::space_info shared = std::filesystem::space("/dev/shm", error);
    if (!error && shared.available > (256u << 20)) return "/dev/shm";
    return std::filesystem::temp_directory_path();
  }

  std::string path_;
  bool mounted_ = false;
};

}  // namespace madoguchi::store

#endif  // MADOGUCHI_TESTS_STORE_TEMP_DIR_H_
