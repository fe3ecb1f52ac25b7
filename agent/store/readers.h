#ifndef MADOGUCHI_AGENT_STORE_READERS_H_
#define MADOGUCHI_AGENT_STORE_READERS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "agent/store/sqlite.h"
#include "agent/store/store.h"

namespace madoguchi::store {

// A few connections that read, for any thread. Every read is one short transaction: a long one
// would keep deleted data in the write-ahead log. Contracts: store.h.
class Store::Readers {
 public:
  explicit Readers(std::string path) : path_(std::move(path)) {}

  // Opens the first connection.
  absl::Status Open();
  void Close();

  absl::StatusOr<std::optional<ReceptionRow>> FindReception(absl::string_view id);
  absl::StatusOr<std::optional<ReceptionRow>> FindByConfirmation(absl::string_view id);
  absl::StatusOr<std::optional<std::string>> FindFaceKey(absl::string_view key);
  absl::StatusOr<std::optional<std::string>> FindRequest(absl::string_view key);
  absl::StatusOr<EventPage> ReadEvents(const EventQuery& query);
  absl::StatusOr<std::vector<ReceptionRow>> ReadOpen();
  absl::StatusOr<std::vector<ReceptionRow>> ReadBackwards(int64_t before, int limit);
  absl::StatusOr<std::vector<ExpectationRow>> ReadExpectations();
  absl::StatusOr<std::vector<ExchangeRow>> ReadOpenExchanges();
  absl::StatusOr<std::optional<ExchangeRow>> FindExchange(absl::string_view id);
  absl::StatusOr<std::optional<int>> HighestNumber(absl::string_view terminal, absl::CivilDay day);
  absl::StatusOr<std::vector<RecordRow>> FindRecords(absl::string_view reception_id);
  absl::StatusOr<std::vector<RecordKey>> FindRecordsDue(absl::Time now, int limit);
  absl::StatusOr<absl::Time> NextRecordDue();
  absl::StatusOr<std::vector<AuditRow>> ReadAudit(int64_t after, int limit);
  absl::StatusOr<std::optional<AuditRow>> NewestAudit();
  absl::StatusOr<absl::Time> ReadClockMark();

 private:
  struct Session {
    Connection connection;
    Statement begin, end, head;
    Statement by_id, by_confirmation, face_key, request;
    Statement events, day_events, open, backwards, expectations;
    Statement open_exchanges, exchange, highest_number;
    Statement records, records_due, next_due, clock_mark;
    Statement audit, newest_audit;
  };
  // A connection for one call; goes back to the pool at the end, unless it was discarded.
  class Lease {
   public:
    Lease(Readers& readers, std::unique_ptr<Session> session)
        : readers_(&readers), session_(std::move(session)) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&& other) = delete;
    ~Lease();
    Session& operator*() { return *session_; }
    Session* operator->() { return session_.get(); }

   private:
    Readers* readers_;
    std::unique_ptr<Session> session_;
  };
  absl::StatusOr<Lease> Take();
  absl::StatusOr<std::unique_ptr<Session>> Connect() const;
  void GiveBack(std::unique_ptr<Session> session);
  static absl::StatusOr<EventPage> ReadPage(Session& session, const EventQuery& query);
  bool MayTake() const ABSL_SHARED_LOCKS_REQUIRED(mu_);

  const std::string path_;
  absl::Mutex mu_;
  std::vector<std::unique_ptr<Session>> idle_ ABSL_GUARDED_BY(mu_);
  int leased_ ABSL_GUARDED_BY(mu_) = 0;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace madoguchi::store

#endif  // MADOGUCHI_AGENT_STORE_READERS_H_
