#ifndef MADOGUCHI_TESTS_SIM_TEST_SITE_H_
#define MADOGUCHI_TESTS_SIM_TEST_SITE_H_

#include <string>
#include <vector>

#include "tests/sim/site.h"
#include "tests/sim/tap.h"

namespace madoguchi::sim {

// A folder that is gone at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A site made by InitSite in a folder of its own.
class TempSite {
 public:
  explicit TempSite(InitOptions options = {});

  const std::string& path() const { return path_; }
  const Site& site() const { return *site_; }
  // Fails the test when the tap fails.
  Tapped Tap(const TapOptions& options);
  // Names in a folder below the site, sorted.
  std::vector<std::string> Names(const std::string& folder) const;
  // Bytes of DIR/oqs/face/NAME.
  std::string FaceFile(const std::string& name) const;

 private:
  TempFolder folder_;
  std::string path_;
  absl::StatusOr<Site> site_;
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_TEST_SITE_H_
