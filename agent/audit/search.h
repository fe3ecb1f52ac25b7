#ifndef MADOGUCHI_AGENT_AUDIT_SEARCH_H_
#define MADOGUCHI_AGENT_AUDIT_SEARCH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/audit/entry.h"
#include "agent/store/store.h"

namespace madoguchi::audit {

// Which entries somebody wants.
struct Filter {
  // From then on, and before then.
  absl::Time from = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
  // Empty: all.
  std::string reception_id = {};
  std::string identity = {};
  std::string person = {};
  std::vector<int> kinds = {};
  // Only those in which somebody is named under seal.
  bool with_subject = false;
};

struct Found {
  int64_t number = 0;
  absl::Time at;
  // nullopt: the stored bytes say nothing. It is found by its time alone, because it may have said
  // anything.
  std::optional<Entry> entry;
};

struct SearchPage {
  // Ascending numbers.
  std::vector<Found> found;
  // Everything up to here was looked at.
  int64_t looked_through = 0;
  bool at_end = false;
};

// Entries with numbers above `after` up to `up_to` that match, at most `limit`. Looks at 5,000 at
// most, so that one call takes a bounded time: a page may be empty and not the last. Every entry is
// looked at, because a clock that was set back leaves times that do not ascend. Blocks on the disk.
absl::StatusOr<SearchPage> Search(const store::Store& store, const Filter& filter, int64_t after,
                                  int64_t up_to, int limit);

}  // namespace madoguchi::audit

#endif  // MADOGUCHI_AGENT_AUDIT_SEARCH_H_
