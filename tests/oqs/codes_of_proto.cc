#include <algorithm>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/oqs/generate.h"

namespace madoguchi::oqs {

std::map<std::string, std::map<int, std::string>> CodesOfProto() {
  std::ifstream file(MADOGUCHI_SOURCE_DIR "/proto/madoguchi/v1/codes.proto");
  std::map<std::string, std::map<int, std::string>> codes;
  std::string line;
  std::string enum_name;
  std::string comment;
  while (std::getline(file, line)) {
    absl::string_view text = absl::StripAsciiWhitespace(line);
    if (absl::ConsumePrefix(&text, "// ")) {
      if (comment.empty()) comment = std::string(text);
      continue;
    }
    if (absl::ConsumePrefix(&text, "enum ")) {
      enum_name = absl::StrCat("madoguchi.v1.", text.substr(0, text.find(' ')));
    } else if (const size_t equals = text.find(" = "); equals != absl::string_view::npos) {
      const std::string code = comment.substr(0, comment.find(' '));
      const bool is_code = !code.empty() && code.size() <= 3 &&
                           std::all_of(code.begin(), code.end(), [](unsigned char c) {
                             return absl::ascii_isdigit(c) || absl::ascii_isupper(c);
                           });
      if (is_code) codes[enum_name][std::stoi(std::string(text.substr(equals + 3)))] = code;
    }
    comment.clear();
  }
  return codes;
}

}  // namespace madoguchi::oqs
