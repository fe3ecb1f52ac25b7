#ifndef MADOGUCHI_AGENT_OQS_LIMITS_H_
#define MADOGUCHI_AGENT_OQS_LIMITS_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "madoguchi/v1/oqs_message.pb.h"

// What a message may cost us. Real messages use 9 levels, a few hundred elements, names of up to 50
// bytes and no attributes; a medicine line has some 12 elements.
namespace madoguchi::oqs {

inline constexpr size_t kMaxDepth = 32;
// By the kind of message, as its size grows with what it is about. Messages about the qualification
// of one person are small, and arrive unasked.
struct Limits {
  size_t bytes = 0;
  // Elements and attributes together.
  size_t elements = 0;
};
inline constexpr Limits kPersonLimits = {size_t{4} << 20, 50'000};
// Medical data of five years, batches of hundreds of people.
inline constexpr Limits kBulkLimits = {size_t{16} << 20, 250'000};

Limits LimitsOf(v1::MessageFamily family);
// kBulkLimits for a name that tells no family: it may be any.
Limits LimitsOf(absl::string_view file_name);

// Of one element.
inline constexpr size_t kMaxAttributes = 64;
inline constexpr size_t kMaxNameBytes = 128;
// All paths of unknown_elements together: they repeat the names of their parents, so that a small
// file could grow a large record.
inline constexpr size_t kMaxUnknownPathBytes = size_t{4} << 20;

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_LIMITS_H_
