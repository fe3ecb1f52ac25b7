#ifndef MADOGUCHI_TESTS_SIM_RUN_H_
#define MADOGUCHI_TESTS_SIM_RUN_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {

struct RunOptions {
  // Serve the terminals' folders through bindfs, so that they can hang.
  bool fuse = false;
  // Result files older than this are removed, as the terminal's clean-up does.
  absl::Duration stay = absl::Hours(24);
  // From the taking of a request to its answer; a real terminal needs seconds.
  absl::Duration answer_after = absl::Milliseconds(200);
  // How long a consent lasts that came over the web.
  absl::Duration consent_for = absl::Hours(24);
  // How long a token of the web API counts.
  absl::Duration token_for = absl::Hours(1);
};

// Serves a site until SIGTERM or SIGINT; `ready` is called once it does. One `run` per site. The
// calling thread must be the only one (signals are blocked in it).
absl::Status RunSite(const Site& site, const RunOptions& options,
                     const std::function<void()>& ready);

// Removes files older than `stay` from face and res of one terminal; returns how many.
int CleanUp(const Site& site, int terminal, absl::Duration stay, absl::Time now);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_RUN_H_
