#include "agent/rpc/accept/number_pool.h"

#include <algorithm>

namespace madoguchi::rpc {

NumberPool::NumberPool(int first, int count, absl::Duration rest)
    : share_(static_cast<size_t>(std::max(count / 2, 1))), rest_(rest) {
  for (int i = 0; i < count; ++i) free_.push_back(first + i);
}

void NumberPool::Ripen(absl::Duration now) {
  while (!resting_.empty() && resting_.front().until <= now) {
    const Resting& oldest = resting_.front();
    free_.push_back(oldest.number);
    Forget(oldest.uid);
    resting_.pop_front();
  }
}

void NumberPool::Forget(uid_t uid) {
  const auto held = held_.find(uid);
  if (--held->second == 0) held_.erase(held);
}

void NumberPool::PutBack(int number, uid_t uid) {
  free_.push_back(number);
  Forget(uid);
}

std::optional<int> NumberPool::Take(uid_t uid, absl::Duration now) {
  Ripen(now);
  const auto held = held_.find(uid);
  if (!free_.empty() && (held == held_.end() || held->second < share_)) {
    const int number = free_.front();
    free_.pop_front();
    ++held_[uid];
    return number;
  }
  const auto own = std::find_if(resting_.begin(), resting_.end(),
                                [uid](const Resting& resting) { return resting.uid == uid; });
  if (own == resting_.end()) return std::nullopt;
  const int number = own->number;
  resting_.erase(own);
  return number;
}

void NumberPool::Release(int number, uid_t uid, absl::Duration now) {
  resting_.push_back({number, uid, now + rest_});
}

}  // namespace madoguchi::rpc
