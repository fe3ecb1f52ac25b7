#ifndef MADOGUCHI_TESTS_SIM_RUN_STATE_H_
#define MADOGUCHI_TESTS_SIM_RUN_STATE_H_

#include <sys/types.h>

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {

// What a running `run` tells the other commands (DIR/sim/run.json).
struct RunState {
  pid_t pid = 0;
  bool fuse = false;
  // The bindfs process of each terminal, with --fuse.
  std::vector<pid_t> bindfs = {};
};

std::string RunStateFile(const Site& site);
std::string RunLockFile(const Site& site);
absl::Status WriteRunState(const Site& site, const RunState& state);
// nullopt unless a `run` holds its lock on the site.
std::optional<RunState> ReadRunState(const Site& site);

// Sends SIGSTOP or SIGCONT to the bindfs of `terminal`, after a look whether it is one.
absl::Status SignalShare(const RunState& run, int terminal, int signal);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_RUN_STATE_H_
