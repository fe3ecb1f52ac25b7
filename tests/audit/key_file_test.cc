#include "agent/audit/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "agent/base/error.h"
#include "tests/store/temp_dir.h"

namespace madoguchi::audit {
namespace {

Link At(int64_t number) {
  return {.number = number,
          .hash = std::string(32, static_cast<char>('a' + number)),
          .key = std::string(32, static_cast<char>('A' + number))};
}

std::string Bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(KeyFile, KeepsTheNewestKeyAndNoOther) {
  const store::TempDir dir;
  const std::string path = dir / "audit.key";
  {
    KeyFile file(path);
    ASSERT_FALSE(file.Load()->has_value());
    ASSERT_TRUE(file.Create(At(0)).ok());
    for (int i = 1; i < 6; ++i) {
      ASSERT_TRUE(file.Save(At(i)).ok());
      const std::string bytes = Bytes(path);
      for (int old = 0; old < i; ++old) EXPECT_EQ(bytes.find(At(old).key), std::string::npos) << i;
      EXPECT_NE(bytes.find(At(i).key), std::string::npos);
    }
  }
  KeyFile file(path);
  const auto link = file.Load();
  ASSERT_TRUE(link.ok() && link->has_value());
  EXPECT_EQ((*link)->number, 5);
  EXPECT_EQ((*link)->hash, At(5).hash);
  EXPECT_EQ((*link)->key, At(5).key);
  struct stat facts {};
  ASSERT_EQ(::stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600);
}

TEST(KeyFile, ATornSaveLeavesTheKeyBefore) {
  const store::TempDir dir;
  const std::string path = dir / "audit.key";
  KeyFile(path).Create(At(3)).IgnoreError();
  const std::string before = Bytes(path);
  {
    KeyFile file(path);
    ASSERT_TRUE(file.Load()->has_value());
    ASSERT_TRUE(file.Save(At(4)).ok());
  }
  const std::string after = Bytes(path);
  // Power fails after any number of bytes of the new slot, before the old one is wiped.
  for (size_t written = 0; written < 4096; written += 13) {
    std::string torn = before;
    torn.replace(4096, written, after, 4096, written);
    std::ofstream(path, std::ios::binary) << torn;
    KeyFile file(path);
    const auto link = file.Load();
    ASSERT_TRUE(link.ok() && link->has_value()) << written;
    EXPECT_TRUE((*link)->number == 3 || (*link)->number == 4);
    EXPECT_EQ((*link)->key, At((*link)->number).key);
  }
}

TEST(KeyFile, WhatIsNoKeyIsRefused) {
  const store::TempDir dir;
  for (const std::string& content : {std::string(), std::string(8192, '\0'), std::string(9, 'x')}) {
    std::ofstream(dir / "audit.key", std::ios::binary) << content;
    EXPECT_TRUE(
        base::Is(KeyFile(dir / "audit.key").Load().status(), base::ErrorCode::kAuditKeyProblem));
  }
}

}  // namespace
}  // namespace madoguchi::audit
