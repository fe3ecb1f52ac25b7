#ifndef MADOGUCHI_AGENT_AUDIT_NOTES_H_
#define MADOGUCHI_AGENT_AUDIT_NOTES_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "agent/audit/entry.h"

namespace madoguchi::audit {

// What happens too often to be written one by one. In a minute the first of its kind is written as
// it is; the others alike are counted and written as one when the minute is over. Above
// kMostDifferent different ones a minute, the rest are counted together, whoever it was. So a
// minute costs a fixed number of entries at most. Not thread-safe.
class Notes {
 public:
  static constexpr int kMostDifferent = 32;
  static constexpr absl::Duration kWindow = absl::Minutes(1);

  void Add(Entry entry, absl::Time now);
  // What is to be written at `now`, and is no business of this any more.
  std::vector<Entry> Take(absl::Time now);
  // When there is something to write next: InfinitePast for at once, InfiniteFuture for never.
  absl::Time Next() const;
  // Everything, for the end.
  std::vector<Entry> TakeAll();

 private:
  // Kind, identity, person, reception, outcome, detail.
  using Key = std::tuple<int, std::string, std::string, std::string, std::string, std::string>;
  void Close();

  std::vector<Entry> ready_;
  // Counted since the first of its kind.
  std::map<Key, Entry> counted_;
  absl::Time window_end_ = absl::InfiniteFuture();
};

}  // namespace madoguchi::audit

#endif  // MADOGUCHI_AGENT_AUDIT_NOTES_H_
