#ifndef MADOGUCHI_TESTS_ADAPTERS_DESTINATION_PARCELS_H_
#define MADOGUCHI_TESTS_ADAPTERS_DESTINATION_PARCELS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "adapters/destination/destination.h"

namespace madoguchi::adapters {

// A parcel with one piece of these bytes; opened on 2025-11-28 09:15:30 in Japan, chart 00042.
Parcel ParcelOf(const std::string& bytes, const std::string& message_id = "M0000000000000000001");
constexpr absl::Duration kLong = absl::Seconds(30);
// Everything has to be over in `time`.
Patience Within(absl::Duration time);
std::string ReadText(const std::string& path);
void WriteText(const std::string& path, const std::string& text);
// Names in a folder, in order.
std::vector<std::string> NamesIn(const std::string& folder);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_TESTS_ADAPTERS_DESTINATION_PARCELS_H_
