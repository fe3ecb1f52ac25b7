#ifndef MADOGUCHI_AGENT_AUDIT_CHAIN_H_
#define MADOGUCHI_AGENT_AUDIT_CHAIN_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "agent/store/store.h"

// What binds entries together. The hash of an entry covers the hash before it, so that everybody
// can recompute the chain; its tag is an HMAC over the hash with a key that is replaced by a
// one-way function of itself after every entry, so that who gets hold of the key today cannot write
// what the trail said yesterday.
namespace madoguchi::audit {

// Where the chain stands. 32 bytes each.
struct Link {
  // Of the newest entry; 0 before the first.
  int64_t number = 0;
  std::string hash;
  // For the next entry. Secret.
  std::string key;
};

// The hash before the first entry; another database has another one.
std::string FirstHash(absl::string_view store_id);
// Covers number, time and body.
std::string HashOf(absl::string_view previous, const store::AuditRow& row);
std::string TagOf(absl::string_view key, absl::string_view hash);
// The key of the next entry.
std::string NextKey(absl::string_view key);

// Fills in number, hash and tag of `row`, and moves `link` on; the old key is wiped.
void Append(Link& link, store::AuditRow& row);
// True when `row` is what Append() would have made of it here; moves `link` on then.
bool Follow(Link& link, const store::AuditRow& row);

}  // namespace madoguchi::audit

#endif  // MADOGUCHI_AGENT_AUDIT_CHAIN_H_
