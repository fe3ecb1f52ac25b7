#ifndef MADOGUCHI_TESTS_HL7_V2_PARSED_H_
#define MADOGUCHI_TESTS_HL7_V2_PARSED_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace madoguchi::hl7::v2 {

// A message as a receiver reads it, made after the standard and not after the writer. UTF-8.
class Parsed {
 public:
  explicit Parsed(absl::string_view message);

  // `MSH PID ORC`.
  std::string Names() const;
  // What stands at `PID-5[2].1`, `IN1-10`, `TQ1-3.1.2` in each segment of that name, without
  // escapes, empty texts included. Without `[n]` and components the first.
  const std::vector<std::string>& All(absl::string_view target) const;
  // In the first segment of that name; empty when there is none.
  std::string First(absl::string_view target) const;
  // All repetitions in the first segment, component `component` of each.
  std::vector<std::string> Repetitions(absl::string_view target, int component) const;
  // How many segments there are of a name.
  size_t Count(absl::string_view name) const;

 private:
  std::vector<std::vector<std::string>> segments_;
  // What All has found.
  mutable std::map<std::string, std::vector<std::string>> found_;
};

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_TESTS_HL7_V2_PARSED_H_
