#ifndef MADOGUCHI_TESTS_SIM_EXCHANGE_H_
#define MADOGUCHI_TESTS_SIM_EXCHANGE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/sim/answer.h"
#include "tests/sim/deliver.h"
#include "tests/sim/faults.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {

// The terminals' side of questions: takes request files out of req, and writes the answers into res
// in their time, with the faults that are on. For one thread; what is on its way is forgotten with
// the object, as by a terminal that is switched off.
class Exchange {
 public:
  // `answer_after`: from the request's taking to its answer. `site` outlives this.
  Exchange(const Site& site, absl::Duration answer_after);

  // Takes what has come and writes what is due. Call every 50 ms or so; it never waits for time to
  // pass.
  absl::Status Turn(absl::Time now);

 private:
  // One step of writing an answer.
  struct Step {
    enum class Kind { kCreate, kAppend, kTakeAway };
    Kind kind = Kind::kCreate;
    int terminal = 1;
    std::string file = {};
    std::string bytes = {};
  };
  struct Held {
    absl::Duration after;
    Step step;
  };

  absl::Status Flap(absl::Time now);
  absl::Status TakeRequests(int terminal, absl::Time now);
  absl::Status TakeOne(int terminal, const std::string& name, absl::Time now);
  // When which step comes, counted from the answer's time.
  std::vector<Held> Plan(const Delivery& delivery, const Answer& answer) const;
  void ReleaseHeld(absl::Time now);
  absl::Status WriteDue(absl::Time now);
  absl::Status Write(const Step& step) const;

  const Site& site_;
  const absl::Duration answer_after_;
  // Read with the first request.
  std::optional<Registry> registry_;
  std::vector<ActiveFault> faults_;
  std::multimap<absl::Time, Step> steps_;
  std::vector<Held> held_;
  absl::Time next_flap_ = absl::InfinitePast();
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_EXCHANGE_H_
