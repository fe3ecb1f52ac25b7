#ifndef MADOGUCHI_TESTS_SIM_CARD_RUN_H_
#define MADOGUCHI_TESTS_SIM_CARD_RUN_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {

// Where vpcd listens as Debian configures it; its second slot is the next port.
inline constexpr int kVpcdPort = 35963;

struct CardOptions {
  int port = kVpcdPort;
  // The number of a person (see population).
  int person = 0;
  // For ParseCardBehaviour.
  std::string behaviour = {};
};

// Puts somebody's card on the virtual reader at `port` and lets it lie there until SIGTERM, SIGINT
// or SIGHUP. Goes on trying when pcscd is not there, stops or starts again. `say` is given a line
// beginning with `ready` whenever the reader has taken the card in, and one when there is no
// reader.
absl::Status RunCard(const Site& site, const CardOptions& options,
                     const std::function<void(const std::string&)>& say);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CARD_RUN_H_
