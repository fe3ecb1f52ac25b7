#ifndef MADOGUCHI_AGENT_AUDIT_SITE_KEY_H_
#define MADOGUCHI_AGENT_AUDIT_SITE_KEY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace madoguchi::audit {

// The key pair of the site: the daemon seals with `audit-site.pub`; opening takes `audit-site.key`,
// which may be kept on another machine. Thread-safe.
class SiteKey {
 public:
  // From the state folder; makes both files when neither is there. MDG-1902.
  static absl::StatusOr<SiteKey> LoadOrCreate(const std::string& folder);
  SiteKey(SiteKey&& other) noexcept = default;
  SiteKey& operator=(SiteKey&& other) noexcept = default;
  ~SiteKey();

  // Whether the private key is here.
  bool CanOpen() const { return !private_key_.empty(); }
  absl::StatusOr<std::string> Seal(absl::string_view context, absl::string_view plain) const;
  // MDG-1902 without the private key; 1802 when it does not open.
  absl::StatusOr<std::string> Open(absl::string_view context, absl::string_view sealed) const;

 private:
  SiteKey() = default;
  std::string public_key_;
  std::string private_key_;
};

// The first key of a chain, from entry `number` on; unset when it cannot be opened here.
struct Start {
  int64_t number = 0;
  std::optional<std::string> key;
};

// The file `audit.start` keeps first keys, sealed, so that the owner of the site key can check
// every tag. Appends one and syncs. MDG-1902.
absl::Status AppendStart(const std::string& folder, const SiteKey& site, absl::string_view store_id,
                         int64_t number, absl::string_view key);
// Ascending; lines that are none of ours are left out.
std::vector<Start> ReadStarts(const std::string& folder, const SiteKey& site,
                              absl::string_view store_id);

}  // namespace madoguchi::audit

#endif  // MADOGUCHI_AGENT_AUDIT_SITE_KEY_H_
