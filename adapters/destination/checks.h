#ifndef MADOGUCHI_ADAPTERS_DESTINATION_CHECKS_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_CHECKS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/web/http.h"

// What values destinations may be configured with. MDG-1001 with the field, saying what is allowed.
namespace madoguchi::adapters {

absl::Status NotAllowed(absl::string_view field, absl::string_view allowed);

// `host`: 1 to 253 of [A-Za-z0-9.:-].
absl::Status CheckHost(absl::string_view host);
// `port`
absl::Status CheckPort(int port);
// `ca`; `certificate` and `key` both or neither. All from the root.
absl::Status CheckKeys(const web::Keys& keys);
// 1 s to 5 min.
absl::Status CheckTime(absl::string_view field, absl::Duration time);
// From the root.
absl::Status CheckPath(absl::string_view field, absl::string_view path);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_CHECKS_H_
