#include "agent/store/store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/store/readers.h"
#include "agent/store/writer.h"

namespace madoguchi::store {
namespace {

absl::Status FileError(const std::string& path, absl::string_view what) {
  const int error = errno;
  return base::MakeError(error == ENOSPC || error == EDQUOT ? base::ErrorCode::kStoreFull
                                                            : base::ErrorCode::kStoreFailed,
                         {.what = absl::StrCat(what, ": ", std::strerror(error)), .field = path});
}

// SQLite gives its log and shared-memory files the mode of the database file, so that one is made
// first, readable by nobody else. A link is not followed: it could lead out of the state folder.
absl::Status MakeFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (fd < 0) return FileError(path, "the database file cannot be opened");
  struct stat facts {};
  const bool regular = ::fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode);
  const bool closed_to_others = regular && ::fchmod(fd, 0600) == 0;
  ::close(fd);
  if (!regular) {
    return base::MakeError(base::ErrorCode::kStoreFailed,
                           {.what = "the database is not a regular file", .field = path});
  }
  return closed_to_others ? absl::OkStatus() : FileError(path, "its mode cannot be set to 0600");
}

}  // namespace

Store::Store() = default;
Store::~Store() { Close(); }

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path) {
  MDG_RETURN_IF_ERROR(MakeFile(path));
  std::unique_ptr<Store> store(new Store());
  store->writer_ = std::make_unique<Writer>(path);
  store->readers_ = std::make_unique<Readers>(path);
  MDG_RETURN_IF_ERROR(store->writer_->Open());
  MDG_RETURN_IF_ERROR(store->readers_->Open());
  return store;
}

void Store::Close() {
  // Readers first: the writer's last checkpoint can empty the log only when nobody reads.
  if (readers_ != nullptr) readers_->Close();
  if (writer_ != nullptr) writer_->Close();
}

const std::string& Store::Id() const { return writer_->Id(); }
int64_t Store::Head() const { return writer_->Head(); }
int64_t Store::Floor() const { return writer_->Floor(); }

absl::StatusOr<std::vector<int64_t>> Store::Commit(const Changes& changes) {
  return writer_->Commit(changes);
}
absl::Status Store::Probe() { return writer_->Probe(); }
absl::StatusOr<Store::Deleted> Store::DeleteBefore(absl::CivilDay day, int limit,
                                                   std::optional<absl::CivilDay> calls_day) {
  return writer_->DeleteBefore(day, limit, calls_day.value_or(day));
}
absl::StatusOr<bool> Store::Scrub() { return writer_->Scrub(); }
absl::Status Store::Tidy() { return writer_->Tidy(); }

absl::StatusOr<std::optional<ReceptionRow>> Store::FindReception(absl::string_view id) const {
  return readers_->FindReception(id);
}
absl::StatusOr<std::optional<ReceptionRow>> Store::FindByConfirmation(
    absl::string_view confirmation_id) const {
  return readers_->FindByConfirmation(confirmation_id);
}
absl::StatusOr<std::optional<std::string>> Store::FindFaceKey(absl::string_view key) const {
  return readers_->FindFaceKey(key);
}
absl::StatusOr<std::optional<std::string>> Store::FindRequest(absl::string_view key) const {
  return readers_->FindRequest(key);
}
absl::StatusOr<EventPage> Store::ReadEvents(const EventQuery& query) const {
  return readers_->ReadEvents(query);
}
absl::StatusOr<std::vector<ReceptionRow>> Store::ReadOpen() const { return readers_->ReadOpen(); }
absl::StatusOr<std::vector<ReceptionRow>> Store::ReadBackwards(int64_t before, int limit) const {
  return readers_->ReadBackwards(before, limit);
}
absl::StatusOr<std::vector<ExpectationRow>> Store::ReadExpectations() const {
  return readers_->ReadExpectations();
}
absl::StatusOr<std::vector<ExchangeRow>> Store::ReadOpenExchanges() const {
  return readers_->ReadOpenExchanges();
}
absl::StatusOr<std::optional<ExchangeRow>> Store::FindExchange(absl::string_view id) const {
  return readers_->FindExchange(id);
}

absl::StatusOr<std::optional<int>> Store::HighestNumber(absl::string_view terminal,
                                                        absl::CivilDay day) const {
  return readers_->HighestNumber(terminal, day);
}
absl::StatusOr<std::vector<RecordRow>> Store::FindRecords(absl::string_view reception_id) const {
  return readers_->FindRecords(reception_id);
}
absl::StatusOr<std::vector<RecordKey>> Store::FindRecordsDue(absl::Time now, int limit) const {
  return readers_->FindRecordsDue(now, limit);
}
absl::StatusOr<absl::Time> Store::NextRecordDue() const { return readers_->NextRecordDue(); }
absl::StatusOr<std::vector<AuditRow>> Store::ReadAudit(int64_t after, int limit) const {
  return readers_->ReadAudit(after, limit);
}
absl::StatusOr<std::optional<AuditRow>> Store::NewestAudit() const {
  return readers_->NewestAudit();
}
absl::StatusOr<absl::Time> Store::ReadClockMark() const { return readers_->ReadClockMark(); }

}  // namespace madoguchi::store
