// What destinations that speak HTTP have in common.
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "adapters/destination/checks.h"
#include "adapters/destination/http_destination.h"
#include "adapters/destination/outcome.h"
#include "agent/base/bounded_file.h"
#include "agent/crypto/digest.h"

namespace madoguchi::adapters {
namespace {

constexpr size_t kMostSecretBytes = 4096;
constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;
constexpr absl::Duration kLongestRetryAfter = absl::Hours(1);
// How often a stop is looked at, besides at once when it is told by the descriptor.
constexpr absl::Duration kTurn = absl::Seconds(1);

constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;
constexpr int kTryLater[] = {408, 425, 429};

}  // namespace

absl::StatusOr<UrlParts> PartsOf(absl::string_view url) {
  constexpr char kAllowed[] = "https://HOST[:PORT]/PATH";
  UrlParts parts;
  parts.tls = absl::ConsumePrefix(&url, "https://");
  if (!parts.tls && !absl::ConsumePrefix(&url, "http://")) return NotAllowed("url", kAllowed);
  for (const char c : url) {
    if (c <= ' ' || c == 0x7F) return NotAllowed("url", kAllowed);
  }
  absl::string_view authority = url.substr(0, url.find_first_of("/?#"));
  parts.port = parts.tls ? kHttpsPort : kHttpPort;
  const size_t bracket = authority.find(']');
  const size_t colon = authority.rfind(':');
  if (colon != absl::string_view::npos && (bracket == absl::string_view::npos || colon > bracket)) {
    if (!absl::SimpleAtoi(authority.substr(colon + 1), &parts.port) ||
        !CheckPort(parts.port).ok()) {
      return NotAllowed("url", kAllowed);
    }
    authority = authority.substr(0, colon);
  }
  if (absl::ConsumePrefix(&authority, "[")) absl::ConsumeSuffix(&authority, "]");
  if (!CheckHost(authority).ok()) return NotAllowed("url", kAllowed);
  parts.host = std::string(authority);
  return parts;
}

absl::Status CheckLogin(const HttpLogin& login) {
  if (login.kind == HttpLogin::Kind::kNone) return absl::OkStatus();
  const bool basic = login.kind == HttpLogin::Kind::kBasic;
  if (basic && (login.user.empty() || absl::StrContains(login.user, ":"))) {
    return NotAllowed("user", "a name without a colon");
  }
  return CheckPath(basic ? "password_file" : "token_file", login.file);
}

absl::StatusOr<std::string> AuthorizationOf(const HttpLogin& login) {
  if (login.kind == HttpLogin::Kind::kNone) return "";
  base::FileContents file = base::ReadBoundedFile(login.file, kMostSecretBytes);
  absl::string_view secret = file.bytes;
  while (absl::ConsumeSuffix(&secret, "\n") || absl::ConsumeSuffix(&secret, "\r")) {
  }
  const bool one_line = std::none_of(secret.begin(), secret.end(),
                                     [](unsigned char c) { return absl::ascii_iscntrl(c); });
  if (file.fault != base::FileFault::kNone || secret.empty() || !one_line) {
    crypto::Wipe(file.bytes);
    return base::MakeError(base::ErrorCode::kDestinationLoginRefused,
                           {.what = "the file has to have one line", .field = login.file});
  }
  std::string header;
  if (login.kind == HttpLogin::Kind::kBearer) {
    header = absl::StrCat("Bearer ", secret);
  } else {
    std::string both = absl::StrCat(login.user, ":", secret);
    header = absl::StrCat("Basic ", absl::Base64Escape(both));
    crypto::Wipe(both);
  }
  crypto::Wipe(file.bytes);
  return header;
}

web::Result Ask(std::unique_ptr<web::Http>& http, const web::Keys& keys, web::Request request,
                const Patience& patience) {
  const absl::Duration left = patience.deadline - absl::Now();
  request.within =
      std::clamp(request.within, absl::Milliseconds(1), std::max(left, absl::Milliseconds(1)));
  request.connect_within = std::min(request.connect_within, request.within);
  web::Result result;
  result.kind = web::Result::Kind::kBroken;
  result.why = web::Result::Why::kBrokenOff;
  result.text = "stopped";
  bool done = false;
  http->Start(std::move(request), [&](web::Result got) {
    result = std::move(got);
    done = true;
  });
  while (!done) {
    if (WaitFor(-1, 0, {.deadline = absl::InfinitePast(), .stop_fd = patience.stop_fd}) ==
        Waited::kStopped) {
      http = std::make_unique<web::Http>(keys);
      break;
    }
    http->Turn(kTurn, patience.stop_fd);
  }
  return result;
}

Delivered JudgeHttp(const web::Result& result, const std::string& where) {
  if (result.kind == web::Result::Kind::kAnswered) {
    const int status = result.status;
    if (status >= 200 && status < 300) return Done();
    const std::string what = absl::StrCat("it answered with status ", status);
    if (status == kUnauthorized || status == kForbidden) {
      return TryAgain(base::ErrorCode::kDestinationLoginRefused, {.what = what, .field = where});
    }
    if (status >= 500 ||
        std::find(std::begin(kTryLater), std::end(kTryLater), status) != std::end(kTryLater)) {
      Delivered later = TryAgain(base::ErrorCode::kDestinationBusy, {.what = what, .field = where});
      later.wait = std::clamp(result.retry_after, absl::ZeroDuration(), kLongestRetryAfter);
      return later;
    }
    return Refused(base::ErrorCode::kDestinationRefused, {.what = what, .field = where});
  }
  const bool sent = result.kind == web::Result::Kind::kBroken;
  base::ErrorCode code =
      sent ? base::ErrorCode::kDestinationSilent : base::ErrorCode::kDestinationUnreachable;
  if (result.why == web::Result::Why::kNotSecure) code = base::ErrorCode::kDestinationNotSecure;
  if (result.why == web::Result::Why::kNoHttp || result.why == web::Result::Why::kTooLarge) {
    code = base::ErrorCode::kDestinationAnswerUnusable;
  }
  return TryAgain(code, {.what = result.text, .field = where});
}

}  // namespace madoguchi::adapters
