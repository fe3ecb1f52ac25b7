#ifndef MADOGUCHI_TESTS_OQS_FIXTURES_H_
#define MADOGUCHI_TESTS_OQS_FIXTURES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace madoguchi::oqs {

struct Fixture {
  // Below tests/fixtures/oqs.
  std::string path;
  // Without folder.
  std::string name;
  std::string bytes;
};

// Every file of tests/fixtures/oqs with that extension (`.pdf`), sorted by path.
std::vector<Fixture> FixturesOf(absl::string_view extension);
// Every message file of tests/fixtures/oqs, sorted by path.
std::vector<Fixture> AllFixtures();
// The one whose name ends with `ending`; the test fails when there is none.
Fixture FixtureEndingWith(absl::string_view ending);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_TESTS_OQS_FIXTURES_H_
