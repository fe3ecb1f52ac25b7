#include "agent/store/readers.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "absl/time/clock.h"
#include "agent/base/error.h"

namespace madoguchi::store {
namespace {

constexpr int kMostConnections = 4;
// A read takes microseconds to milliseconds; who waits longer than this meets a broken disk.
constexpr absl::Duration kLongestWait = absl::Seconds(10);

#define MDG_RECEPTION_COLUMNS \
  "SELECT id, confirmation_id, counter, day, state, open, opened_at, event, body FROM receptions "

#define MDG_EXCHANGE_COLUMNS \
  "SELECT id, reception_id, terminal, day, number, step, open, opened_at, body FROM exchanges "

int64_t Days(absl::CivilDay day) { return day - absl::CivilDay(); }

ReceptionRow ReadRow(const Statement& statement) {
  ReceptionRow row;
  row.id = statement.Text(0);
  row.confirmation_id = statement.Text(1);
  row.counter = statement.Text(2);
  row.day = absl::CivilDay() + statement.Int(3);
  row.state = static_cast<int>(statement.Int(4));
  row.open = statement.Int(5) != 0;
  row.opened_at = absl::FromUnixMicros(statement.Int(6));
  row.event = statement.Int(7);
  row.body = statement.Blob(8);
  return row;
}

ExchangeRow ReadExchange(const Statement& statement) {
  return {.id = statement.Text(0),
          .reception_id = statement.Text(1),
          .terminal = statement.Text(2),
          .day = absl::CivilDay() + statement.Int(3),
          .number = static_cast<int>(statement.Int(4)),
          .step = static_cast<int>(statement.Int(5)),
          .open = statement.Int(6) != 0,
          .opened_at = absl::FromUnixMicros(statement.Int(7)),
          .body = statement.Blob(8)};
}

RecordKey ReadKey(const Statement& statement) {
  return {.reception_id = statement.Text(0),
          .kind = static_cast<int>(statement.Int(1)),
          .first_month = statement.Int(2),
          .last_month = statement.Int(3)};
}

RecordRow ReadRecord(const Statement& statement) {
  return {.key = ReadKey(statement),
          .qualification = static_cast<int>(statement.Int(6)),
          .fetched_at = absl::FromUnixMicros(statement.Int(4)),
          .delete_at = absl::FromUnixMicros(statement.Int(5)),
          .body = statement.Blob(7)};
}

AuditRow ReadAuditRow(const Statement& statement) {
  return {.number = statement.Int(0),
          .at = absl::FromUnixMicros(statement.Int(1)),
          .body = statement.Blob(2),
          .hash = statement.Blob(3),
          .tag = statement.Blob(4)};
}

absl::Time ReadTime(const Statement& statement) { return absl::FromUnixMicros(statement.Int(0)); }

template <typename Make>
auto FindOne(Statement& statement, Make make)
    -> absl::StatusOr<std::optional<decltype(make(statement))>> {
  const StatementScope scope(statement);
  const absl::StatusOr<bool> row = statement.Step();
  if (!row.ok()) return row.status();
  std::optional<decltype(make(statement))> found;
  if (*row) found = make(statement);
  return found;
}

template <typename Make>
auto FindAll(Statement& statement, Make make)
    -> absl::StatusOr<std::vector<decltype(make(statement))>> {
  const StatementScope scope(statement);
  std::vector<decltype(make(statement))> all;
  for (;;) {
    const absl::StatusOr<bool> row = statement.Step();
    if (!row.ok()) return row.status();
    if (!*row) return all;
    all.push_back(make(statement));
  }
}

template <typename T, typename U>
bool Wanted(const std::vector<T>& list, const U& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

absl::Status Store::Readers::Open() {
  absl::StatusOr<Lease> lease = Take();
  return lease.status();
}

void Store::Readers::Close() {
  absl::MutexLock lock(&mu_);
  closed_ = true;
  const auto none_leased = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return leased_ == 0; };
  mu_.AwaitWithTimeout(absl::Condition(&none_leased), kLongestWait);
  idle_.clear();
}

bool Store::Readers::MayTake() const {
  return closed_ || !idle_.empty() || leased_ < kMostConnections;
}

absl::StatusOr<Store::Readers::Lease> Store::Readers::Take() {
  {
    absl::MutexLock lock(&mu_);
    if (!mu_.AwaitWithTimeout(absl::Condition(this, &Readers::MayTake), kLongestWait)) {
      return base::MakeError(base::ErrorCode::kStoreFailed, {.what = "reads take too long"});
    }
    if (closed_) return base::MakeError(base::ErrorCode::kStoreFailed, {.what = "it is closed"});
    ++leased_;
    if (!idle_.empty()) {
      std::unique_ptr<Session> session = std::move(idle_.back());
      idle_.pop_back();
      return Lease(*this, std::move(session));
    }
  }
  absl::StatusOr<std::unique_ptr<Session>> session = Connect();
  if (!session.ok()) {
    GiveBack(nullptr);
    return session.status();
  }
  return Lease(*this, *std::move(session));
}

absl::StatusOr<std::unique_ptr<Store::Readers::Session>> Store::Readers::Connect() const {
  absl::StatusOr<Connection> connection = Connection::Open(path_, Access::kReader);
  if (!connection.ok()) return connection.status();
  auto session = std::make_unique<Session>();
  Session& s = *session;
  s.connection = *std::move(connection);
  struct Sql {
    Statement& statement;
    absl::string_view text;
  };
  const std::initializer_list<Sql> list = {
      {s.begin, "BEGIN"},
      {s.end, "COMMIT"},
      {s.head, "SELECT head FROM meta"},
      {s.by_id, MDG_RECEPTION_COLUMNS "WHERE id = ?1"},
      {s.by_confirmation, MDG_RECEPTION_COLUMNS "WHERE confirmation_id = ?1"},
      {s.face_key, "SELECT reception_id FROM face_keys WHERE key = ?1"},
      {s.request, "SELECT body FROM requests WHERE key = ?1"},
      {s.events, MDG_RECEPTION_COLUMNS "WHERE event > ?1 ORDER BY event LIMIT ?2"},
      {s.day_events, MDG_RECEPTION_COLUMNS "WHERE day = ?3 AND event > ?1 ORDER BY event LIMIT ?2"},
      {s.open, MDG_RECEPTION_COLUMNS "WHERE open = 1 ORDER BY event"},
      {s.backwards, MDG_RECEPTION_COLUMNS "WHERE event < ?1 ORDER BY event DESC LIMIT ?2"},
      {s.expectations, "SELECT id, counter, until, body FROM expectations"},
      {s.open_exchanges, MDG_EXCHANGE_COLUMNS "WHERE open = 1 ORDER BY opened_at, id"},
      {s.exchange, MDG_EXCHANGE_COLUMNS "WHERE id = ?1"},
      {s.highest_number,
       "SELECT max(number) FROM exchanges WHERE terminal = ?1 AND day = ?2 HAVING count(*) > 0"},
      {s.records,
       "SELECT reception_id, kind, first_month, last_month, fetched_at, delete_at, qualification,"
       " body"
       " FROM records WHERE reception_id = ?1 ORDER BY fetched_at DESC"},
      {s.records_due,
       "SELECT reception_id, kind, first_month, last_month FROM records WHERE delete_at <= ?1"
       " ORDER BY delete_at LIMIT ?2"},
      {s.next_due, "SELECT min(delete_at) FROM records HAVING count(*) > 0"},
      {s.clock_mark, "SELECT mark FROM clock_mark"},
      {s.audit,
       "SELECT number, at, body, hash, tag FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2"},
      {s.newest_audit,
       "SELECT number, at, body, hash, tag FROM audit ORDER BY number DESC LIMIT 1"}};
  for (const Sql& sql : list) {
    absl::StatusOr<Statement> prepared = s.connection.Prepare(sql.text);
    if (!prepared.ok()) return prepared.status();
    sql.statement = *std::move(prepared);
  }
  return session;
}

void Store::Readers::GiveBack(std::unique_ptr<Session> session) {
  // A reader that is still in a transaction would pin the write-ahead log.
  const bool usable = session != nullptr && !session->connection.InTransaction();
  absl::MutexLock lock(&mu_);
  --leased_;
  if (usable && !closed_) idle_.push_back(std::move(session));
}

Store::Readers::Lease::~Lease() {
  if (session_ != nullptr) readers_->GiveBack(std::move(session_));
}

absl::StatusOr<std::optional<ReceptionRow>> Store::Readers::FindReception(absl::string_view id) {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindOne((*lease)->by_id.BindText(1, id), ReadRow);
}

absl::StatusOr<std::optional<ReceptionRow>> Store::Readers::FindByConfirmation(
    absl::string_view id) {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindOne((*lease)->by_confirmation.BindText(1, id), ReadRow);
}

absl::StatusOr<std::optional<std::string>> Store::Readers::FindFaceKey(absl::string_view key) {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindOne((*lease)->face_key.BindBlob(1, key),
                 [](const Statement& row) { return row.Text(0); });
}

absl::StatusOr<std::optional<std::string>> Store::Readers::FindRequest(absl::string_view key) {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindOne((*lease)->request.BindBlob(1, key),
                 [](const Statement& row) { return row.Blob(0); });
}

absl::StatusOr<EventPage> Store::Readers::ReadEvents(const EventQuery& query) {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  MDG_RETURN_IF_ERROR((*lease)->begin.Run());
  absl::StatusOr<EventPage> page = ReadPage(**lease, query);
  const absl::Status ended = (*lease)->end.Run();
  if (page.ok() && !ended.ok()) return ended;
  return page;
}

absl::StatusOr<EventPage> Store::Readers::ReadPage(Session& session, const EventQuery& query) {
  const absl::StatusOr<std::optional<int64_t>> head =
      FindOne(session.head, [](const Statement& row) { return row.Int(0); });
  if (!head.ok()) return head.status();
  Statement& statement = query.day.has_value() ? session.day_events : session.events;
  const StatementScope scope(statement);
  statement.Bind(1, query.after).Bind(2, query.max_scanned);
  if (query.day.has_value()) statement.Bind(3, Days(*query.day));
  EventPage page;
  page.looked_through = query.after;
  for (int scanned = 0; static_cast<int>(page.rows.size()) < query.max_rows; ++scanned) {
    const absl::StatusOr<bool> row = statement.Step();
    if (!row.ok()) return row.status();
    if (!*row) {
      page.at_end = scanned < query.max_scanned;
      break;
    }
    page.looked_through = statement.Int(7);
    // Bodies of rows that are not wanted are not even read.
    if (!Wanted(query.counters, statement.Text(2)) ||
        !Wanted(query.states, static_cast<int>(statement.Int(4)))) {
      continue;
    }
    page.rows.push_back(ReadRow(statement));
  }
  if (page.at_end) page.looked_through = std::max(query.after, head->value_or(0));
  return page;
}

absl::StatusOr<std::vector<ReceptionRow>> Store::Readers::ReadOpen() {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindAll((*lease)->open, ReadRow);
}

absl::StatusOr<std::vector<ReceptionRow>> Store::Readers::ReadBackwards(int64_t before, int limit) {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindAll((*lease)->backwards.Bind(1, before).Bind(2, limit), ReadRow);
}

absl::StatusOr<std::vector<ExpectationRow>> Store::Readers::ReadExpectations() {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindAll((*lease)->expectations, [](const Statement& row) {
    return ExpectationRow{.id = row.Text(0),
                          .counter = row.Text(1),
                          .until = absl::FromUnixMicros(row.Int(2)),
                          .body = row.Blob(3)};
  });
}

absl::StatusOr<std::vector<ExchangeRow>> Store::Readers::ReadOpenExchanges() {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindAll((*lease)->open_exchanges, ReadExchange);
}

absl::StatusOr<std::optional<ExchangeRow>> Store::Readers::FindExchange(absl::string_view id) {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindOne((*lease)->exchange.BindText(1, id), ReadExchange);
}

absl::StatusOr<std::optional<int>> Store::Readers::HighestNumber(absl::string_view terminal,
                                                                 absl::CivilDay day) {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindOne((*lease)->highest_number.BindText(1, terminal).Bind(2, Days(day)),
                 [](const Statement& row) { return static_cast<int>(row.Int(0)); });
}

absl::StatusOr<std::vector<RecordRow>> Store::Readers::FindRecords(absl::string_view reception_id) {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindAll((*lease)->records.BindText(1, reception_id), ReadRecord);
}

absl::StatusOr<std::vector<RecordKey>> Store::Readers::FindRecordsDue(absl::Time now, int limit) {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindAll((*lease)->records_due.Bind(1, absl::ToUnixMicros(now)).Bind(2, limit), ReadKey);
}

absl::StatusOr<absl::Time> Store::Readers::NextRecordDue() {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  const absl::StatusOr<std::optional<absl::Time>> next = FindOne((*lease)->next_due, ReadTime);
  if (!next.ok()) return next.status();
  return next->value_or(absl::InfiniteFuture());
}

absl::StatusOr<std::vector<AuditRow>> Store::Readers::ReadAudit(int64_t after, int limit) {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindAll((*lease)->audit.Bind(1, after).Bind(2, limit), ReadAuditRow);
}

absl::StatusOr<std::optional<AuditRow>> Store::Readers::NewestAudit() {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  return FindOne((*lease)->newest_audit, ReadAuditRow);
}

absl::StatusOr<absl::Time> Store::Readers::ReadClockMark() {
  absl::StatusOr<Lease> lease = Take();
  if (!lease.ok()) return lease.status();
  const absl::StatusOr<std::optional<absl::Time>> mark = FindOne((*lease)->clock_mark, ReadTime);
  if (!mark.ok()) return mark.status();
  return mark->value_or(absl::InfinitePast());
}

}  // namespace madoguchi::store
