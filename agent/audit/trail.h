#ifndef MADOGUCHI_AGENT_AUDIT_TRAIL_H_
#define MADOGUCHI_AGENT_AUDIT_TRAIL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/audit/chain.h"
#include "agent/audit/entry.h"
#include "agent/audit/key_file.h"
#include "agent/audit/notes.h"
#include "agent/audit/search.h"
#include "agent/audit/site_key.h"
#include "agent/audit/verify.h"
#include "agent/base/clock.h"
#include "agent/store/store.h"

namespace madoguchi::audit {

// How the trail stands; from memory.
struct TrailStatus {
  Anchor head;
  // The newest entry; InfinitePast when there is none yet.
  absl::Time at = absl::InfinitePast();
  // OK, or why the last entry, or the key after it, could not be written.
  absl::Status writable;
  // Key and database did not fit together when the trail was opened: MDG-1901.
  bool damaged = false;
  // Entries in memory that wait for the disk.
  int64_t waiting = 0;
  // Dropped since the start.
  int64_t lost = 0;
};

// The audit trail: the only writer of audit entries. Thread-safe; one thread of its own (`audit`),
// which writes what Note() was given, and the key file after entries were written: an entry does
// not wait for a second file. A key that is behind when the daemon dies is taken on from the
// entries.
class Trail {
 public:
  // Keys are in `folder`. What key file and database do not agree on is recorded, and the trail
  // goes on: a clinic must not stand still because of it. MDG-1902: a key cannot be read or made;
  // 15xx. Everything given outlives the trail.
  static absl::StatusOr<std::unique_ptr<Trail>> Open(std::string folder, store::Store& store,
                                                     base::Clock& clock);
  // Stops.
  ~Trail();
  Trail(const Trail&) = delete;
  Trail& operator=(const Trail&) = delete;

  // Starts the thread.
  void Start();
  // Writes what was noted and the key, and ends the thread. Idempotent.
  void Stop();

  // Makes `changes` durable together with `entries`, in one transaction; before them what waited.
  // Returns the event numbers of Store::Commit(). After an error nothing is done. When it is the
  // trail that cannot be written (and not the disk that is full), changes whose entries do not fail
  // closed are made without them, and the entries are kept. Blocks on the disk.
  absl::StatusOr<std::vector<int64_t>> Commit(const store::Changes& changes,
                                              std::vector<Entry> entries);
  // One entry by itself, as the rule of its kind says: an error only for kinds that fail closed.
  // Blocks on the disk.
  absl::Status Record(Entry entry);
  // From memory, never blocks: for what may come in floods. Alike ones are counted (see Notes).
  void Note(Entry entry);

  // Whether the private site key is here.
  bool CanDisclose() const { return site_.CanOpen(); }
  // The seal of a person in an entry, opened. MDG-1902, 1802.
  absl::StatusOr<std::string> Disclose(int64_t number, const Entry& entry) const;
  TrailStatus Status() const;
  // As audit::Search. Blocks on the disk.
  absl::StatusOr<SearchPage> Search(const Filter& filter, int64_t after, int64_t up_to,
                                    int limit) const {
    return audit::Search(store_, filter, after, up_to, limit);
  }
  // Blocks on the disk.
  absl::StatusOr<Verdict> Verify(const std::vector<Anchor>& anchors) const;

 private:
  Trail(std::string folder, store::Store& store, base::Clock& clock, SiteKey site);
  absl::Status OpenChain();
  // Takes over what was committed after the key was saved last. False: it is not ours.
  absl::StatusOr<bool> CatchUp() ABSL_EXCLUSIVE_LOCKS_REQUIRED(key_mu_, mu_);
  // A new key from entry `after` + 1 on.
  absl::Status StartChain(int64_t after, std::string hash)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(key_mu_, mu_);
  // Brings the key file up to the newest entry.
  void SaveKey();
  absl::StatusOr<std::vector<int64_t>> Write(store::Changes changes, std::vector<Entry> entries)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status AddRow(Entry entry, Link& link, std::vector<store::AuditRow>& rows) const;
  void Keep(Entry entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What was to be written could not be.
  void SayUnwritable(const absl::Status& why);
  void Run();
  void WriteNoted(std::vector<Entry> entries);
  // When the thread has something to do.
  absl::Time NextTask() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(note_mu_);
  // What could not be written before, when it is time to try again.
  void WriteKept();

  const std::string folder_;
  store::Store& store_;
  base::Clock& clock_;
  const SiteKey site_;

  absl::Mutex key_mu_;
  KeyFile key_file_ ABSL_GUARDED_BY(key_mu_);
  int64_t key_number_ ABSL_GUARDED_BY(key_mu_) = 0;

  // Held while the database is written: entries have one order.
  mutable absl::Mutex mu_ ABSL_ACQUIRED_AFTER(key_mu_);
  Link link_ ABSL_GUARDED_BY(mu_);
  std::vector<Entry> spool_ ABSL_GUARDED_BY(mu_);
  // Lost and not yet said so in the trail.
  int64_t lost_unsaid_ ABSL_GUARDED_BY(mu_) = 0;

  // What others may ask without waiting for the disk.
  mutable absl::Mutex note_mu_ ABSL_ACQUIRED_AFTER(mu_);
  absl::CondVar noted_;
  Notes notes_ ABSL_GUARDED_BY(note_mu_);
  bool stopping_ ABSL_GUARDED_BY(note_mu_) = false;
  // The key file is older than the newest entry.
  bool key_behind_ ABSL_GUARDED_BY(note_mu_) = false;
  absl::Status key_saved_ ABSL_GUARDED_BY(note_mu_);
  absl::Time retry_at_ ABSL_GUARDED_BY(note_mu_) = absl::InfiniteFuture();
  TrailStatus status_ ABSL_GUARDED_BY(note_mu_);
  std::thread thread_;
};

}  // namespace madoguchi::audit

#endif  // MADOGUCHI_AGENT_AUDIT_TRAIL_H_
