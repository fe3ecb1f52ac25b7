#include "tests/sim/center_http.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace madoguchi::sim {
namespace {

constexpr size_t kMostHead = size_t{16} << 10;
constexpr size_t kMostBody = size_t{1} << 20;
constexpr char kEndOfHead[] = "\r\n\r\n";

}  // namespace

HttpParse TakeRequest(std::string& bytes, HttpRequest& request) {
  const size_t end = bytes.find(kEndOfHead);
  if (end == std::string::npos) {
    return bytes.size() > kMostHead ? HttpParse::kBad : HttpParse::kIncomplete;
  }
  const std::vector<std::string> lines = absl::StrSplit(bytes.substr(0, end), "\r\n");
  const std::vector<std::string> words = absl::StrSplit(lines.front(), ' ');
  if (words.size() != 3) return HttpParse::kBad;
  size_t length = 0;
  request = {.method = words[0], .path = words[1], .authorization = {}, .body = {}};
  for (size_t line = 1; line < lines.size(); ++line) {
    const std::vector<std::string> parts = absl::StrSplit(lines[line], absl::MaxSplits(':', 1));
    if (parts.size() != 2) return HttpParse::kBad;
    const absl::string_view value = absl::StripAsciiWhitespace(parts[1]);
    if (absl::EqualsIgnoreCase(parts[0], "Content-Length") && !absl::SimpleAtoi(value, &length)) {
      return HttpParse::kBad;
    }
    if (absl::EqualsIgnoreCase(parts[0], "Authorization")) {
      request.authorization = std::string(value);
    }
  }
  if (length > kMostBody) return HttpParse::kBad;
  const size_t start = end + sizeof(kEndOfHead) - 1;
  if (bytes.size() < start + length) return HttpParse::kIncomplete;
  request.body = bytes.substr(start, length);
  bytes.erase(0, start + length);
  return HttpParse::kWhole;
}

std::string ResponseBytes(const HttpResponse& response) {
  return absl::StrCat("HTTP/1.1 ", response.status, " ", response.status == 200 ? "OK" : "No",
                      "\r\nContent-Type: ", response.type,
                      "\r\nContent-Length: ", response.body.size(), "\r\n\r\n", response.body);
}

}  // namespace madoguchi::sim
