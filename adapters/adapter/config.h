#ifndef MADOGUCHI_ADAPTERS_ADAPTER_CONFIG_H_
#define MADOGUCHI_ADAPTERS_ADAPTER_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "adapters/route/courier.h"
#include "agent/client/channel.h"

namespace madoguchi::adapters {

// The whole configuration (docs/en/adapter.md), checked.
struct AdapterConfig {
  client::Target daemon;
  // Absolute.
  std::string state_dir;
  // In the order of the file; names differ.
  std::vector<Route> routes;
};

// Reads and checks `path`; relative paths in it are taken from its folder. Every error is MDG-1601
// and its text names file, line, key, value and what is allowed. Unknown keys are errors. Reaches
// nothing.
absl::StatusOr<AdapterConfig> LoadConfig(const std::string& path);
absl::StatusOr<AdapterConfig> ParseConfig(absl::string_view text, const std::string& path);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_ADAPTER_CONFIG_H_
