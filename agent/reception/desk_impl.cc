#include "agent/reception/desk_impl.h"

#include <algorithm>
#include <limits>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/reception/consent.h"
#include "agent/reception/desk_audit.h"

namespace madoguchi::reception {
namespace {

// Closed receptions of the day before that are held in memory at a start, at most; more are read
// from the store when somebody asks.
constexpr size_t kMostRecent = 20'000;
constexpr int kLoadBatch = 200;

bool IsClosed(const v1::Reception& reception) {
  return reception.state() == v1::RECEPTION_STATE_CLOSED;
}

// Adds what of `rows` was closed on `today` or later. Returns the event of the first that was
// closed before or is one too many, 0 when there is none.
absl::StatusOr<int64_t> AddClosedSince(absl::CivilDay today,
                                       const std::vector<store::ReceptionRow>& rows, size_t most,
                                       std::vector<Event>& events) {
  for (const store::ReceptionRow& row : rows) {
    if (row.open) continue;
    absl::StatusOr<ReceptionPtr> reception = ParseReception(row);
    if (!reception.ok()) return reception.status();
    const absl::CivilDay changed = base::JapanDay(base::FromProto((*reception)->changed_at()));
    if (changed < today || events.size() >= most) return row.event;
    events.push_back({row.event, *std::move(reception)});
  }
  return 0;
}

// An answer that was not there before, and consents that it opens.
bool HasNewConsents(const v1::Reception* before, const v1::Reception& after) {
  return after.state() == v1::RECEPTION_STATE_ANSWERED && !after.usable_consents().empty() &&
         (before == nullptr ||
          before->confirmation().confirmation_id() != after.confirmation().confirmation_id());
}

}  // namespace

absl::StatusOr<ReceptionPtr> ParseReception(const store::ReceptionRow& row) {
  auto reception = std::make_shared<v1::Reception>();
  if (!reception->ParseFromString(row.body) || reception->reception_id() != row.id) {
    return base::MakeError(base::ErrorCode::kStoreCorrupt,
                           {.what = "a stored reception cannot be read", .reception_id = row.id});
  }
  return reception;
}

Desk::Impl::Impl(DeskOptions options, store::Store& store, audit::Trail& trail,
                 const crypto::KeyedHash& person_hash, base::Clock& clock,
                 std::function<void()> on_event)
    : options_(std::move(options)),
      store_(store),
      trail_(trail),
      person_hash_(person_hash),
      clock_(clock),
      on_event_(std::move(on_event)),
      executor_("desk", clock) {
  status_.set_state(v1::CONNECTION_STATE_ONLINE);
  *status_.mutable_since() = base::ToProto(clock.Now());
}

absl::Status Desk::Impl::Start() {
  absl::Status status = base::MakeError(base::ErrorCode::kStopping);
  executor_.RunAndWait([&] {
    status = Load();
    if (status.ok()) status = LoadExchanges();
    if (status.ok()) Tick();
    if (status.ok()) WatchExchanges();
  });
  return status;
}

absl::Status Desk::Impl::Load() {
  int64_t floor = 0;
  absl::StatusOr<std::vector<Event>> events = LoadRecent(base::JapanDay(clock_.Now()), floor);
  if (!events.ok()) return events.status();
  for (const Event& event : *events) Index(*event.reception);
  board_.Reset(store_.Head(), floor, *std::move(events));
  const absl::StatusOr<std::vector<store::ExpectationRow>> rows = store_.ReadExpectations();
  if (!rows.ok()) return rows.status();
  for (const store::ExpectationRow& row : *rows) {
    Expectation expectation{.id = row.id, .until = row.until, .request = {}};
    if (expectation.request.ParseFromString(row.body)) {
      expectations_.push_back(std::move(expectation));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Event>> Desk::Impl::LoadRecent(absl::CivilDay today,
                                                          int64_t& floor) const {
  const absl::StatusOr<std::vector<store::ReceptionRow>> open = store_.ReadOpen();
  if (!open.ok()) return open.status();
  std::vector<Event> events;
  for (const store::ReceptionRow& row : *open) {
    absl::StatusOr<ReceptionPtr> reception = ParseReception(row);
    if (!reception.ok()) return reception.status();
    events.push_back({row.event, *std::move(reception)});
  }
  // Backwards from the newest event to the first reception that was closed before today: what is
  // above that is in memory, what is below is not, apart from open ones.
  floor = store_.Floor();
  const size_t most = events.size() + kMostRecent;
  for (int64_t before = std::numeric_limits<int64_t>::max(); before > 0;) {
    const absl::StatusOr<std::vector<store::ReceptionRow>> rows =
        store_.ReadBackwards(before, kLoadBatch);
    if (!rows.ok()) return rows.status();
    const absl::StatusOr<int64_t> end = AddClosedSince(today, *rows, most, events);
    if (!end.ok()) return end.status();
    floor = std::max(floor, *end);
    before = *end > 0 || rows->empty() ? 0 : rows->back().event;
  }
  return events;
}

ReceptionPtr Desk::Impl::Before(const v1::Reception& after) const {
  if (after.revision() == 1) return nullptr;
  if (ReceptionPtr held = board_.Find(after.reception_id()); held != nullptr) return held;
  const auto row = store_.FindReception(after.reception_id());
  if (!row.ok() || !row->has_value()) return nullptr;
  return ParseReception(**row).value_or(nullptr);
}

absl::Status Desk::Impl::Save(Receptions receptions, store::Changes changes, const Caller& by,
                              std::vector<audit::Entry> entries) {
  std::vector<std::string> answered;
  for (const v1::Reception& reception : receptions) {
    const ReceptionPtr before = Before(reception);
    if (HasNewConsents(before.get(), reception)) answered.push_back(reception.reception_id());
    std::optional<audit::Entry> entry = EntryOf(before.get(), reception, by);
    if (entry.has_value()) entries.push_back(*std::move(entry));
    const absl::Time opened_at = base::FromProto(reception.opened_at());
    changes.receptions.push_back({.id = reception.reception_id(),
                                  .confirmation_id = reception.confirmation().confirmation_id(),
                                  .counter = reception.counter(),
                                  .day = base::JapanDay(opened_at),
                                  .state = reception.state(),
                                  .open = !IsClosed(reception),
                                  .opened_at = opened_at,
                                  .event = 0,
                                  .body = reception.SerializeAsString()});
  }
  std::vector<std::string> ids;
  for (const store::ReceptionRow& row : changes.receptions) ids.push_back(row.id);
  board_.Hold(ids);
  const absl::StatusOr<std::vector<int64_t>> numbers = trail_.Commit(changes, std::move(entries));
  if (!numbers.ok()) board_.Release();
  NoteStore(numbers.status());
  if (!numbers.ok()) return numbers.status();
  std::vector<Event> events;
  events.reserve(receptions.size());
  for (size_t i = 0; i < receptions.size(); ++i) {
    Index(receptions[i]);
    events.push_back(
        {(*numbers)[i], std::make_shared<const v1::Reception>(std::move(receptions[i]))});
  }
  if (events.empty()) return absl::OkStatus();
  board_.Publish(events);
  on_event_();
  for (const Event& event : events) {
    TendVisit(*event.reception);
    TellAwaiting(*event.reception);
  }
  for (const std::string& id : answered) {
    if (on_answered_ != nullptr) on_answered_(*board_.Find(id));
  }
  Rearm();
  return absl::OkStatus();
}

void Desk::Impl::Index(const v1::Reception& reception) {
  const std::string& id = reception.reception_id();
  // A refused answer says nothing about the person's consents, nor does one to identifiers, or one
  // at a site that takes none at own readers: it must not shut those of a card read.
  if (!people_.Has(id) && reception.has_confirmation() && !reception.has_ended_because() &&
      !reception.records_closed() && reception.origin() != v1::RECEPTION_ORIGIN_IDENTIFIERS) {
    people_.Add(id, PersonKeys(reception.confirmation(), person_hash_),
                AskedAt(reception.confirmation()));
  }
  if (const auto waits = waiting_since_.find(id); waits != waiting_since_.end()) {
    waiting_for_line_.erase({waits->second, id});
    waiting_since_.erase(waits);
  }
  if (reception.state() == v1::RECEPTION_STATE_PENDING && CanAsk(reception.pending_note()) &&
      reception.origin() == v1::RECEPTION_ORIGIN_IDENTIFIERS) {
    waiting_since_[id] = base::FromProto(reception.opened_at());
    waiting_for_line_.insert({waiting_since_[id], id});
  }
  const auto old = consent_end_of_.find(id);
  if (old != consent_end_of_.end()) {
    consent_ends_.erase({old->second, id});
    consent_end_of_.erase(old);
  }
  const absl::Time end = FirstConsentEnd(reception);
  if (end == absl::InfiniteFuture()) return;
  consent_ends_.insert({end, id});
  consent_end_of_[id] = end;
}

void Desk::Impl::Forget(const std::string& reception_id) {
  people_.Remove(reception_id);
  board_.Drop(reception_id);
}

void Desk::Impl::NoteStore(const absl::Status& status) {
  if (!status.ok()) RetrySoon();
  {
    const v1::ConnectionState state =
        status.ok() ? v1::CONNECTION_STATE_ONLINE : v1::CONNECTION_STATE_OFFLINE;
    const v1::ErrorDetail cause = base::DetailOf(status).value_or(v1::ErrorDetail());
    absl::MutexLock lock(&status_mu_);
    if (status_.state() == state && status_.cause().number() == cause.number()) return;
    if (status_.state() != state) *status_.mutable_since() = base::ToProto(clock_.Now());
    status_.set_state(state);
    status_.clear_cause();
    if (!status.ok()) *status_.mutable_cause() = cause;
  }
  if (status.ok()) {
    base::LogInfo("store_online");
  } else {
    base::LogError("store_offline", {{"why", std::string(status.message())}});
    Rearm();
  }
  on_event_();
}

void Desk::Impl::TidySoon() {
  if (executor_.Pending() > 0) return;
  const absl::Status status = store_.Tidy();
  // Nothing is lost by it; a disk that is full shows at the next commit.
  if (!status.ok() && !base::Is(status, base::ErrorCode::kStoreFull)) {
    base::LogWarning("store_tidy_failed", {{"why", std::string(status.message())}});
  }
}

v1::StoreStatus Desk::Impl::StoreStatus() const {
  absl::MutexLock lock(&status_mu_);
  return status_;
}

}  // namespace madoguchi::reception
