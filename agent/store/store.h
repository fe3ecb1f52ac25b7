#ifndef MADOGUCHI_AGENT_STORE_STORE_H_
#define MADOGUCHI_AGENT_STORE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

// What survives: receptions, their newest events, expectations, and the results of calls. Only
// value types; what is in a `body` is the business of the rooms above, and personal data are in
// bodies only.
namespace madoguchi::store {

// A reception as it is kept.
struct ReceptionRow {
  std::string id;
  std::string confirmation_id;
  std::string counter;
  // The day it was opened, in Japan.
  absl::CivilDay day;
  // Number of its v1::ReceptionState.
  int state = 0;
  // Not closed.
  bool open = true;
  absl::Time opened_at;
  // Number of its newest event; given by Commit.
  int64_t event = 0;
  std::string body;
};

// A face push that was taken, and what it became.
struct FaceKey {
  std::string key;
  std::string reception_id;
};

// The result of a call with a request_id. `key` stands for identity, method and id.
struct RequestRow {
  std::string key;
  // In Japan; what is behind the fingerprint is deleted together with the receptions of that day.
  absl::CivilDay day;
  // kFingerprintBytes that stand for the content of the call, and its result.
  std::string body;
};
inline constexpr size_t kFingerprintBytes = 32;

struct ExpectationRow {
  std::string id;
  std::string counter;
  absl::Time until;
  std::string body;
};

// A medical record as it is kept, under what it was fetched for. What is medical is in `body`.
struct RecordKey {
  std::string reception_id;
  // Number of its records::Kind.
  int kind = 0;
  // Months asked for, as year * 12 + month - 1; 0 for kinds without.
  int64_t first_month = 0;
  int64_t last_month = 0;
};
struct RecordRow {
  RecordKey key;
  // Index of the qualification it was asked for.
  int qualification = 0;
  absl::Time fetched_at;
  // Not kept longer than that.
  absl::Time delete_at;
  std::string body;
};

// A question to OQS and how far it has got. Whom it asks about is in `body`.
struct ExchangeRow {
  // Ours alone; the answer echoes it.
  std::string id;
  // Empty: it was asked without a reception.
  std::string reception_id;
  std::string terminal;
  // With `number`, the name of its files in the terminal's folders: taken by no other exchange.
  absl::CivilDay day;
  int number = 0;
  // Number of its step; its meaning belongs to the rooms above.
  int step = 0;
  // Something may still happen to it.
  bool open = true;
  absl::Time opened_at;
  std::string body;
};

// An entry of the audit trail. What it says is in `body`; what binds it to the entries before it is
// the business of the room `audit`.
struct AuditRow {
  // Given by the trail; from 1, without gaps.
  int64_t number = 0;
  absl::Time at;
  std::string body;
  std::string hash;
  std::string tag;
};

// What one transaction changes.
struct Changes {
  // New or changed; each becomes one event, in this order.
  std::vector<ReceptionRow> receptions;
  std::vector<FaceKey> face_keys;
  // New, or in place of the one with the same key.
  std::optional<RequestRow> request;
  std::vector<ExpectationRow> expectations;
  std::vector<std::string> expectations_gone;
  // New, or in place of the one with the same key.
  std::vector<RecordRow> records;
  // New or changed. MDG-1502 when another one has the name.
  std::vector<ExchangeRow> exchanges;
  std::vector<RecordKey> records_gone;
  // Appended; never changed or deleted.
  std::vector<AuditRow> audit;
  // A time the clock has shown; the newest is kept.
  std::optional<absl::Time> clock_mark;
};

// Which events to read.
struct EventQuery {
  // Only numbers above this.
  int64_t after = 0;
  // Only receptions opened on this day.
  std::optional<absl::CivilDay> day = {};
  // Only these; empty: all.
  std::vector<std::string> counters = {};
  std::vector<int> states = {};
  int max_rows = 100;
  // Rows looked at, at most: bounds the time of one call when few match.
  int max_scanned = 2000;
};

struct EventPage {
  // Ascending event numbers.
  std::vector<ReceptionRow> rows;
  // Everything up to here was looked at; the newest event's number when `at_end`.
  int64_t looked_through = 0;
  bool at_end = false;
};

// One SQLite file in WAL mode: one writer, and a few readers that never wait for it. Thread-safe;
// every call may block on the disk. All errors are MDG-1501 (disk full: nothing changed, the next
// call tries again, no reopening needed), 1502 or 1504.
class Store {
 public:
  // Opens `path`, or makes it (mode 0600) with an id of its own. MDG-1503: made by a newer version;
  // 1504: damaged, or not a database of ours.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path);
  // Closes.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // 16 hexadecimal digits, made with the file.
  const std::string& Id() const;

  // One transaction: after OK everything is on disk, after an error nothing is. Gives each
  // reception its event number (in order) and returns those. Numbers grow by one and are never
  // given twice, also not after deletions.
  absl::StatusOr<std::vector<int64_t>> Commit(const Changes& changes);
  // Writes something small: OK when that works and 1 MB is free to go on with.
  absl::Status Probe();

  // Deletes closed receptions opened before `day`, at most `limit`, with their keys, and as many
  // exchanges and results of calls; of calls since `calls_day` (unset: none) the fingerprint stays,
  // so that none is done a second time. Returns the ids of receptions deleted and whether all are.
  // The floor rises to the newest event deleted.
  struct Deleted {
    std::vector<std::string> reception_ids;
    bool all = false;
    // Something was deleted, a reception or not: Scrub() has to follow.
    bool any = false;
  };
  absl::StatusOr<Deleted> DeleteBefore(absl::CivilDay day, int limit,
                                       std::optional<absl::CivilDay> calls_day = {});
  // Empties the write-ahead log, so that nothing of what was deleted stays in the files. False: a
  // reader was in the way; try again.
  absl::StatusOr<bool> Scrub();
  // Moves the write-ahead log into the database when it has grown; to be called when there is time.
  absl::Status Tidy();

  // Number of the newest event, and of the newest deleted one; from memory.
  int64_t Head() const;
  int64_t Floor() const;

  absl::StatusOr<std::optional<ReceptionRow>> FindReception(absl::string_view id) const;
  absl::StatusOr<std::optional<ReceptionRow>> FindByConfirmation(
      absl::string_view confirmation_id) const;
  // The reception a face push became.
  absl::StatusOr<std::optional<std::string>> FindFaceKey(absl::string_view key) const;
  // The result kept for a call.
  absl::StatusOr<std::optional<std::string>> FindRequest(absl::string_view key) const;
  absl::StatusOr<EventPage> ReadEvents(const EventQuery& query) const;
  // Every reception that is not closed, ascending by event.
  absl::StatusOr<std::vector<ReceptionRow>> ReadOpen() const;
  // The newest `limit` events below `before`, newest first.
  absl::StatusOr<std::vector<ReceptionRow>> ReadBackwards(int64_t before, int limit) const;
  absl::StatusOr<std::vector<ExpectationRow>> ReadExpectations() const;
  // Every exchange that is open, the oldest first.
  absl::StatusOr<std::vector<ExchangeRow>> ReadOpenExchanges() const;
  absl::StatusOr<std::optional<ExchangeRow>> FindExchange(absl::string_view id) const;
  // The highest number a terminal's exchanges of `day` have; nullopt when there are none.
  absl::StatusOr<std::optional<int>> HighestNumber(absl::string_view terminal,
                                                   absl::CivilDay day) const;
  // The medical records of a reception, newest first; with an index they are found without a scan.
  absl::StatusOr<std::vector<RecordRow>> FindRecords(absl::string_view reception_id) const;
  // Keys of the records that are due for deletion at `now`, the oldest first, at most `limit`.
  absl::StatusOr<std::vector<RecordKey>> FindRecordsDue(absl::Time now, int limit) const;
  // When the next record is due; InfiniteFuture when there is none.
  absl::StatusOr<absl::Time> NextRecordDue() const;
  // Entries of the audit trail with numbers above `after`, ascending, at most `limit`.
  absl::StatusOr<std::vector<AuditRow>> ReadAudit(int64_t after, int limit) const;
  // The newest one.
  absl::StatusOr<std::optional<AuditRow>> NewestAudit() const;
  // The newest time the clock has shown; InfinitePast when none was kept.
  absl::StatusOr<absl::Time> ReadClockMark() const;

  // Moves everything into the database file and closes it. Calls after that fail with MDG-1502.
  // Idempotent.
  void Close();

 private:
  class Writer;
  class Readers;
  Store();
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Readers> readers_;
};

}  // namespace madoguchi::store

#endif  // MADOGUCHI_AGENT_STORE_STORE_H_
