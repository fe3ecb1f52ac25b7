#include "agent/audit/search.h"

#include <algorithm>
#include <utility>

namespace madoguchi::audit {
namespace {

constexpr int kRows = 500;
constexpr int kMostScanned = 5000;

bool IsWanted(const std::string& wanted, const std::string& value) {
  return wanted.empty() || wanted == value;
}

bool Matches(const Filter& filter, const Found& found) {
  if (found.at < filter.from || found.at >= filter.until) return false;
  if (!found.entry.has_value()) return true;
  const Entry& entry = *found.entry;
  const bool kind =
      filter.kinds.empty() || std::find(filter.kinds.begin(), filter.kinds.end(),
                                        static_cast<int>(entry.kind)) != filter.kinds.end();
  return kind && IsWanted(filter.reception_id, entry.reception_id) &&
         IsWanted(filter.identity, entry.identity) && IsWanted(filter.person, entry.person) &&
         !(filter.with_subject && entry.subject.empty());
}

}  // namespace

absl::StatusOr<SearchPage> Search(const store::Store& store, const Filter& filter, int64_t after,
                                  int64_t up_to, int limit) {
  SearchPage page{.found = {}, .looked_through = after, .at_end = after >= up_to};
  for (int scanned = 0; !page.at_end && scanned < kMostScanned; scanned += kRows) {
    const absl::StatusOr<std::vector<store::AuditRow>> rows =
        store.ReadAudit(page.looked_through, kRows);
    if (!rows.ok()) return rows.status();
    for (const store::AuditRow& row : *rows) {
      if (row.number > up_to) break;
      if (static_cast<int>(page.found.size()) >= limit) return page;
      page.looked_through = row.number;
      Found found{.number = row.number, .at = row.at, .entry = DecodeEntry(row.body)};
      if (Matches(filter, found)) page.found.push_back(std::move(found));
    }
    page.at_end = rows->size() < kRows || rows->back().number >= up_to;
  }
  return page;
}

}  // namespace madoguchi::audit
