#ifndef MADOGUCHI_TESTS_SIM_PERSONAS_H_
#define MADOGUCHI_TESTS_SIM_PERSONAS_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "madoguchi/v1/confirmation.pb.h"

namespace madoguchi::sim {

// Somebody with a stable name who shows one thing a face push can show.
struct Persona {
  absl::string_view name;
  // One line for technicians.
  absl::string_view text_ja;
  v1::Confirmation (*make)(absl::CivilDay today);
};

// Every persona. The order never changes and new ones are added at the end: the place in this list
// is part of the person's number.
const std::vector<Persona>& Personas();

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_PERSONAS_H_
