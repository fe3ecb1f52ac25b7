#ifndef MADOGUCHI_TESTS_SIM_JSON_H_
#define MADOGUCHI_TESTS_SIM_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace madoguchi::sim {

// One JSON object on one line, members in the order they are added. Texts are UTF-8.
class JsonObject {
 public:
  JsonObject& Text(absl::string_view key, absl::string_view value);
  JsonObject& Number(absl::string_view key, int64_t value);
  JsonObject& Bool(absl::string_view key, bool value);
  JsonObject& Texts(absl::string_view key, const std::vector<std::string>& values);
  JsonObject& Objects(absl::string_view key, const std::vector<JsonObject>& values);
  JsonObject& Object(absl::string_view key, const JsonObject& value);

  std::string Str() const;

 private:
  void Key(absl::string_view key);

  std::string members_;
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_JSON_H_
