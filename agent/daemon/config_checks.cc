#include "agent/daemon/config_checks.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace madoguchi::daemon {

bool TenDigits(const std::string& text) {
  return text.size() == 10 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

bool ReaderPattern(const std::string& text) {
  const size_t star = text.find('*');
  return !text.empty() && text.size() <= 128 &&
         (star == std::string::npos || star == text.size() - 1) &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

const std::vector<std::pair<std::string, v1::Role>>& RoleNames() {
  static const std::vector<std::pair<std::string, v1::Role>> names = {
      {"emr", v1::ROLE_EMR},
      {"receipt", v1::ROLE_RECEIPT},
      {"dispensing", v1::ROLE_DISPENSING},
      {"adapter", v1::ROLE_ADAPTER},
      {"desk", v1::ROLE_DESK},
      {"patient_terminal", v1::ROLE_PATIENT_TERMINAL},
      {"technician", v1::ROLE_TECHNICIAN},
      {"auditor", v1::ROLE_AUDITOR}};
  return names;
}

}  // namespace madoguchi::daemon
