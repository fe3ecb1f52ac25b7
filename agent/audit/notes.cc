#include "agent/audit/notes.h"

#include <utility>

namespace madoguchi::audit {

void Notes::Add(Entry entry, absl::Time now) {
  // A clock that was set back must not keep a window open.
  if (now >= window_end_ || now < window_end_ - kWindow) Close();
  if (window_end_ == absl::InfiniteFuture()) window_end_ = now + kWindow;
  entry.at = now;
  Key key(static_cast<int>(entry.kind), entry.identity, entry.person, entry.reception_id,
          entry.outcome, entry.detail);
  if (counted_.size() >= kMostDifferent && !counted_.contains(key)) {
    entry = {.kind = entry.kind, .detail = "various", .count = entry.count, .at = now};
    key = Key(static_cast<int>(entry.kind), "", "", "", "", entry.detail);
  }
  const auto [place, first] = counted_.try_emplace(std::move(key), entry);
  Entry& counted = place->second;
  if (first) {
    counted.count = 0;
    counted.subject.clear();
    ready_.push_back(std::move(entry));
  } else {
    counted.count += entry.count;
    counted.at = now;
  }
}

void Notes::Close() {
  for (auto& [key, entry] : counted_) {
    if (entry.count > 0) ready_.push_back(std::move(entry));
  }
  counted_.clear();
  window_end_ = absl::InfiniteFuture();
}

std::vector<Entry> Notes::Take(absl::Time now) {
  if (now >= window_end_) Close();
  return std::exchange(ready_, {});
}

std::vector<Entry> Notes::TakeAll() {
  Close();
  return std::exchange(ready_, {});
}

absl::Time Notes::Next() const { return ready_.empty() ? window_end_ : absl::InfinitePast(); }

}  // namespace madoguchi::audit
