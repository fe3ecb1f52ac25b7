#ifndef MADOGUCHI_AGENT_STORE_SQLITE_H_
#define MADOGUCHI_AGENT_STORE_SQLITE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct sqlite3;
struct sqlite3_stmt;

// The few parts of SQLite the store uses, as handles that close themselves. Private to this room.
// Not thread-safe: a connection and its statements belong to one thread at a time.
namespace madoguchi::store {

// A prepared statement; ends before its connection.
class Statement {
 public:
  Statement() = default;

  // Positions from 1. The bytes behind `text` and `bytes` must live until Reset().
  Statement& Bind(int position, int64_t number);
  Statement& BindText(int position, absl::string_view text);
  Statement& BindBlob(int position, absl::string_view bytes);

  // True: there is a row. MDG-15xx on failure; the statement is reset then.
  absl::StatusOr<bool> Step();
  // Steps to the end, drops the rows, resets.
  absl::Status Run();
  // Gives up the row and the bindings, so that the statement can be used again.
  void Reset();

  // Columns of the row, from 0.
  int64_t Int(int column) const;
  std::string Text(int column) const;
  std::string Blob(int column) const;

 private:
  friend class Connection;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Resets a statement when a function ends, whichever way.
class StatementScope {
 public:
  explicit StatementScope(Statement& statement) : statement_(statement) {}
  ~StatementScope() { statement_.Reset(); }
  StatementScope(const StatementScope&) = delete;
  StatementScope& operator=(const StatementScope&) = delete;

 private:
  Statement& statement_;
};

enum class Access { kWriter, kReader };

// One connection to the database file, which exists. All errors are MDG-1501 (disk full), 1502 or
// 1504 and name SQLite's code, never a value.
class Connection {
 public:
  Connection() = default;
  static absl::StatusOr<Connection> Open(const std::string& path, Access access);

  bool IsOpen() const { return db_ != nullptr; }
  absl::StatusOr<Statement> Prepare(absl::string_view sql);
  // One or more statements without results.
  absl::Status Execute(const std::string& sql);
  // The first column of the first row.
  absl::StatusOr<int64_t> QueryInt(absl::string_view sql);
  absl::StatusOr<std::string> QueryText(absl::string_view sql);

  // True between BEGIN and its end.
  bool InTransaction() const;
  // Rows changed by the last statement that changes rows.
  int64_t Changed() const;
  // Frames in the write-ahead log after the last commit of this connection.
  int WalFrames() const { return wal_frames_ == nullptr ? 0 : *wal_frames_; }
  // Moves the write-ahead log into the database file. `truncate`: waits (as long as the busy
  // timeout) for readers and empties the log; false when they did not let it.
  absl::StatusOr<bool> Checkpoint(bool truncate);
  // Statements must be gone before.
  void Close();

 private:
  struct CloseDb {
    void operator()(sqlite3* db) const;
  };
  std::unique_ptr<sqlite3, CloseDb> db_;
  // On the heap: SQLite keeps its address while the connection may be moved.
  std::unique_ptr<int> wal_frames_;
};

}  // namespace madoguchi::store

#endif  // MADOGUCHI_AGENT_STORE_SQLITE_H_
