#include <algorithm>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/reception/desk_impl.h"

// What happens because time passes. Everything here starts from what is durable and may be tried
// any number of times: a full disk, a restart or a clock that jumps only delays it.
namespace madoguchi::reception {
namespace {

// Receptions changed in one transaction; between two of them the desk does other work.
constexpr size_t kBatch = 100;
constexpr int kDeleteBatch = 100;
constexpr absl::Duration kRetryAfter = absl::Seconds(1);

}  // namespace

void Desk::Impl::Tick() {
  const absl::Time now = clock_.Now();
  retry_ = false;
  if (StoreStatus().state() == v1::CONNECTION_STATE_OFFLINE) NoteStore(store_.Probe());
  EndConsents(now);
  EndLostQuestions();
  ChangeDay(base::JapanDay(now));
  DropExpectations(now);
  DeleteOld(now);
  Rearm();
}

void Desk::Impl::Rearm() {
  const absl::Time now = clock_.Now();
  absl::Time next = base::JapanDayStart(base::JapanDay(now) + 1);
  if (!consent_ends_.empty()) next = std::min(next, consent_ends_.begin()->first);
  // The clock was set to another day.
  if (base::JapanDay(now) != today_) next = now;
  // Something could not be done: not in a circle, but soon, and not put off by what happens until.
  if (retry_) next = timer_ != 0 ? std::min(timer_at_, now + kRetryAfter) : now + kRetryAfter;
  if (next == timer_at_ && timer_ != 0) return;
  if (timer_ != 0) executor_.Cancel(timer_);
  timer_at_ = next;
  timer_ = executor_.PostAt(next, [this] {
    timer_ = 0;
    Tick();
  });
}

void Desk::Impl::EndConsents(absl::Time now) {
  while (!consent_ends_.empty() && consent_ends_.begin()->first <= now) {
    Receptions receptions;
    for (const auto& [end, id] : consent_ends_) {
      if (end > now || receptions.size() >= kBatch) break;
      const ReceptionPtr before = board_.Find(id);
      if (before == nullptr) continue;
      absl::StatusOr<v1::Reception> after = Apply(*before, ConsentEnded{}, now);
      if (after.ok()) receptions.push_back(*std::move(after));
    }
    if (receptions.empty() || !Save(std::move(receptions), {}).ok()) return RetrySoon();
  }
}

void Desk::Impl::ChangeDay(absl::CivilDay today) {
  if (today == today_) return;
  if (!CloseOldDays(today)) return RetrySoon();
  CloseOldExchanges(today);
  for (const Event& event : board_.All()) {
    if (event.reception->state() == v1::RECEPTION_STATE_CLOSED &&
        base::JapanDay(base::FromProto(event.reception->changed_at())) < today) {
      Forget(event.reception->reception_id());
    }
  }
  today_ = today;
  delete_due_ = true;
}

bool Desk::Impl::CloseOldDays(absl::CivilDay today) {
  Receptions receptions;
  const absl::Time now = clock_.Now();
  // They are still seen closed before they are deleted.
  const auto keep_days = static_cast<int>(absl::ToInt64Hours(options_.keep) / 24 - 1);
  const CloseDay close{.undecided_days = std::clamp(keep_days, 0, options_.undecided_days)};
  for (const Event& event : board_.All()) {
    if (base::JapanDay(base::FromProto(event.reception->opened_at())) >= today) continue;
    if (event.reception->state() == v1::RECEPTION_STATE_CLOSED) continue;
    absl::StatusOr<v1::Reception> after = Apply(*event.reception, close, now);
    if (!after.ok() || after->revision() == event.reception->revision()) continue;
    receptions.push_back(*std::move(after));
    if (receptions.size() < kBatch) continue;
    if (!Save(std::move(receptions), {}).ok()) return false;
    receptions.clear();
  }
  return receptions.empty() || Save(std::move(receptions), {}).ok();
}

void Desk::Impl::DeleteOld(absl::Time now) {
  if (delete_due_) {
    const absl::StatusOr<store::Store::Deleted> deleted =
        store_.DeleteBefore(base::JapanDay(now - options_.keep), kDeleteBatch,
                            base::JapanDay(now - options_.keep_request_ids));
    NoteStore(deleted.status());
    if (!deleted.ok()) return RetrySoon();
    for (const std::string& id : deleted->reception_ids) Forget(id);
    if (!deleted->reception_ids.empty()) {
      base::LogInfo("receptions_deleted",
                    {{"count", std::to_string(deleted->reception_ids.size())}});
      // They are gone either way: kept in memory until it can be written.
      trail_
          .Record({.kind = audit::Kind::kReceptionsDeleted,
                   .count = static_cast<int64_t>(deleted->reception_ids.size())})
          .IgnoreError();
    }
    scrub_due_ = scrub_due_ || deleted->any;
    delete_due_ = !deleted->all;
  }
  if (delete_due_) {
    executor_.Post([this] { Tick(); });
    return;
  }
  if (!scrub_due_) return;
  const absl::StatusOr<bool> scrubbed = store_.Scrub();
  scrub_due_ = !scrubbed.ok() || !*scrubbed;
  if (scrub_due_) RetrySoon();
}

void Desk::Impl::DropExpectations(absl::Time now) {
  store::Changes changes;
  for (const Expectation& expectation : expectations_) {
    if (expectation.until <= now) changes.expectations_gone.push_back(expectation.id);
  }
  if (changes.expectations_gone.empty()) return;
  // They do not count any more either way; on a full disk the rows go later.
  if (!Save({}, std::move(changes)).ok()) return;
  expectations_.erase(
      std::remove_if(expectations_.begin(), expectations_.end(),
                     [now](const Expectation& expectation) { return expectation.until <= now; }),
      expectations_.end());
}

}  // namespace madoguchi::reception
