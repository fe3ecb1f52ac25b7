#ifndef MADOGUCHI_TESTS_SIM_CENTER_HTTP_H_
#define MADOGUCHI_TESTS_SIM_CENTER_HTTP_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// As much of HTTP/1.1 as a client of the web API needs (RFC 9112). Pure functions.
namespace madoguchi::sim {

struct HttpRequest {
  std::string method;
  std::string path;
  std::string authorization;
  std::string body;
};

enum class HttpParse { kIncomplete, kWhole, kBad };
// Takes one request from the front of `bytes`.
HttpParse TakeRequest(std::string& bytes, HttpRequest& request);

struct HttpResponse {
  int status = 200;
  std::string type = "application/json;charset=UTF-8";
  std::string body = {};
};
std::string ResponseBytes(const HttpResponse& response);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CENTER_HTTP_H_
