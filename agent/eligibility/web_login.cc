#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/base/bounded_file.h"
#include "agent/base/log.h"
#include "agent/crypto/digest.h"
#include "agent/eligibility/web_worker.h"

// Login and renewal of tokens.
namespace madoguchi::eligibility {
namespace {

constexpr size_t kMostPasswordBytes = 1024;
constexpr size_t kMostLoginBytes = size_t{64} << 10;
constexpr absl::string_view kDone = "0";

}  // namespace

void WebLine::Worker::StepSession() {
  switch (session_.Take(Monotonic())) {
    case WebSession::Step::kNone:
      return;
    case WebSession::Step::kLogin:
      return Login();
    case WebSession::Step::kRenew:
      return Renew();
  }
}

void WebLine::Worker::Login() {
  base::FileContents password = base::ReadBoundedFile(config_.password_file, kMostPasswordBytes);
  std::string& bytes = password.bytes;
  while (!bytes.empty() && (bytes.back() == '\n' || bytes.back() == '\r')) bytes.pop_back();
  if (bytes.empty()) {
    session_.Failed(false, Monotonic());
    return Trouble(base::ErrorCode::kCenterLoginRefused,
                   "`password_file` cannot be read or is empty; nothing was sent");
  }
  oqs::WebAccount account{.user = config_.account, .password = std::move(bytes)};
  web::Request request = RequestTo(config_.login_url, oqs::WriteWebAccount(account));
  crypto::Wipe(account.password);
  request.token.clear();
  request.most_bytes = kMostLoginBytes;
  http_.Start(std::move(request),
              [this](web::Result result) { OnLogin(std::move(result), false); });
}

void WebLine::Worker::Renew() {
  // Where no address is configured a new login is the renewal.
  if (config_.renew_url.empty()) return Login();
  web::Request request =
      RequestTo(config_.renew_url, oqs::WriteWebRenewal(session_.refresh_token()));
  request.most_bytes = kMostLoginBytes;
  http_.Start(std::move(request), [this](web::Result result) { OnLogin(std::move(result), true); });
}

void WebLine::Worker::OnLogin(web::Result result, bool renewal) {
  const absl::Duration now = Monotonic();
  if (result.kind == web::Result::Kind::kAnswered && result.status == kHttpOk) {
    absl::StatusOr<oqs::WebLogin> login = oqs::ReadWebLogin(result.body);
    crypto::Wipe(result.body);
    if (login.ok() && login->status == kDone) {
      session_.LoggedIn(*std::move(login), now);
      board_.Reachable(outside_.Now());
      base::LogInfo("web_login", {{"name", config_.name}, {"renewal", renewal ? "yes" : "no"}});
      return;
    }
    if (renewal) return session_.NotRenewed(now);
    session_.Failed(login.ok(), now);
    if (!login.ok()) {
      return Trouble(base::ErrorCode::kCenterAnswerUnusable, "the reply to the login");
    }
    Trouble(base::ErrorCode::kCenterLoginRefused, "");
    trouble_ = base::MakeDetail(base::ErrorCode::kCenterLoginRefused,
                                {.field = "center",
                                 .oqs_code = base::Printable(login->status),
                                 .oqs_message = base::Printable(login->message)});
    return board_.Unreachable(trouble_, outside_.Now());
  }
  if (renewal) return session_.NotRenewed(now);
  const bool answered = result.kind == web::Result::Kind::kAnswered;
  const bool refused =
      answered && (result.status == kHttpUnauthorized || result.status == kHttpForbidden);
  session_.Failed(refused, now);
  if (answered) {
    return Trouble(refused ? base::ErrorCode::kCenterLoginRefused : base::ErrorCode::kCenterFailed,
                   absl::StrCat("HTTP ", result.status));
  }
  Trouble(CodeOf(result), result.text);
}

std::optional<absl::Status> WebLine::Worker::NoSession() const {
  const absl::Duration now = Monotonic();
  if (session_.Up(now) || session_.Coming(now)) return std::nullopt;
  return base::ErrorFrom(trouble_);
}

}  // namespace madoguchi::eligibility
