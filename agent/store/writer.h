#ifndef MADOGUCHI_AGENT_STORE_WRITER_H_
#define MADOGUCHI_AGENT_STORE_WRITER_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "agent/store/sqlite.h"
#include "agent/store/store.h"

namespace madoguchi::store {

// The one connection that writes. Contracts: store.h.
class Store::Writer {
 public:
  explicit Writer(std::string path) : path_(std::move(path)) {}

  // Opens, migrates, checks.
  absl::Status Open();
  void Close();

  absl::StatusOr<std::vector<int64_t>> Commit(const Changes& changes);
  absl::Status Probe();
  absl::StatusOr<Deleted> DeleteBefore(absl::CivilDay day, int limit, absl::CivilDay calls_day);
  absl::StatusOr<bool> Scrub();
  absl::Status Tidy();

  const std::string& Id() const { return id_; }
  int64_t Head() const { return head_.load(std::memory_order_acquire); }
  int64_t Floor() const { return floor_.load(std::memory_order_acquire); }

 private:
  // A connection with its statements, which end before it.
  struct Session {
    Connection connection;
    Statement begin, commit, rollback, set_head, set_floor, probe;
    Statement put_reception, put_face_key, put_request, put_expectation, drop_expectation;
    Statement put_audit;
    Statement put_exchange, drop_exchanges;
    Statement put_record, drop_record, put_clock_mark;
    Statement find_old, drop_reception, drop_requests, empty_requests;
  };
  absl::Status Connect() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Reopens when the last failure left a connection that cannot go on.
  absl::Status EnsureConnected() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // `work` within one transaction; undone as a whole when any part of it fails.
  absl::Status Transact(const std::function<absl::Status(Session&)>& work)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  static absl::Status Put(Session& session, const Changes& changes, int64_t head);
  // `newest`: the number of the newest event deleted.
  static absl::Status DeleteReceptions(Session& session, int64_t day, int limit, Deleted& deleted,
                                       int64_t& newest);
  static absl::Status DeleteRest(Session& session, int64_t day, int64_t calls_day, int limit,
                                 Deleted& deleted);
  static absl::Status PutExchanges(Session& session, const Changes& changes);
  static absl::Status PutRecords(Session& session, const Changes& changes);
  static absl::Status PutReception(Session& session, const ReceptionRow& row, int64_t event);

  const std::string path_;
  std::string id_;
  std::atomic<int64_t> head_{0};
  std::atomic<int64_t> floor_{0};
  absl::Mutex mu_;
  std::unique_ptr<Session> session_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace madoguchi::store

#endif  // MADOGUCHI_AGENT_STORE_WRITER_H_
