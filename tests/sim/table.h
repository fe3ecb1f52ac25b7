#ifndef MADOGUCHI_TESTS_SIM_TABLE_H_
#define MADOGUCHI_TESTS_SIM_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {

// Columns of a terminal `text` (UTF-8) takes: wide characters two, half-width kana one.
int DisplayWidth(absl::string_view text);
// Rows below each other in columns; the first row is the head.
std::string AlignedTable(const std::vector<std::vector<std::string>>& rows);

// The population for people, and one JSON object for programs (of one person).
std::string PopulationTable(const std::vector<Person>& people, absl::Time now);
std::string PersonJson(const Person& person, absl::Time now);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_TABLE_H_
