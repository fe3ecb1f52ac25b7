#include "tests/oqs/fixtures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"

namespace madoguchi::oqs {

std::vector<Fixture> FixturesOf(absl::string_view extension) {
  const std::filesystem::path root =
      std::filesystem::path(MADOGUCHI_SOURCE_DIR) / "tests/fixtures/oqs";
  std::vector<Fixture> fixtures;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension().string() != extension) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::stringstream bytes;
    bytes << file.rdbuf();
    fixtures.push_back({std::filesystem::relative(entry.path(), root).string(),
                        entry.path().filename().string(), bytes.str()});
  }
  std::sort(fixtures.begin(), fixtures.end(),
            [](const Fixture& a, const Fixture& b) { return a.path < b.path; });
  return fixtures;
}

std::vector<Fixture> AllFixtures() { return FixturesOf(".xml"); }

Fixture FixtureEndingWith(absl::string_view ending) {
  for (Fixture& fixture : AllFixtures()) {
    if (absl::EndsWith(fixture.path, ending)) return std::move(fixture);
  }
  ADD_FAILURE() << "no fixture ends with " << ending;
  return {};
}

}  // namespace madoguchi::oqs
