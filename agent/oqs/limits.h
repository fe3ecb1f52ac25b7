#ifndef MADOGUCHI_AGENT_OQS_LIMITS_H_
#define MADOGUCHI_AGENT_OQS_LIMITS_H_

#include <cstddef>

// What a message may cost us, besides kMaxMessageBytes. Real messages use 7 levels, a few hundred
// elements, names of up to 50 bytes and no attributes.
namespace madoguchi::oqs {

inline constexpr size_t kMaxDepth = 32;
// Elements and attributes together.
inline constexpr size_t kMaxElements = 50'000;
// Of one element.
inline constexpr size_t kMaxAttributes = 64;
inline constexpr size_t kMaxNameBytes = 128;
// All paths of unknown_elements together: they repeat the names of their parents, so that a small
// file could grow a large record.
inline constexpr size_t kMaxUnknownPathBytes = size_t{4} << 20;

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_LIMITS_H_
