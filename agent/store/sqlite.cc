#include "agent/store/sqlite.h"

#include <sqlite3.h>
#include <sys/statvfs.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::store {
namespace {

// How long a writer waits for readers at a checkpoint, or for a foreign program that has the file.
constexpr int kWriterBusyMs = 1000;
constexpr int kReaderBusyMs = 2000;
// Less than this left counts as full when SQLite only says "input/output error".
constexpr uint64_t kNoSpaceLeft = uint64_t{64} << 10;

bool DiskIsFull(sqlite3* db) {
  const int error = sqlite3_system_errno(db);
  if (error == ENOSPC || error == EDQUOT) return true;
  // The shared-memory file of the write-ahead log does not report its errno.
  const char* path = sqlite3_db_filename(db, "main");
  struct statvfs space {};
  return path != nullptr && ::statvfs(path, &space) == 0 &&
         uint64_t{space.f_bavail} * space.f_frsize < kNoSpaceLeft;
}

absl::Status MakeStatus(sqlite3* db, int code) {
  const int primary = code & 0xFF;
  const std::string what = absl::StrCat("SQLite says ", sqlite3_errstr(primary), " (", code, ")");
  if (primary == SQLITE_FULL ||
      (db != nullptr && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) &&
       DiskIsFull(db))) {
    return base::MakeError(base::ErrorCode::kStoreFull, {.what = what});
  }
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
    return base::MakeError(base::ErrorCode::kStoreCorrupt, {.what = what});
  }
  return base::MakeError(base::ErrorCode::kStoreFailed, {.what = what});
}

int CountFrames(void* frames, sqlite3* /*db*/, const char* /*name*/, int count) {
  *static_cast<int*>(frames) = count;
  return SQLITE_OK;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement& Statement::Bind(int position, int64_t number) {
  sqlite3_bind_int64(statement_.get(), position, number);
  return *this;
}

Statement& Statement::BindText(int position, absl::string_view text) {
  sqlite3_bind_text64(statement_.get(), position, text.empty() ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::BindBlob(int position, absl::string_view bytes) {
  sqlite3_bind_blob64(statement_.get(), position, bytes.empty() ? "" : bytes.data(), bytes.size(),
                      SQLITE_STATIC);
  return *this;
}

absl::StatusOr<bool> Statement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  absl::Status status = MakeStatus(sqlite3_db_handle(statement_.get()), code);
  Reset();
  return status;
}

absl::Status Statement::Run() {
  const StatementScope scope(*this);
  for (;;) {
    const absl::StatusOr<bool> row = Step();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
  }
}

void Statement::Reset() {
  sqlite3_reset(statement_.get());
  sqlite3_clear_bindings(statement_.get());
}

int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string Statement::Text(int column) const { return Blob(column); }

std::string Statement::Blob(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (bytes == nullptr || size <= 0) return "";
  return std::string(static_cast<const char*>(bytes), static_cast<size_t>(size));
}

void Connection::CloseDb::operator()(sqlite3* db) const { sqlite3_close_v2(db); }

absl::StatusOr<Connection> Connection::Open(const std::string& path, Access access) {
  const bool writer = access == Access::kWriter;
  sqlite3* db = nullptr;
  // Each connection is used by one thread at a time, so SQLite's own lock would be waste.
  const int code = sqlite3_open_v2(
      path.c_str(), &db,
      (writer ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY) | SQLITE_OPEN_NOMUTEX, nullptr);
  Connection connection;
  connection.db_.reset(db);
  if (code != SQLITE_OK) return MakeStatus(db, code);
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, writer ? kWriterBusyMs : kReaderBusyMs);
  // Temporary tables and sorts in memory: personal data never reach a temporary file.
  MDG_RETURN_IF_ERROR(connection.Execute(
      "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"));
  if (!writer) return connection;
  const absl::StatusOr<std::string> mode = connection.QueryText("PRAGMA journal_mode=WAL");
  if (!mode.ok()) return mode.status();
  if (*mode != "wal") {
    return base::MakeError(base::ErrorCode::kStoreFailed,
                           {.what = "the file system of state_dir does not allow a write-ahead "
                                    "log; it must be a local one"});
  }
  // FULL: what was committed survives a power cut. Checkpoints are made by the store when there is
  // time for them.
  MDG_RETURN_IF_ERROR(
      connection.Execute("PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON;"
                         "PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=4194304;"));
  connection.wal_frames_ = std::make_unique<int>(0);
  sqlite3_wal_hook(db, CountFrames, connection.wal_frames_.get());
  return connection;
}

absl::StatusOr<Statement> Connection::Prepare(absl::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  Statement statement;
  statement.statement_.reset(raw);
  if (code != SQLITE_OK) return MakeStatus(db_.get(), code);
  return statement;
}

absl::Status Connection::Execute(const std::string& sql) {
  const int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : MakeStatus(db_.get(), code);
}

absl::StatusOr<int64_t> Connection::QueryInt(absl::string_view sql) {
  absl::StatusOr<Statement> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  const absl::StatusOr<bool> row = statement->Step();
  if (!row.ok()) return row.status();
  return *row ? statement->Int(0) : 0;
}

absl::StatusOr<std::string> Connection::QueryText(absl::string_view sql) {
  absl::StatusOr<Statement> statement = Prepare(sql);
  if (!statement.ok()) return statement.status();
  const absl::StatusOr<bool> row = statement->Step();
  if (!row.ok()) return row.status();
  return *row ? statement->Text(0) : std::string();
}

bool Connection::InTransaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }

int64_t Connection::Changed() const { return sqlite3_changes64(db_.get()); }

absl::StatusOr<bool> Connection::Checkpoint(bool truncate) {
  int frames = 0;
  int moved = 0;
  const int code = sqlite3_wal_checkpoint_v2(
      db_.get(), "main", truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &frames,
      &moved);
  if ((code & 0xFF) == SQLITE_BUSY) return false;
  if (code != SQLITE_OK) return MakeStatus(db_.get(), code);
  // All moved: the next writer starts the log anew.
  if (frames == moved) *wal_frames_ = 0;
  return frames == moved;
}

void Connection::Close() {
  db_.reset();
  wal_frames_.reset();
}

}  // namespace madoguchi::store
