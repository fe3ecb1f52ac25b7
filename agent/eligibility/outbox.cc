#include "agent/eligibility/outbox.h"

#include <algorithm>
#include <utility>

namespace madoguchi::eligibility {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Seconds(1);
constexpr absl::Duration kLongestBackoff = absl::Seconds(5);

}  // namespace

bool Outbox::HasRoom() const {
  absl::MutexLock lock(&mu_);
  return items_.size() < kMostPushes && bytes_ < kMostBytes;
}

void Outbox::Add(FacePush push) {
  const size_t bytes = push.confirmation.SpaceUsedLong() + sizeof(Item);
  {
    absl::MutexLock lock(&mu_);
    items_.push_back({.id = ++last_id_, .push = std::move(push), .bytes = bytes, .offered = false});
    bytes_ += bytes;
  }
  wake_up_.Wake();
}

int Outbox::Waiting() const {
  absl::MutexLock lock(&mu_);
  return static_cast<int>(items_.size());
}

std::vector<Outbox::Offer> Outbox::Due(absl::Duration now, size_t most) {
  std::vector<Offer> due;
  absl::MutexLock lock(&mu_);
  if (now < pause_until_) return due;
  for (Item& item : items_) {
    if (due.size() >= most) break;
    if (item.offered || now < item.not_before) continue;
    item.offered = true;
    due.push_back({.id = item.id, .push = item.push});
  }
  return due;
}

absl::Duration Outbox::NextDue() const {
  absl::MutexLock lock(&mu_);
  absl::Duration next = absl::InfiniteDuration();
  for (const Item& item : items_) {
    if (!item.offered) next = std::min(next, std::max(pause_until_, item.not_before));
  }
  return next;
}

void Outbox::Done(uint64_t id, const absl::Status& status, absl::Duration now) {
  {
    absl::MutexLock lock(&mu_);
    const auto item =
        std::find_if(items_.begin(), items_.end(), [&](const Item& i) { return i.id == id; });
    if (item == items_.end() || !item->offered) return;
    if (status.ok()) {
      bytes_ -= item->bytes;
      items_.erase(item);
      backoff_ = kFirstBackoff;
      pause_until_ = absl::ZeroDuration();
    } else {
      item->offered = false;
      if (!absl::IsUnavailable(status)) {
        // Something about this one push: it must not hold up the others.
        item->not_before = now + kLongestBackoff;
      } else if (now >= pause_until_) {
        // The store: all that were out together fail together, so one step for the lot.
        pause_until_ = now + backoff_;
        backoff_ = std::min(backoff_ * 2, kLongestBackoff);
      }
    }
  }
  wake_up_.Wake();
}

}  // namespace madoguchi::eligibility
