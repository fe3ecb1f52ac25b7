#include "agent/base/bounded_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

namespace madoguchi::base {
namespace {

class BoundedFile : public testing::Test {
 protected:
  BoundedFile() {
    std::string path = (std::filesystem::temp_directory_path() / "mdg-file-XXXXXX").string();
    folder_ = ::mkdtemp(path.data()) == nullptr ? "" : path;
  }
  ~BoundedFile() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  std::string Write(const std::string& bytes) const {
    std::ofstream(folder_ + "/file", std::ios::binary) << bytes;
    return folder_ + "/file";
  }

  std::string folder_;
};

TEST_F(BoundedFile, ReadsUpToTheBoundAndNotOneByteMore) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{4096}, size_t{4097}, size_t{100'000}}) {
    std::string bytes(size, 'x');
    if (size > 0) bytes.back() = '\0';
    const std::string path = Write(bytes);
    const FileContents all = ReadBoundedFile(path, size);
    EXPECT_EQ(all.fault, FileFault::kNone);
    EXPECT_EQ(all.bytes, bytes);
    EXPECT_EQ(ReadBoundedFile(path, size + 1).bytes, bytes);
    if (size == 0) continue;
    const FileContents refused = ReadBoundedFile(path, size - 1);
    EXPECT_EQ(refused.fault, FileFault::kTooLarge);
    EXPECT_TRUE(refused.bytes.empty());
  }
}

TEST_F(BoundedFile, WhatIsNoRegularFileIsRefusedAtOnce) {
  EXPECT_EQ(ReadBoundedFile(folder_, 10).fault, FileFault::kNotRegular);
  const std::string fifo = folder_ + "/fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(ReadBoundedFile(fifo, 10).fault, FileFault::kNotRegular);
  EXPECT_EQ(ReadBoundedFile("/dev/zero", 10).fault, FileFault::kNotRegular);
  const FileContents missing = ReadBoundedFile(folder_ + "/none", 10);
  EXPECT_EQ(missing.fault, FileFault::kCannotOpen);
  EXPECT_EQ(missing.error, ENOENT);
}

// Files of /proc say that they are empty.
TEST_F(BoundedFile, TheSizeAFileStatesIsNotTrusted) {
  const FileContents all = ReadBoundedFile("/proc/self/smaps", size_t{16} << 20);
  ASSERT_EQ(all.fault, FileFault::kNone);
  EXPECT_GT(all.bytes.size(), 4097U);
  EXPECT_EQ(ReadBoundedFile("/proc/self/smaps", 5000).fault, FileFault::kTooLarge);
}

}  // namespace
}  // namespace madoguchi::base
