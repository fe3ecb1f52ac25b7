#include "adapters/route/queue.h"

#include <algorithm>
#include <vector>

#include "agent/base/error.h"

namespace madoguchi::adapters {
namespace {

using kept::v1::OwedItem;

constexpr int kMostWithheld = 100;
constexpr int kMostDoublings = 20;
constexpr int kDoublingsNotYet = 5;

int64_t Millis(absl::Time time) { return absl::ToUnixMillis(time); }

// Failures that say nothing about the record.
bool OfDestination(const absl::Status& why) {
  using base::ErrorCode;
  for (const ErrorCode code :
       {ErrorCode::kDestinationUnreachable, ErrorCode::kDestinationNotSecure,
        ErrorCode::kDestinationSilent, ErrorCode::kDestinationBusy,
        ErrorCode::kDestinationLoginRefused, ErrorCode::kDestinationNotWritable}) {
    if (base::Is(why, code)) return true;
  }
  return false;
}

}  // namespace

std::string NumberOf(const absl::Status& status) {
  const auto detail = base::DetailOf(status);
  return detail.has_value() ? detail->number() : "";
}

Queue::Queue(const kept::v1::RouteState& state, Policy policy, std::function<double()> random)
    : policy_(policy), random_(std::move(random)), head_(state) {
  head_.clear_items();
  head_.clear_marks();
  for (const OwedItem& item : state.items()) Put(item);
  for (const kept::v1::DeliveredMark& mark : state.marks()) {
    const Id id(mark.reception_id(), mark.what());
    marks_[id] = {mark.key(), mark.at()};
    marks_by_age_.emplace(mark.at(), id);
  }
}

OwedItem* Queue::Find(const Id& id) {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &items_.at(at->second);
}

void Queue::Put(OwedItem item) {
  const int64_t order = item.order();
  by_id_[Id(item.reception_id(), item.what())] = order;
  lines_[item.line()].orders.emplace(item.answered_at(), order);
  const std::string line = item.line();
  items_[order] = std::move(item);
  Refresh(line);
}

void Queue::Remove(int64_t order) {
  const auto at = items_.find(order);
  const std::string line = at->second.line();
  by_id_.erase(Id(at->second.reception_id(), at->second.what()));
  lines_[line].orders.erase({at->second.answered_at(), order});
  items_.erase(at);
  Refresh(line);
}

void Queue::Refresh(const std::string& line) {
  if (const auto was = in_due_.find(line); was != in_due_.end()) {
    due_.erase(was->second);
    in_due_.erase(was);
  }
  const auto at = lines_.find(line);
  if (at->second.orders.empty()) {
    lines_.erase(at);
    return;
  }
  const OwedItem& first = items_.at(at->second.orders.begin()->second);
  if (first.waits() != OwedItem::WAITS_FOR_TURN) return;
  const std::pair<int64_t, int64_t> entry(first.next_try(), first.order());
  due_.insert(entry);
  in_due_[line] = entry;
}

bool Queue::Offer(const Wish& wish, bool needs_chart, absl::Time now) {
  const Id id(wish.reception_id, wish.what);
  OwedItem* const owed = Find(id);
  const auto mark = marks_.find(id);
  const bool delivered = mark != marks_.end() && mark->second.first == wish.key;
  if (owed == nullptr && delivered) return false;
  if (owed != nullptr && owed->key() == wish.key) return false;
  const OwedItem::Waits waits =
      needs_chart && !wish.has_chart ? OwedItem::WAITS_FOR_CHART : OwedItem::WAITS_FOR_TURN;
  OwedItem item;
  if (owed != nullptr) {
    item = *owed;
    Remove(item.order());
  } else {
    item.set_reception_id(wish.reception_id);
    item.set_what(wish.what);
    head_.set_next_order(head_.next_order() + 1);
    item.set_order(head_.next_order());
    item.set_since(Millis(now));
  }
  GiveUpChartless(now);
  // Back to what was delivered already: nothing is owed any more.
  if (delivered) return true;
  item.set_revision(wish.revision);
  item.set_key(wish.key);
  item.set_line(wish.line);
  item.set_answered_at(absl::ToUnixMicros(wish.answered_at));
  item.set_waits(waits);
  item.set_tries(0);
  item.set_next_try(0);
  item.set_delivered_before(head_.delivered());
  Put(std::move(item));
  return true;
}

void Queue::GiveUpChartless(absl::Time now) {
  std::vector<OwedItem> old;
  for (const auto& [order, item] : items_) {
    if (item.since() >= Millis(now - kRemember)) break;
    if (item.waits() == OwedItem::WAITS_FOR_CHART) old.push_back(item);
  }
  for (const OwedItem& item : old) {
    NoteWithheld(item.reception_id(), item.what(),
                 base::ErrorNumber(base::ErrorCode::kNotAssignedYet), now);
    Remove(item.order());
  }
}

bool Queue::Withdraw(const std::string& reception_id, v1::ExportWhat what, const absl::Status& why,
                     absl::Time now) {
  const OwedItem* const owed = Find(Id(reception_id, what));
  if (owed == nullptr) return false;
  Remove(owed->order());
  NoteWithheld(reception_id, what, NumberOf(why), now);
  return true;
}

std::optional<OwedItem> Queue::Next(absl::Time now) const {
  const int64_t at = Millis(now);
  if (due_.empty() || head_.hold_until() > at || due_.begin()->first > at) return std::nullopt;
  return items_.at(due_.begin()->second);
}

absl::Time Queue::NextTime() const {
  if (due_.empty()) return absl::InfiniteFuture();
  return absl::FromUnixMillis(std::max(due_.begin()->first, head_.hold_until()));
}

absl::Duration Queue::Pause(int failures) {
  const int doublings = std::clamp(failures - 1, 0, kMostDoublings);
  const absl::Duration pause =
      std::min(policy_.retry_first * (int64_t{1} << doublings), policy_.retry_most);
  return pause * (0.8 + 0.4 * random_());
}

void Queue::Worked() {
  const bool was_down = head_.failures() > 0;
  head_.set_failures(0);
  head_.set_hold_until(0);
  head_.clear_trouble();
  if (!was_down) return;
  // What waited because nothing could be delivered goes at once.
  std::vector<std::string> lines;
  for (auto& [order, item] : items_) {
    if (item.tries() == 0 && item.next_try() > 0) {
      item.set_next_try(0);
      lines.push_back(item.line());
    }
  }
  for (const std::string& line : lines) Refresh(line);
}

void Queue::Fail(OwedItem item, const absl::Status& why, bool of_destination, absl::Time now) {
  if (item.tries() == 0 && item.last_error().empty()) item.set_delivered_before(head_.delivered());
  item.set_last_error(NumberOf(why));
  head_.set_failures(head_.failures() + 1);
  head_.set_trouble(NumberOf(why));
  head_.set_hold_until(Millis(now + Pause(head_.failures())));
  const bool others_went = head_.delivered() > item.delivered_before();
  if (!of_destination || others_went) item.set_tries(item.tries() + 1);
  item.set_next_try(Millis(now + Pause(std::max(1, item.tries()))));
  if (item.tries() >= policy_.tries) item.set_waits(OwedItem::WAITS_FOR_PERSON);
  // One that is about its record alone does not hold up the others.
  if (!of_destination) head_.set_hold_until(0);
  Remove(item.order());
  Put(std::move(item));
}

void Queue::Mark(const Wish& wish, absl::Time now) {
  const Id id(wish.reception_id, wish.what);
  if (const auto old = marks_.find(id); old != marks_.end()) {
    marks_by_age_.erase({old->second.second, id});
  }
  marks_[id] = {wish.key, Millis(now)};
  marks_by_age_.emplace(Millis(now), id);
  while (!marks_by_age_.empty() && (marks_by_age_.size() > kMostMarks ||
                                    marks_by_age_.begin()->first < Millis(now - kRemember))) {
    marks_.erase(marks_by_age_.begin()->second);
    marks_by_age_.erase(marks_by_age_.begin());
  }
}

void Queue::NoteWithheld(const std::string& reception_id, v1::ExportWhat what,
                         const std::string& because, absl::Time now) {
  auto& list = *head_.mutable_withheld();
  while (list.size() >= kMostWithheld) list.erase(list.begin());
  kept::v1::WithheldItem& note = *list.Add();
  note.set_reception_id(reception_id);
  note.set_what(what);
  note.set_because(because);
  note.set_at(Millis(now));
}

void Queue::Settle(const OwedItem& item, const Outcome& outcome, absl::Time now) {
  if (outcome.kind == Outcome::Kind::kDelivered) {
    head_.set_delivered(head_.delivered() + 1);
    head_.set_delivered_at(Millis(now));
    if (outcome.wish.has_value()) Mark(*outcome.wish, now);
    Worked();
  }
  OwedItem* const owed = Find(Id(item.reception_id(), item.what()));
  if (owed == nullptr) return;
  const std::string& settled = outcome.wish.has_value() ? outcome.wish->key : item.key();
  // It was replaced while it was under way: the newer one has its turn by itself.
  const bool replaced = owed->key() != item.key() && owed->key() != settled;
  switch (outcome.kind) {
    case Outcome::Kind::kDelivered:
      if (!replaced) Remove(owed->order());
      return;
    case Outcome::Kind::kWithheld:
      if (replaced) return;
      // It is not looked at again, unless it changes.
      if (outcome.wish.has_value()) Mark(*outcome.wish, now);
      NoteWithheld(item.reception_id(), item.what(), NumberOf(outcome.why), now);
      Remove(owed->order());
      return;
    case Outcome::Kind::kTryAgain:
      Fail(*owed, outcome.why, OfDestination(outcome.why), now);
      head_.set_hold_until(std::max(head_.hold_until(), Millis(now + outcome.wait)));
      return;
    case Outcome::Kind::kDaemonAway:
      head_.set_failures(head_.failures() + 1);
      head_.set_trouble(NumberOf(outcome.why));
      head_.set_hold_until(Millis(now + std::min(Pause(head_.failures()), absl::Seconds(10))));
      return;
    case Outcome::Kind::kNotYet: {
      // The others go on; nobody counts how often, as the end of the consent ends it.
      OwedItem later = *owed;
      later.set_last_error(NumberOf(outcome.why));
      later.set_next_try(Millis(now + Pause(kDoublingsNotYet)));
      Remove(later.order());
      Put(std::move(later));
      return;
    }
    case Outcome::Kind::kRefused:
    case Outcome::Kind::kNoChart: {
      if (replaced) return;
      OwedItem parked = *owed;
      parked.set_waits(outcome.kind == Outcome::Kind::kRefused ? OwedItem::WAITS_FOR_PERSON
                                                               : OwedItem::WAITS_FOR_CHART);
      parked.set_last_error(NumberOf(outcome.why));
      parked.set_tries(parked.tries() + 1);
      Remove(parked.order());
      Put(std::move(parked));
      return;
    }
  }
}

int Queue::Resend(const std::string& reception_id, absl::Time now) {
  std::vector<OwedItem> parked;
  for (const auto& [order, item] : items_) {
    if (item.waits() == OwedItem::WAITS_FOR_PERSON &&
        (reception_id.empty() || item.reception_id() == reception_id)) {
      parked.push_back(item);
    }
  }
  for (OwedItem& item : parked) {
    item.set_waits(OwedItem::WAITS_FOR_TURN);
    item.set_tries(0);
    item.set_next_try(Millis(now));
    item.set_delivered_before(head_.delivered());
    Remove(item.order());
    Put(std::move(item));
  }
  if (!parked.empty()) head_.set_hold_until(0);
  return static_cast<int>(parked.size());
}

int Queue::Drop(const std::string& reception_id, absl::Time now) {
  std::vector<OwedItem> parked;
  for (const auto& [order, item] : items_) {
    if (item.waits() == OwedItem::WAITS_FOR_PERSON && item.reception_id() == reception_id) {
      parked.push_back(item);
    }
  }
  for (const OwedItem& item : parked) {
    Mark({.reception_id = item.reception_id(), .what = item.what(), .key = item.key(), .line = {}},
         now);
    NoteWithheld(item.reception_id(), item.what(), item.last_error(), now);
    Remove(item.order());
  }
  return static_cast<int>(parked.size());
}

kept::v1::RouteState Queue::State(absl::Time now) const {
  kept::v1::RouteState state = head_;
  for (const auto& [order, item] : items_) *state.add_items() = item;
  for (const auto& [at, id] : marks_by_age_) {
    kept::v1::DeliveredMark& mark = *state.add_marks();
    mark.set_reception_id(id.first);
    mark.set_what(static_cast<v1::ExportWhat>(id.second));
    mark.set_key(marks_.at(id).first);
    mark.set_at(at);
  }
  state.set_saved_at(Millis(now));
  return state;
}

}  // namespace madoguchi::adapters
