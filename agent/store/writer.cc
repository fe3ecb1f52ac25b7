#include "agent/store/writer.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/store/schema.h"

namespace madoguchi::store {
namespace {

// The write-ahead log is moved into the database above this many pages of 4 KB when there is time,
// and above the second number at once.
constexpr int kTidyFrames = 500;
constexpr int kForcedFrames = 4000;
// A database up to this many pages is checked as a whole when it is opened (tens of milliseconds);
// a larger one where it is read.
constexpr int64_t kCheckedPages = 4096;

// As much must be free before the store counts as working again.
constexpr uint64_t kRoomToGoOn = uint64_t{1} << 20;

constexpr int64_t Days(absl::CivilDay day) { return day - absl::CivilDay(); }

struct Sql {
  Statement& statement;
  absl::string_view text;
};

absl::Status PrepareAll(Connection& connection, std::initializer_list<Sql> list) {
  for (const Sql& sql : list) {
    absl::StatusOr<Statement> prepared = connection.Prepare(sql.text);
    if (!prepared.ok()) return prepared.status();
    sql.statement = *std::move(prepared);
  }
  return absl::OkStatus();
}

absl::Status CheckSmall(Connection& connection) {
  const absl::StatusOr<int64_t> pages = connection.QueryInt("PRAGMA page_count");
  if (!pages.ok()) return pages.status();
  if (*pages > kCheckedPages) return absl::OkStatus();
  const absl::StatusOr<std::string> verdict = connection.QueryText("PRAGMA quick_check(1)");
  if (!verdict.ok()) return verdict.status();
  if (*verdict == "ok") return absl::OkStatus();
  return base::MakeError(base::ErrorCode::kStoreCorrupt, {.what = "SQLite's check failed"});
}

}  // namespace

absl::Status Store::Writer::Open() {
  absl::MutexLock lock(&mu_);
  MDG_RETURN_IF_ERROR(Connect());
  Connection& connection = session_->connection;
  const absl::StatusOr<std::string> id = connection.QueryText("SELECT store_id FROM meta");
  if (!id.ok()) return id.status();
  const absl::StatusOr<int64_t> head = connection.QueryInt("SELECT head FROM meta");
  if (!head.ok()) return head.status();
  const absl::StatusOr<int64_t> floor = connection.QueryInt("SELECT floor FROM meta");
  if (!floor.ok()) return floor.status();
  const absl::StatusOr<int64_t> newest =
      connection.QueryInt("SELECT coalesce(max(event), 0) FROM receptions");
  if (!newest.ok()) return newest.status();
  if (id->size() != 16 || *head < *newest || *floor > *head) {
    return base::MakeError(base::ErrorCode::kStoreCorrupt,
                           {.what = "its head record does not fit its contents"});
  }
  id_ = *id;
  head_ = *head;
  floor_ = *floor;
  return absl::OkStatus();
}

absl::Status Store::Writer::Connect() {
  session_.reset();
  absl::StatusOr<Connection> connection = Connection::Open(path_, Access::kWriter);
  if (!connection.ok()) return connection.status();
  auto session = std::make_unique<Session>();
  Session& s = *session;
  s.connection = *std::move(connection);
  MDG_RETURN_IF_ERROR(Migrate(s.connection, Migrations()));
  MDG_RETURN_IF_ERROR(CheckSmall(s.connection));
  MDG_RETURN_IF_ERROR(PrepareAll(
      s.connection,
      {{s.begin, "BEGIN IMMEDIATE"},
       {s.commit, "COMMIT"},
       {s.rollback, "ROLLBACK"},
       {s.set_head, "UPDATE meta SET head = ?1"},
       {s.set_floor, "UPDATE meta SET floor = max(floor, ?1)"},
       {s.probe, "UPDATE meta SET probe = probe + 1"},
       {s.put_reception,
        "INSERT INTO receptions(id, confirmation_id, counter, day, state, open, opened_at, event,"
        " body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(id) DO UPDATE SET"
        " confirmation_id = excluded.confirmation_id, state = excluded.state,"
        " open = excluded.open, event = excluded.event, body = excluded.body"},
       {s.put_face_key, "INSERT INTO face_keys(key, reception_id) VALUES(?1, ?2)"},
       {s.put_request,
        "INSERT INTO requests(key, day, body) VALUES(?1, ?2, ?3)"
        " ON CONFLICT(key) DO UPDATE SET day = excluded.day, body = excluded.body"},
       {s.put_expectation,
        "INSERT INTO expectations(id, counter, until, body) VALUES(?1, ?2, ?3, ?4)"},
       {s.drop_expectation, "DELETE FROM expectations WHERE id = ?1"},
       {s.put_audit, "INSERT INTO audit(number, at, body, hash, tag) VALUES(?1, ?2, ?3, ?4, ?5)"},
       {s.put_exchange,
        "INSERT INTO exchanges(id, reception_id, terminal, day, number, step, open, opened_at, "
        "body)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(id) DO UPDATE SET"
        " reception_id = excluded.reception_id, terminal = excluded.terminal, day = excluded.day,"
        " number = excluded.number, step = excluded.step, open = excluded.open,"
        " body = excluded.body"},
       {s.drop_exchanges,
        "DELETE FROM exchanges WHERE id IN"
        " (SELECT id FROM exchanges WHERE open = 0 AND day < ?1 ORDER BY day LIMIT ?2)"},
       {s.put_record,
        "INSERT INTO records(reception_id, kind, first_month, last_month, fetched_at, delete_at,"
        " qualification, body) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        " ON CONFLICT(reception_id, kind, first_month, last_month) DO UPDATE SET"
        " fetched_at = excluded.fetched_at, delete_at = excluded.delete_at,"
        " qualification = excluded.qualification, body = excluded.body"},
       {s.drop_record,
        "DELETE FROM records WHERE reception_id = ?1 AND kind = ?2 AND first_month = ?3"
        " AND last_month = ?4"},
       {s.put_clock_mark,
        "INSERT INTO clock_mark(one, mark) VALUES(1, ?1)"
        " ON CONFLICT(one) DO UPDATE SET mark = max(mark, excluded.mark)"},
       {s.find_old,
        "SELECT id, event FROM receptions WHERE day < ?1 AND open = 0 ORDER BY day, event"
        " LIMIT ?2"},
       {s.drop_reception, "DELETE FROM receptions WHERE id = ?1"},
       {s.drop_requests,
        "DELETE FROM requests WHERE key IN"
        " (SELECT key FROM requests WHERE day < ?1 ORDER BY day LIMIT ?2)"},
       {s.empty_requests,
        "UPDATE requests SET body = substr(body, 1, ?3) WHERE key IN"
        " (SELECT key FROM requests WHERE day < ?1 AND length(body) > ?3 LIMIT ?2)"}}));
  session_ = std::move(session);
  return absl::OkStatus();
}

absl::Status Store::Writer::EnsureConnected() {
  if (closed_) return base::MakeError(base::ErrorCode::kStoreFailed, {.what = "it is closed"});
  return session_ != nullptr ? absl::OkStatus() : Connect();
}

absl::Status Store::Writer::Transact(const std::function<absl::Status(Session&)>& work) {
  MDG_RETURN_IF_ERROR(EnsureConnected());
  absl::Status status = session_->begin.Run();
  if (status.ok()) status = work(*session_);
  if (status.ok()) status = session_->commit.Run();
  if (status.ok()) return status;
  // A full disk may have ended the transaction already.
  if (session_->connection.InTransaction() && !session_->rollback.Run().ok()) session_.reset();
  // Whatever it was, a new connection starts from what is on disk.
  if (!base::Is(status, base::ErrorCode::kStoreFull)) session_.reset();
  return status;
}

absl::StatusOr<std::vector<int64_t>> Store::Writer::Commit(const Changes& changes) {
  absl::MutexLock lock(&mu_);
  const int64_t head = Head();
  MDG_RETURN_IF_ERROR(Transact([&](Session& session) { return Put(session, changes, head); }));
  std::vector<int64_t> numbers;
  numbers.reserve(changes.receptions.size());
  for (size_t i = 0; i < changes.receptions.size(); ++i) {
    numbers.push_back(head + static_cast<int64_t>(i) + 1);
  }
  if (!numbers.empty()) head_.store(numbers.back(), std::memory_order_release);
  if (session_->connection.WalFrames() > kForcedFrames) {
    // Committed already: a checkpoint that fails is tried again.
    const absl::StatusOr<bool> moved = session_->connection.Checkpoint(true);
    if (!moved.ok()) {
      base::LogWarning("store_checkpoint_failed", {{"why", std::string(moved.status().message())}});
    }
  }
  return numbers;
}

absl::Status Store::Writer::Put(Session& session, const Changes& changes, int64_t head) {
  for (const ReceptionRow& row : changes.receptions) {
    MDG_RETURN_IF_ERROR(PutReception(session, row, ++head));
  }
  if (!changes.receptions.empty()) MDG_RETURN_IF_ERROR(session.set_head.Bind(1, head).Run());
  for (const FaceKey& face : changes.face_keys) {
    MDG_RETURN_IF_ERROR(
        session.put_face_key.BindBlob(1, face.key).BindText(2, face.reception_id).Run());
  }
  if (changes.request.has_value()) {
    const RequestRow& request = *changes.request;
    MDG_RETURN_IF_ERROR(session.put_request.BindBlob(1, request.key)
                            .Bind(2, Days(request.day))
                            .BindBlob(3, request.body)
                            .Run());
  }
  for (const ExpectationRow& row : changes.expectations) {
    MDG_RETURN_IF_ERROR(session.put_expectation.BindText(1, row.id)
                            .BindText(2, row.counter)
                            .Bind(3, absl::ToUnixMicros(row.until))
                            .BindBlob(4, row.body)
                            .Run());
  }
  for (const std::string& id : changes.expectations_gone) {
    MDG_RETURN_IF_ERROR(session.drop_expectation.BindText(1, id).Run());
  }
  MDG_RETURN_IF_ERROR(PutExchanges(session, changes));
  return PutRecords(session, changes);
}

absl::Status Store::Writer::PutExchanges(Session& session, const Changes& changes) {
  for (const ExchangeRow& row : changes.exchanges) {
    MDG_RETURN_IF_ERROR(session.put_exchange.BindText(1, row.id)
                            .BindText(2, row.reception_id)
                            .BindText(3, row.terminal)
                            .Bind(4, Days(row.day))
                            .Bind(5, row.number)
                            .Bind(6, row.step)
                            .Bind(7, row.open ? 1 : 0)
                            .Bind(8, absl::ToUnixMicros(row.opened_at))
                            .BindBlob(9, row.body)
                            .Run());
  }
  return absl::OkStatus();
}

absl::Status Store::Writer::PutRecords(Session& session, const Changes& changes) {
  const auto bind_key = [](Statement& statement, const RecordKey& key) -> Statement& {
    return statement.BindText(1, key.reception_id)
        .Bind(2, key.kind)
        .Bind(3, key.first_month)
        .Bind(4, key.last_month);
  };
  for (const RecordRow& row : changes.records) {
    MDG_RETURN_IF_ERROR(bind_key(session.put_record, row.key)
                            .Bind(5, absl::ToUnixMicros(row.fetched_at))
                            .Bind(6, absl::ToUnixMicros(row.delete_at))
                            .Bind(7, row.qualification)
                            .BindBlob(8, row.body)
                            .Run());
  }
  for (const RecordKey& key : changes.records_gone) {
    MDG_RETURN_IF_ERROR(bind_key(session.drop_record, key).Run());
  }
  for (const AuditRow& row : changes.audit) {
    MDG_RETURN_IF_ERROR(session.put_audit.Bind(1, row.number)
                            .Bind(2, absl::ToUnixMicros(row.at))
                            .BindBlob(3, row.body)
                            .BindBlob(4, row.hash)
                            .BindBlob(5, row.tag)
                            .Run());
  }
  if (!changes.clock_mark.has_value()) return absl::OkStatus();
  return session.put_clock_mark.Bind(1, absl::ToUnixMicros(*changes.clock_mark)).Run();
}

absl::Status Store::Writer::PutReception(Session& session, const ReceptionRow& row, int64_t event) {
  return session.put_reception.BindText(1, row.id)
      .BindText(2, row.confirmation_id)
      .BindText(3, row.counter)
      .Bind(4, Days(row.day))
      .Bind(5, row.state)
      .Bind(6, row.open ? 1 : 0)
      .Bind(7, absl::ToUnixMicros(row.opened_at))
      .Bind(8, event)
      .BindBlob(9, row.body)
      .Run();
}

absl::Status Store::Writer::Probe() {
  absl::MutexLock lock(&mu_);
  // A few bytes fit on a disk that has no room for the next reception.
  struct statvfs space {};
  if (::statvfs(path_.c_str(), &space) == 0 &&
      uint64_t{space.f_bavail} * space.f_frsize < kRoomToGoOn) {
    return base::MakeError(base::ErrorCode::kStoreFull, {.what = "less than 1 MB is left"});
  }
  return Transact([](Session& session) { return session.probe.Run(); });
}

absl::StatusOr<Store::Deleted> Store::Writer::DeleteBefore(absl::CivilDay day, int limit,
                                                           absl::CivilDay calls_day) {
  absl::MutexLock lock(&mu_);
  Deleted deleted;
  int64_t newest = 0;
  const absl::Status status = Transact([&](Session& session) {
    MDG_RETURN_IF_ERROR(DeleteReceptions(session, Days(day), limit, deleted, newest));
    return DeleteRest(session, Days(day), Days(calls_day), limit, deleted);
  });
  if (!status.ok()) return status;
  if (newest > Floor()) floor_.store(newest, std::memory_order_release);
  return deleted;
}

absl::Status Store::Writer::DeleteReceptions(Session& session, int64_t day, int limit,
                                             Deleted& deleted, int64_t& newest) {
  {
    const StatementScope scope(session.find_old);
    session.find_old.Bind(1, day).Bind(2, limit);
    for (;;) {
      const absl::StatusOr<bool> row = session.find_old.Step();
      if (!row.ok()) return row.status();
      if (!*row) break;
      deleted.reception_ids.push_back(session.find_old.Text(0));
      newest = std::max(newest, session.find_old.Int(1));
    }
  }
  for (const std::string& id : deleted.reception_ids) {
    MDG_RETURN_IF_ERROR(session.drop_reception.BindText(1, id).Run());
  }
  return session.set_floor.Bind(1, newest).Run();
}

absl::Status Store::Writer::DeleteRest(Session& session, int64_t day, int64_t calls_day, int limit,
                                       Deleted& deleted) {
  deleted.all = static_cast<int>(deleted.reception_ids.size()) < limit;
  deleted.any = !deleted.reception_ids.empty();
  const auto count = [&](absl::Status status) {
    const int64_t changed = session.connection.Changed();
    deleted.all = deleted.all && changed < limit;
    deleted.any = deleted.any || changed > 0;
    return status;
  };
  MDG_RETURN_IF_ERROR(
      count(session.drop_requests.Bind(1, std::min(day, calls_day)).Bind(2, limit).Run()));
  MDG_RETURN_IF_ERROR(count(session.empty_requests.Bind(1, day)
                                .Bind(2, limit)
                                .Bind(3, static_cast<int64_t>(kFingerprintBytes))
                                .Run()));
  return count(session.drop_exchanges.Bind(1, day).Bind(2, limit).Run());
}

absl::StatusOr<bool> Store::Writer::Scrub() {
  absl::MutexLock lock(&mu_);
  MDG_RETURN_IF_ERROR(EnsureConnected());
  return session_->connection.Checkpoint(true);
}

absl::Status Store::Writer::Tidy() {
  absl::MutexLock lock(&mu_);
  MDG_RETURN_IF_ERROR(EnsureConnected());
  if (session_->connection.WalFrames() < kTidyFrames) return absl::OkStatus();
  return session_->connection.Checkpoint(false).status();
}

void Store::Writer::Close() {
  absl::MutexLock lock(&mu_);
  closed_ = true;
  if (session_ == nullptr) return;
  const absl::StatusOr<bool> moved = session_->connection.Checkpoint(true);
  if (!moved.ok() || !*moved) {
    base::LogWarning("store_closed_with_log", {{"why", std::string(moved.status().message())}});
  }
  session_.reset();
}

}  // namespace madoguchi::store
