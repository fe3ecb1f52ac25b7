#ifndef MADOGUCHI_TESTS_SIM_SHARE_H_
#define MADOGUCHI_TESTS_SIM_SHARE_H_

#include <sys/types.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/sim/site.h"

// One terminal's OQS folder behind bindfs, a stand-in for a network share that can hang: the folder
// itself moves to a hidden place (the terminal's own disk), and DIR/oqs becomes the mount.
namespace madoguchi::sim {

// Mounts; the process id of bindfs. It dies with this process.
absl::StatusOr<pid_t> MountShare(const Site& site, int terminal);
// Ends bindfs (0: none was started) and puts the folder back to its place. Also repairs what a
// killed `run` left behind.
absl::Status UnmountShare(const Site& site, int terminal, pid_t bindfs);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_SHARE_H_
