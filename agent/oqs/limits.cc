#include "agent/oqs/limits.h"

#include <optional>

#include "agent/oqs/message.h"

namespace madoguchi::oqs {

Limits LimitsOf(v1::MessageFamily family) {
  switch (family) {
    case v1::MESSAGE_FAMILY_OQSSIQUC01:
    case v1::MESSAGE_FAMILY_OQSSIQUC01_FACE:
    case v1::MESSAGE_FAMILY_OQSSIIMM01:
      return kPersonLimits;
    default:
      return kBulkLimits;
  }
}

Limits LimitsOf(absl::string_view file_name) {
  const std::optional<FileName> name = ParseFileName(file_name);
  return LimitsOf(name ? name->family : v1::MESSAGE_FAMILY_UNSPECIFIED);
}

size_t MaxMessageBytes(absl::string_view file_name) { return LimitsOf(file_name).bytes; }

}  // namespace madoguchi::oqs
