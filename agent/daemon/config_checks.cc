#include "agent/daemon/config_checks.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace madoguchi::daemon {

bool NameCharacters(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("._-", c);
  });
}

bool TenDigits(const std::string& text) {
  return text.size() == 10 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

bool HostPort(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  int port = -1;
  return absl::SimpleAtoi(text.substr(colon + 1), &port) && port >= 0 && port <= 65535;
}

bool OctalMode(const std::string& text) {
  return text.size() >= 3 && text.size() <= 4 &&
         text.find_first_not_of("01234567") == std::string::npos;
}

bool ReaderPattern(const std::string& text) {
  const size_t star = text.find('*');
  return !text.empty() && text.size() <= 128 &&
         (star == std::string::npos || star == text.size() - 1) &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); });
}

const Check& AnyPath() {
  static const Check check{[](const std::string& text) {
                             return !text.empty() && text.size() <= 4000 &&
                                    text.find('\0') == std::string::npos;
                           },
                           "a path"};
  return check;
}

const Check& AnyName() {
  static const Check check{NameCharacters, "1 to 64 of A-Z a-z 0-9 . _ -"};
  return check;
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
