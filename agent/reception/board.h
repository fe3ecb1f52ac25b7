#ifndef MADOGUCHI_AGENT_RECEPTION_BOARD_H_
#define MADOGUCHI_AGENT_RECEPTION_BOARD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "madoguchi/v1/reception.pb.h"

namespace madoguchi::reception {

using ReceptionPtr = std::shared_ptr<const v1::Reception>;

// The newest snapshot of a reception and the number of the event that made it. Numbers grow by one
// with every event of the store; only the newest event of each reception is kept (an older one says
// nothing that the newer does not).
struct Event {
  int64_t number = 0;
  ReceptionPtr reception;
};

// What the desk knows, for other threads to read without waiting for it: every reception that is
// not closed, and those closed recently. Thread-safe; holds its lock for a look-up only.
class Board {
 public:
  // nullptr: not held in memory (it may be in the store).
  ReceptionPtr Find(absl::string_view reception_id) const;
  // The same, but not while a change of it is on its way to the disk: somebody may have read the
  // change in the store already, and must not be given by what was before. Waits for that at most
  // `patience`; nullopt when it took longer. Never on the desk's thread.
  std::optional<ReceptionPtr> FindSettled(absl::string_view reception_id,
                                          absl::Duration patience) const;
  ReceptionPtr FindByConfirmation(absl::string_view confirmation_id) const;
  // Number of the newest event; 0 when there is none.
  int64_t Head() const;
  // Every event with a number above this is in memory; older ones have to be read from the store.
  int64_t Floor() const;
  // The oldest held event with a number above `after` (meaningful for after >= Floor()).
  std::optional<Event> Next(int64_t after) const;
  // All held, in ascending order of event numbers.
  std::vector<Event> All() const;
  int OpenCount() const;
  // Of these, how many are PENDING.
  int PendingCount() const;

  // Desk only.
  void Reset(int64_t head, int64_t floor, std::vector<Event> events);
  // Before a change of these is committed; until Publish, or Release when nothing came of it.
  void Hold(const std::vector<std::string>& reception_ids);
  void Release();
  void Publish(const std::vector<Event>& events);
  // Forgets a reception; the floor rises to its event.
  void Drop(const std::string& reception_id);

 private:
  void Put(Event event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Takes it out of every index but by_id_.
  void Remove(const Event& event) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable absl::Mutex mu_;
  absl::flat_hash_map<std::string, Event> by_id_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, std::string> by_confirmation_ ABSL_GUARDED_BY(mu_);
  std::map<int64_t, ReceptionPtr> by_number_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<std::string> held_ ABSL_GUARDED_BY(mu_);
  int64_t head_ ABSL_GUARDED_BY(mu_) = 0;
  int64_t floor_ ABSL_GUARDED_BY(mu_) = 0;
  int open_ ABSL_GUARDED_BY(mu_) = 0;
  int pending_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_BOARD_H_
