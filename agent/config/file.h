#ifndef MADOGUCHI_AGENT_CONFIG_FILE_H_
#define MADOGUCHI_AGENT_CONFIG_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace madoguchi::config {

// The text of a configuration, at most 1 MiB of a regular file. MDG-1601.
absl::StatusOr<std::string> ReadText(const std::string& path);

}  // namespace madoguchi::config

#endif  // MADOGUCHI_AGENT_CONFIG_FILE_H_
