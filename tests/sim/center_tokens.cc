#include "tests/sim/center_tokens.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "agent/crypto/digest.h"
#include "agent/oqs/web_assumed.h"
#include "tests/sim/center.h"

namespace madoguchi::sim {
namespace {

constexpr size_t kTokenBytes = 24;

std::string NewToken() { return absl::BytesToHexString(crypto::RandomBytes(kTokenBytes)); }

}  // namespace

HttpResponse CenterTokens::Give() {
  oqs::WebLogin login;
  login.status = "0";
  login.access_token = NewToken();
  login.refresh_token = NewToken();
  login.id_token = NewToken();
  login.character_code = "0";
  absl::MutexLock lock(&mu_);
  tokens_[login.id_token] = absl::Now() + token_for_;
  refresh_ = login.refresh_token;
  return {.body = oqs::WriteWebLogin(login)};
}

HttpResponse CenterTokens::Login(const std::string& body, bool refuse) {
  const absl::StatusOr<oqs::WebAccount> account = oqs::ReadWebAccount(body);
  if (!account.ok()) return {.status = 400, .body = "{}"};
  if (!refuse && account->user == kCenterAccount && account->password == password_) return Give();
  oqs::WebLogin refusal;
  refusal.status = "1";
  refusal.message = "合成エラー：ログインできません。";
  return {.body = oqs::WriteWebLogin(refusal)};
}

HttpResponse CenterTokens::Renew(const std::string& body) {
  const absl::StatusOr<std::string> token = oqs::ReadWebRenewal(body);
  {
    absl::MutexLock lock(&mu_);
    if (!token.ok() || refresh_.empty() || *token != refresh_) return {.status = 401, .body = "{}"};
  }
  return Give();
}

bool CenterTokens::Know(const std::string& token, bool expire) {
  absl::MutexLock lock(&mu_);
  if (expire && !std::exchange(expired_, true)) tokens_.clear();
  if (!expire) expired_ = false;
  const auto found = tokens_.find(token);
  return found != tokens_.end() && found->second > absl::Now();
}

}  // namespace madoguchi::sim
