#ifndef MADOGUCHI_TESTS_SIM_CARD_LOG_H_
#define MADOGUCHI_TESTS_SIM_CARD_LOG_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/sim/files.h"
#include "tests/sim/json.h"
#include "tests/sim/site.h"

// What virtual cards have seen: DIR/sim/card.jsonl, a line each. No PIN and nothing that was read.
namespace madoguchi::sim {

class CardLog {
 public:
  // Appends; several cards may write at once.
  static absl::StatusOr<CardLog> Open(const Site& site);
  absl::Status Add(const JsonObject& line) const;

 private:
  std::string path_;
  Descriptor file_;
};

// Every line so far, oldest first.
absl::StatusOr<std::vector<std::string>> CardLogLines(const Site& site);
// Counts of exchanges and of what must not be done, for people.
std::string CardLogSummary(const std::vector<std::string>& lines);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CARD_LOG_H_
