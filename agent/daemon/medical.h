#ifndef MADOGUCHI_AGENT_DAEMON_MEDICAL_H_
#define MADOGUCHI_AGENT_DAEMON_MEDICAL_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/audit/trail.h"
#include "agent/base/clock.h"
#include "agent/reception/desk.h"
#include "agent/records/keeper.h"
#include "agent/store/store.h"

namespace madoguchi::daemon {

// `[records]` of the configuration, and `prefetch` of its terminals.
struct MedicalConfig {
  // How long records are kept after they were fetched.
  absl::Duration keep = absl::Hours(72);
  // How long after that they may still go to receivers that only deliver.
  absl::Duration grace = absl::Hours(72);
  // What is fetched as soon as a card was read, by counter.
  std::map<std::string, std::vector<records::Kind>> prefetch;
};

// The rooms of medical records, wired to the desk and the audit trail.
class Medical {
 public:
  // Everything given outlives this. `skew`: OQS's clock minus this machine's as last seen;
  // from memory, any thread. Errors are the store's.
  static absl::StatusOr<std::unique_ptr<Medical>> Make(const MedicalConfig& config,
                                                       store::Store& store, audit::Trail& trail,
                                                       reception::Desk& desk, base::Clock& clock,
                                                       std::function<absl::Duration()> skew);

  records::Keeper& keeper() { return *keeper_; }
  // After the desk has started: fetches for those who are there already, too.
  void Start();
  void Stop() { keeper_->Stop(); }

 private:
  Medical(const MedicalConfig& config, absl::Time mark, audit::Trail& trail, reception::Desk& desk,
          base::Clock& clock, std::function<absl::Duration()> skew);
  void Prefetch(const v1::Reception& reception);

  const MedicalConfig config_;
  reception::Desk& desk_;
  records::TrustedClock trusted_;
  records::Gate gate_;
  std::unique_ptr<records::Keeper> keeper_;
};

}  // namespace madoguchi::daemon

#endif  // MADOGUCHI_AGENT_DAEMON_MEDICAL_H_
