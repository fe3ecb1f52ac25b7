#ifndef MADOGUCHI_AGENT_AUDIT_VERIFY_H_
#define MADOGUCHI_AGENT_AUDIT_VERIFY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/audit/site_key.h"
#include "agent/store/store.h"

namespace madoguchi::audit {

// What the trail was at one moment, kept where who can change the trail cannot: an edit of anything
// up to it is found.
struct Anchor {
  std::string store_id;
  int64_t number = 0;
  std::string hash;
};
// One line: `madoguchi-audit-1 STORE NUMBER HASH`.
std::string AnchorText(const Anchor& anchor);
std::optional<Anchor> ParseAnchor(absl::string_view text);

enum class Problem {
  // Entries from this number on are not there.
  kMissing,
  // The entry, or the one before it, is not what it was when it was written.
  kChanged,
  // It was not written with the key of that time.
  kForged,
  // It says nothing that can be read.
  kUnreadable,
  // From here on another key: the key file was lost or did not fit.
  kNewKey,
  // The newest entry is not the one the key file knows.
  kHeadDiffers,
  // The anchor knows another entry of this number, or another database.
  kAnchorDiffers,
  // The trail ends before the anchor.
  kAnchorMissing,
};

struct Finding {
  int64_t number = 0;
  Problem problem = Problem::kMissing;
};

struct Verdict {
  std::vector<Finding> findings;
  // More were found than are listed.
  bool more = false;
  // Entries looked at, and how many of them had their tag checked (which takes the site key).
  int64_t entries = 0;
  int64_t tags_checked = 0;
  bool Intact() const { return findings.empty(); }
};

// Walks the whole trail up to `head`, which is what the key file knows. Blocks on the disk.
absl::StatusOr<Verdict> Verify(const store::Store& store, const Anchor& head,
                               const std::vector<Start>& starts,
                               const std::vector<Anchor>& anchors);

}  // namespace madoguchi::audit

#endif  // MADOGUCHI_AGENT_AUDIT_VERIFY_H_
