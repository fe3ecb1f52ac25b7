#include "agent/audit/verify.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/audit/chain.h"
#include "agent/audit/entry.h"

namespace madoguchi::audit {
namespace {

constexpr absl::string_view kAnchorName = "madoguchi-audit-1";
constexpr int kPage = 500;
constexpr size_t kMostFindings = 100;
// A gap that is longer is not stepped over: numbers in a trail that was tampered with are anything.
constexpr int64_t kLongestGap = 1'000'000;

class Walk {
 public:
  Walk(const Anchor& head, const std::vector<Start>& starts, const std::vector<Anchor>& anchors)
      : head_(head), starts_(starts), anchors_(anchors), previous_(FirstHash(head.store_id)) {}

  void Look(const store::AuditRow& row) {
    ++verdict_.entries;
    const bool gap = row.number != number_ + 1;
    if (gap) Find(number_ + 1, Problem::kMissing);
    TakeKey(row.number);
    // After a gap nobody knows what came before.
    if (!gap && HashOf(previous_, row) != row.hash) Find(row.number, Problem::kChanged);
    if (key_.has_value()) {
      ++verdict_.tags_checked;
      if (TagOf(*key_, row.hash) != row.tag) Find(row.number, Problem::kForged);
    }
    if (!DecodeEntry(row.body).has_value()) Find(row.number, Problem::kUnreadable);
    CheckAnchors(row);
    number_ = row.number;
    previous_ = row.hash;
  }

  Verdict End() {
    if (number_ < head_.number) {
      Find(number_ + 1, Problem::kMissing);
    } else if (previous_ != head_.hash) {
      Find(number_, Problem::kHeadDiffers);
    }
    for (const Anchor& anchor : anchors_) {
      if (anchor.store_id != head_.store_id) {
        Find(anchor.number, Problem::kAnchorDiffers);
      } else if (anchor.number > number_) {
        Find(anchor.number, Problem::kAnchorMissing);
      } else if (anchor.number == 0 && anchor.hash != FirstHash(head_.store_id)) {
        Find(0, Problem::kAnchorDiffers);
      }
    }
    return std::move(verdict_);
  }

 private:
  void Find(int64_t number, Problem problem) {
    if (verdict_.findings.size() >= kMostFindings) {
      verdict_.more = true;
      return;
    }
    verdict_.findings.push_back({number, problem});
  }

  // The key of entry `number`, as far as it can be known.
  void TakeKey(int64_t number) {
    // How often the key was replaced since the entry before; not at all since a start.
    int64_t steps = number - number_;
    if (number_ == 0) key_.reset();
    for (; next_start_ < starts_.size() && starts_[next_start_].number <= number; ++next_start_) {
      const Start& start = starts_[next_start_];
      if (start.number > 1) Find(start.number, Problem::kNewKey);
      key_ = start.key;
      steps = number - start.number;
    }
    if (!key_.has_value()) return;
    if (steps > kLongestGap) {
      key_.reset();
      return;
    }
    for (int64_t i = 0; i < steps; ++i) key_ = NextKey(*key_);
  }

  void CheckAnchors(const store::AuditRow& row) {
    for (const Anchor& anchor : anchors_) {
      if (anchor.number == row.number && anchor.store_id == head_.store_id &&
          anchor.hash != row.hash) {
        Find(row.number, Problem::kAnchorDiffers);
      }
    }
  }

  const Anchor& head_;
  const std::vector<Start>& starts_;
  const std::vector<Anchor>& anchors_;
  size_t next_start_ = 0;
  int64_t number_ = 0;
  std::string previous_;
  std::optional<std::string> key_;
  Verdict verdict_;
};

}  // namespace

std::string AnchorText(const Anchor& anchor) {
  return absl::StrCat(kAnchorName, " ", anchor.store_id, " ", anchor.number, " ",
                      absl::BytesToHexString(anchor.hash));
}

std::optional<Anchor> ParseAnchor(absl::string_view text) {
  const std::vector<std::string> parts =
      absl::StrSplit(absl::StripAsciiWhitespace(text), ' ', absl::SkipEmpty());
  Anchor anchor;
  if (parts.size() != 4 || parts[0] != kAnchorName || !absl::SimpleAtoi(parts[2], &anchor.number) ||
      anchor.number < 0 || parts[3].size() != 64 ||
      !std::all_of(parts[3].begin(), parts[3].end(),
                   [](char c) { return absl::ascii_isxdigit(c); })) {
    return std::nullopt;
  }
  anchor.store_id = parts[1];
  anchor.hash = absl::HexStringToBytes(parts[3]);
  return anchor;
}

absl::StatusOr<Verdict> Verify(const store::Store& store, const Anchor& head,
                               const std::vector<Start>& starts,
                               const std::vector<Anchor>& anchors) {
  Walk walk(head, starts, anchors);
  int64_t after = 0;
  for (bool more = true; more;) {
    const absl::StatusOr<std::vector<store::AuditRow>> rows = store.ReadAudit(after, kPage);
    if (!rows.ok()) return rows.status();
    for (const store::AuditRow& row : *rows) {
      // What was appended since the head was taken is looked at next time.
      if (row.number <= head.number) walk.Look(row);
    }
    more = rows->size() == kPage && rows->back().number < head.number;
    if (more) after = rows->back().number;
  }
  return walk.End();
}

}  // namespace madoguchi::audit
