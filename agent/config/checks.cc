#include "agent/config/checks.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace madoguchi::config {

bool NameCharacters(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("._-", c);
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

Check OneOf(std::initializer_list<const char*> words) {
  std::vector<std::string> known(words.begin(), words.end());
  std::string allowed;
  for (const std::string& word : known) {
    absl::StrAppend(&allowed, allowed.empty() ? "" : ", ", "\"", word, "\"");
  }
  return {[known = std::move(known)](const std::string& text) {
            return std::find(known.begin(), known.end(), text) != known.end();
          },
          std::move(allowed)};
}

}  // namespace madoguchi::config
