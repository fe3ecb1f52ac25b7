#include "agent/store/schema.h"

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::store {
namespace {

// "MDGC", in the file's header: other programs' databases are not taken for ours.
constexpr int64_t kApplicationId = 0x4D444743;

// A reception's row carries the number of its newest event: together the rows are the durable log
// of events, with all but the newest event of each reception left out.
constexpr absl::string_view kFirst = R"sql(
CREATE TABLE meta(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  store_id TEXT NOT NULL,
  head INTEGER NOT NULL,
  floor INTEGER NOT NULL,
  probe INTEGER NOT NULL
) STRICT;
CREATE TABLE receptions(
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  confirmation_id TEXT NOT NULL,
  counter TEXT NOT NULL,
  day INTEGER NOT NULL,
  state INTEGER NOT NULL,
  open INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  event INTEGER NOT NULL UNIQUE,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX receptions_confirmation ON receptions(confirmation_id);
CREATE INDEX receptions_day ON receptions(day, event);
CREATE INDEX receptions_open ON receptions(event) WHERE open = 1;
CREATE TABLE face_keys(
  key BLOB PRIMARY KEY,
  reception_id TEXT NOT NULL REFERENCES receptions(id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX face_keys_reception ON face_keys(reception_id);
CREATE TABLE requests(
  key BLOB PRIMARY KEY,
  day INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE INDEX requests_day ON requests(day);
CREATE TABLE expectations(
  id TEXT PRIMARY KEY,
  counter TEXT NOT NULL,
  until INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
INSERT INTO meta VALUES(1, lower(hex(randomblob(8))), 0, 0, 0);
)sql";

// Medical records go with their reception at the latest. `clock_mark` has at most one row.
constexpr absl::string_view kRecords = R"sql(
CREATE TABLE records(
  row INTEGER PRIMARY KEY,
  reception_id TEXT NOT NULL REFERENCES receptions(id) ON DELETE CASCADE,
  kind INTEGER NOT NULL,
  first_month INTEGER NOT NULL,
  last_month INTEGER NOT NULL,
  fetched_at INTEGER NOT NULL,
  delete_at INTEGER NOT NULL,
  qualification INTEGER NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (reception_id, kind, first_month, last_month)
) STRICT;
CREATE INDEX records_due ON records(delete_at);
CREATE TABLE clock_mark(
  one INTEGER PRIMARY KEY CHECK (one = 1),
  mark INTEGER NOT NULL
) STRICT;
)sql";

// The journal of questions to OQS. A name is a terminal's number of a day, and is never given
// twice; the row of a closed exchange keeps it taken until it is deleted with its day.
constexpr absl::string_view kExchanges = R"sql(
CREATE TABLE exchanges(
  id TEXT PRIMARY KEY,
  reception_id TEXT NOT NULL,
  terminal TEXT NOT NULL,
  day INTEGER NOT NULL,
  number INTEGER NOT NULL,
  step INTEGER NOT NULL,
  open INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  body BLOB NOT NULL,
  UNIQUE (terminal, day, number)
) STRICT;
CREATE INDEX exchanges_open ON exchanges(opened_at) WHERE open = 1;
CREATE INDEX exchanges_day ON exchanges(day) WHERE open = 0;
)sql";

// The audit trail. The triggers stop mistakes of our own; against others there are the chain and
// the anchors.
constexpr absl::string_view kAudit = R"sql(
CREATE TABLE audit(
  number INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  body BLOB NOT NULL,
  hash BLOB NOT NULL,
  tag BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
)sql";

constexpr std::array kMigrations = {kFirst, kRecords, kExchanges, kAudit};

absl::Status TakeStep(Connection& connection, absl::string_view step, size_t version) {
  absl::Status status = connection.Execute(
      absl::StrCat("BEGIN IMMEDIATE;", step, "PRAGMA application_id=", kApplicationId,
                   ";PRAGMA user_version=", version, ";COMMIT;"));
  // The first error counts; one while undoing leaves a connection that nobody uses again.
  if (!status.ok() && connection.InTransaction()) connection.Execute("ROLLBACK").IgnoreError();
  return status;
}

}  // namespace

std::span<const absl::string_view> Migrations() { return kMigrations; }

absl::Status Migrate(Connection& connection, std::span<const absl::string_view> steps) {
  const absl::StatusOr<int64_t> version = connection.QueryInt("PRAGMA user_version");
  if (!version.ok()) return version.status();
  const absl::StatusOr<int64_t> owner = connection.QueryInt("PRAGMA application_id");
  if (!owner.ok()) return owner.status();
  const absl::StatusOr<int64_t> tables = connection.QueryInt("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok()) return tables.status();
  if (*owner != kApplicationId && (*version != 0 || *tables != 0)) {
    return base::MakeError(base::ErrorCode::kStoreCorrupt,
                           {.what = "the file is a database of another program"});
  }
  if (*version > static_cast<int64_t>(steps.size())) {
    return base::MakeError(
        base::ErrorCode::kStoreTooNew,
        {.what = absl::StrCat("version ", *version, ", this program knows up to ", steps.size())});
  }
  for (auto next = static_cast<size_t>(*version); next < steps.size(); ++next) {
    MDG_RETURN_IF_ERROR(TakeStep(connection, steps[next], next + 1));
  }
  return absl::OkStatus();
}

}  // namespace madoguchi::store
