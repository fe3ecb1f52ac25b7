#include "adapters/route/state_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "agent/base/error.h"

namespace madoguchi::adapters {
namespace {

namespace fs = std::filesystem;

class StateFolderTest : public ::testing::Test {
 protected:
  StateFolderTest() {
    std::string path = (fs::temp_directory_path() / "mdg-state-XXXXXX").string();
    top_ = ::mkdtemp(path.data());
    folder_ = top_ + "/state";
  }
  ~StateFolderTest() override { fs::remove_all(top_); }
  kept::v1::RouteState Sample() const {
    kept::v1::RouteState state;
    state.set_route("emr");
    state.set_cursor("c");
    state.add_items()->set_reception_id("r");
    return state;
  }

  std::string top_;
  std::string folder_;
};

TEST_F(StateFolderTest, OneProgramAtATime) {
  {
    const auto lock = StateLock::Take(folder_);
    ASSERT_TRUE(lock.ok()) << lock.status();
    EXPECT_TRUE(IsHeld(folder_));
    const auto second = StateLock::Take(folder_);
    EXPECT_TRUE(base::Is(second.status(), base::ErrorCode::kDeliveryStateUnusable));
  }
  EXPECT_FALSE(IsHeld(folder_));
  struct stat info = {};
  ASSERT_EQ(::stat(folder_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(StateFolderTest, WhatIsSavedIsLoaded) {
  const auto lock = StateLock::Take(folder_);
  const auto none = LoadState(folder_, "emr");
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->cursor().empty());
  ASSERT_TRUE(SaveState(folder_, Sample()).ok());
  const auto loaded = LoadState(folder_, "emr");
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->SerializeAsString(), Sample().SerializeAsString());
  struct stat info = {};
  ASSERT_EQ(::stat((folder_ + "/emr.state").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(StateFolderTest, ADamagedFileIsRefusedRatherThanBelieved) {
  const auto lock = StateLock::Take(folder_);
  ASSERT_TRUE(SaveState(folder_, Sample()).ok());
  const std::string path = folder_ + "/emr.state";
  const auto size = fs::file_size(path);
  for (const auto at : {uintmax_t{0}, size / 2, size - 1}) {
    ASSERT_TRUE(SaveState(folder_, Sample()).ok());
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(at));
    const int was = file.get();
    file.seekp(static_cast<std::streamoff>(at));
    file.put(static_cast<char>(was ^ 1));
    file.close();
    const auto loaded = LoadState(folder_, "emr");
    EXPECT_TRUE(base::Is(loaded.status(), base::ErrorCode::kDeliveryStateUnusable)) << at;
  }
  fs::resize_file(path, 10);
  EXPECT_FALSE(LoadState(folder_, "emr").ok());
  fs::copy_file(path, folder_ + "/lab.state");
  EXPECT_FALSE(LoadState(folder_, "lab").ok());
}

TEST_F(StateFolderTest, AsksAreTakenOnce) {
  const auto lock = StateLock::Take(folder_);
  ASSERT_TRUE(
      LeaveAsk(folder_, {.kind = Ask::Kind::kResend, .route = "emr", .reception_id = "r1"}).ok());
  std::ofstream(folder_ + "/ask-nonsense") << "rm -rf";
  const auto asks = TakeAsks(folder_);
  ASSERT_EQ(asks.size(), 1U);
  EXPECT_EQ(asks[0].route, "emr");
  EXPECT_EQ(asks[0].reception_id, "r1");
  EXPECT_TRUE(TakeAsks(folder_).empty());
  ASSERT_TRUE(LeaveAsk(folder_, {.kind = Ask::Kind::kDrop, .route = "emr"}).ok());
  const auto drop = TakeAsks(folder_);
  ASSERT_EQ(drop.size(), 1U);
  EXPECT_EQ(drop[0].kind, Ask::Kind::kDrop);
  EXPECT_TRUE(drop[0].reception_id.empty());
}

}  // namespace
}  // namespace madoguchi::adapters
