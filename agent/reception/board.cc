#include "agent/reception/board.h"

#include <algorithm>
#include <utility>

namespace madoguchi::reception {

ReceptionPtr Board::Find(absl::string_view reception_id) const {
  absl::MutexLock lock(&mu_);
  const auto found = by_id_.find(reception_id);
  return found == by_id_.end() ? nullptr : found->second.reception;
}

std::optional<ReceptionPtr> Board::FindSettled(absl::string_view reception_id,
                                               absl::Duration patience) const {
  absl::MutexLock lock(&mu_);
  const auto settled = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return !held_.contains(reception_id);
  };
  if (!mu_.AwaitWithTimeout(absl::Condition(&settled), patience)) return std::nullopt;
  const auto found = by_id_.find(reception_id);
  return found == by_id_.end() ? nullptr : found->second.reception;
}

void Board::Hold(const std::vector<std::string>& reception_ids) {
  absl::MutexLock lock(&mu_);
  held_.insert(reception_ids.begin(), reception_ids.end());
}

void Board::Release() {
  absl::MutexLock lock(&mu_);
  held_.clear();
}

ReceptionPtr Board::FindByConfirmation(absl::string_view confirmation_id) const {
  absl::MutexLock lock(&mu_);
  const auto id = by_confirmation_.find(confirmation_id);
  if (id == by_confirmation_.end()) return nullptr;
  const auto found = by_id_.find(id->second);
  return found == by_id_.end() ? nullptr : found->second.reception;
}

int64_t Board::Head() const {
  absl::MutexLock lock(&mu_);
  return head_;
}

int64_t Board::Floor() const {
  absl::MutexLock lock(&mu_);
  return floor_;
}

std::optional<Event> Board::Next(int64_t after) const {
  absl::MutexLock lock(&mu_);
  const auto next = by_number_.upper_bound(after);
  if (next == by_number_.end()) return std::nullopt;
  return Event{next->first, next->second};
}

std::vector<Event> Board::All() const {
  absl::MutexLock lock(&mu_);
  std::vector<Event> all;
  all.reserve(by_number_.size());
  for (const auto& [number, reception] : by_number_) all.push_back({number, reception});
  return all;
}

int Board::OpenCount() const {
  absl::MutexLock lock(&mu_);
  return open_;
}

int Board::PendingCount() const {
  absl::MutexLock lock(&mu_);
  return pending_;
}

void Board::Reset(int64_t head, int64_t floor, std::vector<Event> events) {
  absl::MutexLock lock(&mu_);
  by_id_.clear();
  by_confirmation_.clear();
  by_number_.clear();
  open_ = 0;
  pending_ = 0;
  for (Event& event : events) Put(std::move(event));
  head_ = head;
  floor_ = floor;
}

void Board::Publish(const std::vector<Event>& events) {
  absl::MutexLock lock(&mu_);
  for (const Event& event : events) {
    Put(event);
    head_ = std::max(head_, event.number);
  }
  held_.clear();
}

void Board::Drop(const std::string& reception_id) {
  absl::MutexLock lock(&mu_);
  const auto found = by_id_.find(reception_id);
  if (found == by_id_.end()) return;
  floor_ = std::max(floor_, found->second.number);
  Remove(found->second);
  by_id_.erase(found);
}

void Board::Put(Event event) {
  const std::string& id = event.reception->reception_id();
  const auto old = by_id_.find(id);
  if (old != by_id_.end()) Remove(old->second);
  by_number_[event.number] = event.reception;
  const std::string& confirmation = event.reception->confirmation().confirmation_id();
  if (!confirmation.empty()) by_confirmation_[confirmation] = id;
  if (event.reception->state() != v1::RECEPTION_STATE_CLOSED) ++open_;
  if (event.reception->state() == v1::RECEPTION_STATE_PENDING) ++pending_;
  by_id_[id] = std::move(event);
}

void Board::Remove(const Event& event) {
  by_number_.erase(event.number);
  by_confirmation_.erase(event.reception->confirmation().confirmation_id());
  if (event.reception->state() != v1::RECEPTION_STATE_CLOSED) --open_;
  if (event.reception->state() == v1::RECEPTION_STATE_PENDING) --pending_;
}

}  // namespace madoguchi::reception
