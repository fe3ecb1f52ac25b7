#include "adapters/destination/checks.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::adapters {
namespace {

constexpr size_t kMostHostBytes = 253;
constexpr int kMostPort = 65535;
constexpr absl::Duration kLongest = absl::Minutes(5);

}  // namespace

absl::Status NotAllowed(absl::string_view field, absl::string_view allowed) {
  return base::MakeError(
      base::ErrorCode::kInvalidField,
      {.what = absl::StrCat("allowed is ", allowed), .field = std::string(field)});
}

absl::Status CheckHost(absl::string_view host) {
  const bool fits = !host.empty() && host.size() <= kMostHostBytes &&
                    std::all_of(host.begin(), host.end(), [](unsigned char c) {
                      return absl::ascii_isalnum(c) || c == '.' || c == ':' || c == '-';
                    });
  return fits ? absl::OkStatus() : NotAllowed("host", "a name or an address");
}

absl::Status CheckPort(int port) {
  return port >= 1 && port <= kMostPort ? absl::OkStatus() : NotAllowed("port", "1 to 65535");
}

absl::Status CheckPath(absl::string_view field, absl::string_view path) {
  return absl::StartsWith(path, "/") ? absl::OkStatus() : NotAllowed(field, "a path from the root");
}

absl::Status CheckKeys(const web::Keys& keys) {
  MDG_RETURN_IF_ERROR(CheckPath("ca", keys.ca));
  if (keys.certificate.empty() && keys.key.empty()) return absl::OkStatus();
  MDG_RETURN_IF_ERROR(CheckPath("certificate", keys.certificate));
  return CheckPath("key", keys.key);
}

absl::Status CheckTime(absl::string_view field, absl::Duration time) {
  return time >= absl::Seconds(1) && time <= kLongest ? absl::OkStatus()
                                                      : NotAllowed(field, "1 s to 5 min");
}

}  // namespace madoguchi::adapters
