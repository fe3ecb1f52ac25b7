#ifndef MADOGUCHI_AGENT_AUDIT_ENTRY_H_
#define MADOGUCHI_AGENT_AUDIT_ENTRY_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace madoguchi::audit {

// What an entry says happened; kinds.def is the one source.
enum class Kind : int {
#define MDG_AUDIT(number, name, rule, meaning, meaning_ja) k##name = (number),
#include "agent/audit/kinds.def"
#undef MDG_AUDIT
};

// What becomes of the thing recorded when the entry cannot be written; see kinds.def.
enum class Rule { kFailClosed, kSpool, kBestEffort };

struct KindInfo {
  Kind kind;
  absl::string_view name;
  Rule rule;
  absl::string_view meaning;
  absl::string_view meaning_ja;
};

// The whole table, in ascending order of numbers.
std::span<const KindInfo> Kinds();
const KindInfo& LookUp(Kind kind);

// One entry. No clinical content; a person is in `subject` only.
struct Entry {
  Kind kind = Kind::kCallRefused;
  // Who did it: the identity of the client; empty for the daemon itself.
  std::string identity = {};
  // The person the identity asserted.
  std::string person = {};
  std::string reception_id = {};
  // Empty when it was done, else the catalogue number of the refusal.
  std::string outcome = {};
  // Which method, record or reason; a word of ours, not of the client.
  std::string detail = {};
  // How many alike this stands for.
  int64_t count = 1;
  // Given to the trail: whom it is about, sealed before it is written. Read from the trail: sealed.
  std::string subject = {};
  // When; the trail fills it in when it is not set.
  absl::Time at = absl::InfinitePast();
};

// The bytes that are stored: every field as `length:bytes`, so that there is one way to read them.
// The kind of a newer version is kept as its number.
std::string EncodeEntry(const Entry& entry);
// nullopt when the bytes are not exactly what EncodeEntry() writes. `at` is not in them.
std::optional<Entry> DecodeEntry(absl::string_view body);

}  // namespace madoguchi::audit

#endif  // MADOGUCHI_AGENT_AUDIT_ENTRY_H_
