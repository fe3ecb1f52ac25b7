#include "agent/rpc/watch_hub.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/log.h"

namespace madoguchi::rpc {

WatchHub::WatchHub(WatchOptions options, base::Clock& clock, base::Executor& wake,
                   base::Executor& read)
    : options_(options), clock_(clock), wake_(wake), read_(read) {}

absl::StatusOr<std::shared_ptr<Watcher>> WatchHub::Open(const std::string& identity,
                                                        std::unique_ptr<WatchSource> source,
                                                        WatchWire* wire) {
  auto watcher = std::make_shared<Watcher>(*this, identity, std::move(source), wire);
  absl::MutexLock lock(&mu_);
  if (stopping_) return base::MakeError(base::ErrorCode::kStopping);
  if (static_cast<int>(watchers_.size()) >= options_.total) {
    return base::MakeError(
        base::ErrorCode::kTooManyWatchers,
        {.what = absl::StrCat("the daemon serves at most ", options_.total, " in all")});
  }
  int& count = per_identity_[identity];
  if (count >= options_.per_identity) {
    return base::MakeError(
        base::ErrorCode::kTooManyWatchers,
        {.what = absl::StrCat("a client may have at most ", options_.per_identity)});
  }
  ++count;
  watchers_.insert(watcher);
  return watcher;
}

void WatchHub::Remove(const std::shared_ptr<Watcher>& watcher) {
  absl::MutexLock lock(&mu_);
  if (watchers_.erase(watcher) == 0) return;
  const auto found = per_identity_.find(watcher->identity());
  if (--found->second == 0) per_identity_.erase(found);
}

int WatchHub::Count() const {
  absl::MutexLock lock(&mu_);
  return static_cast<int>(watchers_.size());
}

std::vector<std::shared_ptr<Watcher>> WatchHub::All() const {
  absl::MutexLock lock(&mu_);
  return {watchers_.begin(), watchers_.end()};
}

void WatchHub::NotifyEvent() {
  events_.store(true);
  Notify();
}

void WatchHub::NotifyStatus() { Notify(); }

void WatchHub::Notify() {
  if (posted_.exchange(true)) return;
  if (!wake_.Post([this] { WakeAll(); })) posted_.store(false);
}

void WatchHub::WakeAll() {
  // In this order: what is notified from here on posts a new waking.
  posted_.store(false);
  const bool events = events_.exchange(false);
  for (const auto& watcher : All()) {
    // New events also change the status; the status alone says nothing to who wants events.
    if (events || !watcher->WantsEvents()) watcher->Wake();
  }
}

bool WatchHub::WaitForNone(absl::Duration patience) {
  absl::MutexLock lock(&mu_);
  const auto none = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return watchers_.empty(); };
  return mu_.AwaitWithTimeout(absl::Condition(&none), patience);
}

bool WatchHub::Stop(absl::Duration patience) {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  const absl::Status stopping = base::MakeError(base::ErrorCode::kStopping);
  for (const auto& watcher : All()) watcher->End(stopping);
  if (WaitForNone(patience / 2)) return true;
  const auto late = All();
  base::LogWarning("watchers_cut", {{"count", absl::StrCat(late.size())}});
  for (const auto& watcher : late) watcher->Abort();
  return WaitForNone(patience / 2);
}

}  // namespace madoguchi::rpc
