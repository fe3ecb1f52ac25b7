#ifndef MADOGUCHI_AGENT_WEB_HTTP_H_
#define MADOGUCHI_AGENT_WEB_HTTP_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

// HTTPS (TLS 1.2 or newer) by libcurl: the only place that knows it. Nothing of the environment
// counts: no proxy, no netrc, no redirects, no other trust than the file given. The program ignores
// SIGPIPE.
namespace madoguchi::web {

// PEM files, read again for every new connection.
struct Keys {
  // Of this client; empty: it has none.
  std::string certificate = {};
  // Of the certificate, without a password.
  std::string key = {};
  // Whom the other side is checked against.
  std::string ca = {};
};

struct Request {
  // https://HOST[:PORT]/PATH, or http:// where `plain` allows it.
  std::string url;
  bool plain = false;
  // POST, PUT or GET.
  std::string method = "POST";
  std::string body;
  std::string content_type = "application/json;charset=UTF-8";
  std::string accept = "application/json";
  // `NAME: VALUE`.
  std::vector<std::string> headers;
  // The header of the token, which is never logged; an empty token: none.
  std::string token_header;
  std::string token;
  // DNS, TCP and TLS together.
  absl::Duration connect_within;
  // Everything.
  absl::Duration within;
  // Of the answer's body.
  size_t most_bytes = 0;
  // Called once on the connection that is ready, before the first byte of the request leaves.
  // False: none may. Empty: any may, and again on another connection.
  std::function<bool()> before_bytes;
};

struct Result {
  enum class Kind {
    // `status` and `body` are there, whole.
    kAnswered,
    // Not one byte of the request has left.
    kNotSent,
    // Some may have left, and there is no whole answer.
    kBroken,
  };
  Kind kind = Kind::kNotSent;
  // Why there is no answer.
  enum class Why { kNone, kUnreachable, kNotSecure, kTooSlow, kTooLarge, kNoHttp, kBrokenOff };
  Why why = Why::kNone;
  // libcurl's word for it; no data of ours.
  std::string text;
  int status = 0;
  std::string body;
  // How long the other side asks to wait before the next request (Retry-After); zero: it does not.
  absl::Duration retry_after = absl::ZeroDuration();
};

// Requests at the same time, over connections that are kept for the next. One thread, which calls
// Turn.
class Http {
 public:
  using Done = std::function<void(Result)>;

  explicit Http(Keys keys);
  // Requests that run are broken off; their `done` is not called.
  ~Http();
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  // `done` is called once, in Turn.
  void Start(Request request, Done done);
  // Moves what can be moved; waits for that at most `wait`, or until `wake_up` (a descriptor) can
  // be read.
  void Turn(absl::Duration wait, int wake_up);
  int Running() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace madoguchi::web

#endif  // MADOGUCHI_AGENT_WEB_HTTP_H_
