#ifndef MADOGUCHI_AGENT_RECEPTION_DESK_CARDS_H_
#define MADOGUCHI_AGENT_RECEPTION_DESK_CARDS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/base/executor.h"
#include "agent/oqs/web_assumed.h"
#include "madoguchi/v1/reception.pb.h"

namespace madoguchi::reception {

// What the desk holds of a check-in at an own reader beside the reception, from its beginning until
// it is answered or over. In memory only: after a restart such a reception has ended.
struct CardVisit {
  std::string reader;
  // The card is being opened; or has been, for this reception.
  bool opening = false;
  bool open = false;
  // A PIN is being checked.
  bool proving = false;
  // The key the next PIN is sealed to; empty: none.
  std::string key_id;
  // For the next signature; and until when another is not worth asking for, and until when what was
  // signed is of use.
  std::optional<oqs::LoginChallenge> challenge;
  absl::Time challenge_fresh_until;
  absl::Time challenge_until;
  // Who waits for one that is being asked for; null: none is. What is signed and what is sent must
  // be the same, so that there is never a second one on its way.
  std::shared_ptr<std::vector<std::function<void(const absl::Status&)>>> challenge_waiters;
  // For user authentication, DER.
  std::string certificate;
  // Over `challenge`; empty without a PIN.
  std::string signature;
  base::Executor::TimerId timer = 0;
  base::Executor::TimerId retry = 0;
};

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_DESK_CARDS_H_
