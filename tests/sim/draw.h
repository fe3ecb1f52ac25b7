#ifndef MADOGUCHI_TESTS_SIM_DRAW_H_
#define MADOGUCHI_TESTS_SIM_DRAW_H_

#include <cstddef>
#include <cstdint>
#include <random>

#include "absl/strings/string_view.h"

namespace madoguchi::sim {

// Draws that are the same everywhere: the engine is fixed by the C++ standard, the distributions of
// the library are not, so they are not used.
class Draw {
 public:
  explicit Draw(uint64_t seed) : engine_(seed) {}
  int Below(int end) { return static_cast<int>(engine_() % static_cast<uint64_t>(end)); }
  bool Percent(int chance) { return Below(100) < chance; }
  template <typename T, size_t n>
  const T& Of(const T (&list)[n]) {
    return list[Below(static_cast<int>(n))];
  }

 private:
  std::mt19937_64 engine_;
};

// A seed out of a text, the same everywhere (FNV-1a).
inline uint64_t SeedOf(absl::string_view text) {
  uint64_t seed = 14695981039346656037U;
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return seed;
}

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_DRAW_H_
