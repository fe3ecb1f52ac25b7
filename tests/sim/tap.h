#ifndef MADOGUCHI_TESTS_SIM_TAP_H_
#define MADOGUCHI_TESTS_SIM_TAP_H_

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "madoguchi/v1/codes.pb.h"
#include "tests/sim/expected.h"
#include "tests/sim/json.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {

struct TapOptions {
  // At most one of persona, patient and replay; none: a patient by chance.
  std::string persona = {};
  int patient = 0;
  // A file whose bytes are delivered as they are.
  std::string replay = {};
  int terminal = 1;
  std::optional<std::vector<v1::ConsentCategory>> consents = std::nullopt;
  absl::Duration consent_for = absl::Hours(24);
};

struct Tapped {
  std::string file = {};
  int terminal = 1;
  // 0 for a replay.
  int patient = 0;
  std::string persona = {};
  // Names of the faults that were on.
  std::vector<std::string> faults = {};
  Expected expected = {};

  JsonObject Json() const;
};

// A face reader reports somebody: writes the file into the terminal's face folder, with the faults
// that are on, and returns when it is there (with faults that take their time, after those).
class Tapper {
 public:
  explicit Tapper(const Site& site);
  absl::StatusOr<Tapped> Tap(const TapOptions& options);

 private:
  absl::StatusOr<Person> Choose(const TapOptions& options);

  const Site& site_;
  std::mt19937_64 chance_;
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_TAP_H_
