#include <algorithm>
#include <utility>

#include "agent/base/error.h"
#include "agent/reception/desk_impl.h"

// Callers that wait until a reception changes.
namespace madoguchi::reception {
namespace {

// More than a site has devices; each of them waits once.
constexpr size_t kMostWaiting = 500;

}  // namespace

void Desk::Impl::Await(const Caller& caller, const std::string& reception_id,
                       int32_t after_revision, absl::Time until, ReceptionDone done) {
  const absl::StatusOr<ReceptionPtr> now = FindFor(caller, reception_id);
  if (!now.ok()) return done(now.status());
  if ((*now)->revision() > after_revision || until <= clock_.Now() ||
      awaiting_.size() >= kMostWaiting) {
    return done(**now);
  }
  const uint64_t key = ++last_awaiting_;
  const base::Executor::TimerId timer =
      executor_.PostAt(until, [this, key] { EndAwaiting(key, nullptr); });
  awaiting_.emplace(key, Awaiting{.reception_id = reception_id,
                                  .after_revision = after_revision,
                                  .timer = timer,
                                  .done = std::move(done)});
}

void Desk::Impl::EndAwaiting(uint64_t key, const v1::Reception* now) {
  const auto found = awaiting_.find(key);
  if (found == awaiting_.end()) return;
  const Awaiting over = std::move(found->second);
  awaiting_.erase(found);
  executor_.Cancel(over.timer);
  if (now != nullptr) return over.done(*now);
  const ReceptionPtr held = board_.Find(over.reception_id);
  if (held != nullptr) return over.done(*held);
  over.done(
      base::MakeError(base::ErrorCode::kReceptionNotFound, {.reception_id = over.reception_id}));
}

void Desk::Impl::TellAwaiting(const v1::Reception& changed) {
  std::vector<uint64_t> keys;
  for (const auto& [key, waiting] : awaiting_) {
    if (waiting.reception_id == changed.reception_id() &&
        waiting.after_revision < changed.revision()) {
      keys.push_back(key);
    }
  }
  for (const uint64_t key : keys) EndAwaiting(key, &changed);
}

}  // namespace madoguchi::reception
