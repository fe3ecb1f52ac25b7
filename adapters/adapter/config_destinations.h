#ifndef MADOGUCHI_ADAPTERS_ADAPTER_CONFIG_DESTINATIONS_H_
#define MADOGUCHI_ADAPTERS_ADAPTER_CONFIG_DESTINATIONS_H_

#include <functional>
#include <memory>
#include <string>

#include "adapters/destination/destination.h"
#include "agent/config/section.h"

namespace madoguchi::adapters {

// Reads `[route.to]`: `kind`, and what that kind takes (docs/en/adapter-destinations.md).
// `absolute` makes a path of the file absolute. Null after a mistake, which `to` then has (MDG-1601
// with file, line, key and what is allowed). Nothing is opened or begun.
std::unique_ptr<Destination> ReadDestination(
    config::Section& to, const std::function<std::string(const std::string&)>& absolute);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_ADAPTER_CONFIG_DESTINATIONS_H_
