#ifndef MADOGUCHI_TESTS_SIM_REQUESTS_H_
#define MADOGUCHI_TESTS_SIM_REQUESTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {

// One request file a terminal took, or one request to the web API (DIR/sim/requests.jsonl). A file
// of the same name that is written once more is a request of its own.
struct SeenRequest {
  std::string file = {};
  // 0: it came over the web.
  int terminal = 1;
  absl::Time at;
  // Whom it asked for; 0: nobody known, or several.
  int patient = 0;
  // `OQSsiquc01`, `YZKsiquc01`, …
  std::string family = {};
  // Medical records: FileCategory, and the months asked for (yyyyMM) where there are any.
  std::string file_category = {};
  std::string from_month = {};
  std::string to_month = {};
  // Equal for requests that ask the same: a digest of everything but name and identifier.
  std::string question = {};
  std::string identifier = {};
  // `answered`, `held` (until the fault is cleared), `unanswered` or `eaten`; on the web also
  // `broken` (the answer does not arrive whole) or `failed` (an HTTP error).
  std::string outcome = {};
};

// Appends one line; it is on disk in one piece.
absl::Status LogRequest(const Site& site, const SeenRequest& request);
// Every line of the log as it is, one JSON object each; empty before the first request.
absl::StatusOr<std::vector<std::string>> SeenRequestLines(const Site& site);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_REQUESTS_H_
