#ifndef MADOGUCHI_AGENT_RECORDS_KEEPER_H_
#define MADOGUCHI_AGENT_RECORDS_KEEPER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"
#include "agent/records/answer_rule.h"
#include "agent/records/gate.h"
#include "agent/store/store.h"
#include "madoguchi/v1/reception.pb.h"

namespace madoguchi::records {

// Whether OQS is asked.
enum class Freshness { kStoredOrFetch, kStoredOnly, kFetch };

// What somebody wants to have.
struct Wish {
  Asker asker;
  std::string reception_id;
  Kind kind = Kind::kDrug;
  // For kinds that have months.
  std::optional<Months> months;
  Freshness freshness = Freshness::kStoredOrFetch;
  // The same call again: with kFetch, OQS is asked once for all calls with the same key. Empty:
  // every call stands for itself.
  std::string call_key;
  // What it asks for: another content under the same key is MDG-1002.
  std::string call_content = {};
};

// A closed box with what is kept (Reading::body), and the permit that opens it.
struct Delivery {
  Guarded<std::string> box;
  ReleasePermit permit;
  // What of its lines may be given.
  Coverage coverage;
  absl::Time usable_until;
};

struct KeeperOptions {
  // A record is deleted this long after it was fetched.
  absl::Duration keep = absl::Hours(72);
};

// Fetches medical records, once for everybody who wants them, keeps them for a while, and gives
// them through the gate. One thread of its own (`records`).
class Keeper {
 public:
  // Asks OQS; returns at once, and answers exactly once, on any thread: the file, or why there is
  // none.
  using Ask = std::function<void(const Question&, std::function<void(absl::StatusOr<Answer>)>)>;
  // Reads a file. On the keeper's thread.
  using Read = std::function<absl::StatusOr<Reading>(const Question&, const Answer&)>;
  // Makes changes durable, together with a note of the records it deletes.
  using Commit = std::function<absl::Status(const store::Changes&)>;
  // Where the records of a reception stand, for its snapshot. On the keeper's thread; must not
  // block.
  using OnStatus = std::function<void(const std::string&, std::vector<v1::RecordStatus>)>;

  struct Parts {
    store::Store& store;
    Gate& gate;
    TrustedClock& trusted;
    base::Clock& clock;
    Ask ask;
    Read read;
    Commit commit;
    OnStatus on_status;
  };
  // Everything given outlives the keeper.
  Keeper(KeeperOptions options, Parts parts);
  // Stops.
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // Deletes what is due, and from then on when it is due.
  void Start();
  // Refuses with MDG-1004 what still waits, ends the thread. Idempotent. Answers that come later
  // are dropped.
  void Stop();

  // Any thread. `done` runs exactly once, on the keeper's thread or, when it is stopped, on the
  // caller's. Errors: the gate's; MDG-2008 with kStoredOnly; 2009 a document before any record of
  // the same qualification matched; what Ask, Read and CheckAnswer say.
  using Done = std::function<void(absl::StatusOr<Delivery>)>;
  void Get(Wish wish, Done done);

  // Any thread. Fetches in advance what the reception's consents cover and is not here yet, of
  // these kinds. Nobody gets anything by it.
  void Prefetch(std::string reception_id, std::vector<Kind> kinds);

  // Any thread. Whether a delivery that is still under way may go on; ends it with the gate's
  // refusal when not.
  absl::Status MayGoOn(const Asker& asker, const Label& label) const;

 private:
  class Impl;
  // Shared with answers that are still to come.
  std::shared_ptr<Impl> impl_;
};

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_KEEPER_H_
