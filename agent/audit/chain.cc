#include "agent/audit/chain.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/crypto/digest.h"

namespace madoguchi::audit {
namespace {

void MoveOn(Link& link, int64_t number, const std::string& hash) {
  std::string next = NextKey(link.key);
  crypto::Wipe(link.key);
  link.key = next;
  crypto::Wipe(next);
  link.number = number;
  link.hash = hash;
}

}  // namespace

std::string FirstHash(absl::string_view store_id) {
  return crypto::Sha256(absl::StrCat("madoguchi audit 1\n", store_id));
}

std::string HashOf(absl::string_view previous, const store::AuditRow& row) {
  // The lengths of all parts but the last are known, so that no two rows give the same bytes.
  return crypto::Sha256(absl::StrCat("madoguchi entry 1\n", previous.size(), "\n", previous,
                                     row.number, "\n", absl::ToUnixMicros(row.at), "\n", row.body));
}

std::string TagOf(absl::string_view key, absl::string_view hash) {
  return crypto::KeyedHash(std::string(key)).Hash(absl::StrCat("tag\n", hash));
}

std::string NextKey(absl::string_view key) {
  return crypto::KeyedHash(std::string(key)).Hash("next\n");
}

void Append(Link& link, store::AuditRow& row) {
  row.number = link.number + 1;
  row.hash = HashOf(link.hash, row);
  row.tag = TagOf(link.key, row.hash);
  MoveOn(link, row.number, row.hash);
}

bool Follow(Link& link, const store::AuditRow& row) {
  if (row.number != link.number + 1 || row.hash != HashOf(link.hash, row) ||
      !crypto::ConstantTimeEqual(row.tag, TagOf(link.key, row.hash))) {
    return false;
  }
  MoveOn(link, row.number, row.hash);
  return true;
}

}  // namespace madoguchi::audit
