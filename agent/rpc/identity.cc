#include "agent/rpc/identity.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/log.h"

namespace madoguchi::rpc {
namespace {

absl::Status Bad(const ClientConfig& client, absl::string_view what) {
  return base::MakeError(
      base::ErrorCode::kBadConfiguration,
      {.what = absl::StrCat("client ", base::Printable(client.name, 64), " ", what),
       .field = "client"});
}

}  // namespace

absl::StatusOr<IdentityTable> IdentityTable::Make(const std::vector<ClientConfig>& clients) {
  IdentityTable table;
  absl::flat_hash_set<std::string> names;
  for (const ClientConfig& client : clients) {
    const size_t index = table.identities_.size();
    if (client.name.empty()) return Bad(client, "needs a name");
    if (!names.insert(client.name).second) return Bad(client, "is named twice");
    if (client.roles.empty()) return Bad(client, "needs at least one role");
    if (!client.uid.has_value() && !client.common_name.has_value()) {
      return Bad(client, "needs a uid or the common name of a certificate");
    }
    if (client.uid.has_value() && !table.by_uid_.emplace(*client.uid, index).second) {
      return Bad(client, "has the uid of another client");
    }
    if (client.common_name.has_value() &&
        (client.common_name->empty() ||
         !table.by_common_name_.emplace(*client.common_name, index).second)) {
      return Bad(client, "has an empty common name or that of another client");
    }
    table.identities_.push_back({client.name, client.roles, client.counters});
  }
  return table;
}

const Identity* IdentityTable::Find(const Peer& peer) const {
  if (peer.kind == Peer::Kind::kUnix) {
    const auto found = by_uid_.find(peer.uid);
    return found == by_uid_.end() ? nullptr : &identities_[found->second];
  }
  const auto found = by_common_name_.find(peer.common_name);
  return found == by_common_name_.end() ? nullptr : &identities_[found->second];
}

}  // namespace madoguchi::rpc
