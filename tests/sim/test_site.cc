#include "tests/sim/test_site.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/sim/files.h"

namespace madoguchi::sim {

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "sim-test-XXXXXX").string();
  path_ = mkdtemp(pattern.data()) == nullptr ? "" : pattern;
  EXPECT_FALSE(path_.empty());
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TempSite::TempSite(InitOptions options) : path_(absl::StrCat(folder_.path(), "/site")) {
  options.folder = path_;
  const absl::Status made = InitSite(options, absl::Now());
  EXPECT_TRUE(made.ok()) << made;
  site_ = Site::Open(path_);
  EXPECT_TRUE(site_.ok()) << site_.status();
}

Tapped TempSite::Tap(const TapOptions& options) {
  const absl::StatusOr<Tapped> tapped = Tapper(*site_).Tap(options);
  EXPECT_TRUE(tapped.ok()) << tapped.status();
  return tapped.ok() ? *tapped : Tapped{};
}

std::vector<std::string> TempSite::Names(const std::string& folder) const {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(absl::StrCat(path_, "/", folder), ignored)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string TempSite::FaceFile(const std::string& name) const {
  const absl::StatusOr<std::string> bytes = ReadFile(absl::StrCat(path_, "/oqs/face/", name));
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  return bytes.ok() ? *bytes : "";
}

}  // namespace madoguchi::sim
