#ifndef MADOGUCHI_AGENT_RECORDS_GATE_H_
#define MADOGUCHI_AGENT_RECORDS_GATE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/records/clock_rule.h"
#include "agent/records/guarded.h"
#include "agent/records/kind.h"
#include "madoguchi/v1/reception.pb.h"

namespace madoguchi::records {

// Who asks.
struct Asker {
  // The client's identity, and the person it asserts.
  std::string identity;
  std::string person;
  // Counters it may see; empty: all.
  std::vector<std::string> counters;
  // A configured receiver that gets what was fetched in time also after the window (see
  // CheckGrace): it delivers and does not look.
  bool late_receiver = false;
};

// What the gate decided, for the audit trail. No medical content.
struct GateEvent {
  enum class Outcome { kReleased, kRefused };
  Outcome outcome = Outcome::kRefused;
  Asker asker;
  std::string reception_id;
  Kind kind = Kind::kDrug;
  // The catalogue number of a refusal, e.g. `MDG-2001`.
  std::string error;
  // The reception as it was then, for the sealed reference to the person; nullptr when there is
  // none.
  std::shared_ptr<const v1::Reception> reception;
};

struct GateOptions {
  // How long after it was fetched a record may go to late receivers.
  absl::Duration grace = absl::Hours(72);
};

// The only way out for medical data. Thread-safe; blocks on the disk for the audit entry, so never
// on a gRPC thread.
class Gate {
 public:
  // The newest state of a reception; MDG-1401 when there is none. May block on the disk.
  using Receptions =
      std::function<absl::StatusOr<std::shared_ptr<const v1::Reception>>(absl::string_view)>;
  // OK when the event is durable.
  using Audit = std::function<absl::Status(const GateEvent&)>;

  // Everything given outlives the gate.
  Gate(GateOptions options, Receptions receptions, Audit audit, TrustedClock& clock);

  // Whether OQS may be asked now. Refusals are audited; asking is not a release.
  struct Pass {
    std::shared_ptr<const v1::Reception> reception;
    Coverage coverage;
    absl::Time now;
  };
  absl::StatusOr<Pass> Admit(const Asker& asker, absl::string_view reception_id, Kind kind);
  // The same without an audit entry: what the daemon does by itself (prefetch, an answer that has
  // come).
  absl::StatusOr<Pass> Peek(absl::string_view reception_id, Kind kind);

  // Whether what `label` says may go to `asker` now: everything is looked at again, then the audit
  // entry is made durable. No entry, no permit. `coverage` says what of its lines.
  struct Release {
    ReleasePermit permit;
    Coverage coverage;
    // Until when the consent holds, or the grace.
    absl::Time usable_until;
  };
  absl::StatusOr<Release> Permit(const Asker& asker, const Label& label);

  // Whether a release that is still under way (a stream) may go on. Not audited.
  absl::Status MayGoOn(const Asker& asker, const Label& label);

  // `refusal`, after it was audited: for reasons that are not the gate's own.
  absl::Status Refuse(const Asker& asker, absl::string_view reception_id, Kind kind,
                      const absl::Status& refusal);

 private:
  struct Found {
    std::shared_ptr<const v1::Reception> reception;
    Coverage coverage;
    absl::Time now;
    absl::Time usable_until;
  };
  absl::StatusOr<std::shared_ptr<const v1::Reception>> Find(const Asker& asker,
                                                            absl::string_view reception_id) const;
  absl::StatusOr<Pass> Examine(absl::StatusOr<std::shared_ptr<const v1::Reception>> reception,
                               Kind kind);
  absl::StatusOr<Found> Check(const Asker& asker, const Label& label);

  const GateOptions options_;
  const Receptions receptions_;
  const Audit audit_;
  TrustedClock& clock_;
};

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_GATE_H_
