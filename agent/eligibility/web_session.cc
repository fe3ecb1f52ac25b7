#include "agent/eligibility/web_session.h"

#include <algorithm>
#include <utility>

#include "agent/crypto/digest.h"

namespace madoguchi::eligibility {
namespace {

constexpr int kAfterRefusal = 10;
// Of a token's life, after which it is renewed.
constexpr double kRenewAt = 0.8;

}  // namespace

WebSession::~WebSession() { Forget(); }

void WebSession::Forget() {
  for (std::string* secret : {&login_.access_token, &login_.refresh_token, &login_.id_token}) {
    crypto::Wipe(*secret);
  }
  ends_ = -absl::InfiniteDuration();
}

WebSession::Step WebSession::Take(absl::Duration now) {
  if (running_ || now < next_) return Step::kNone;
  running_ = true;
  const bool renews = !lost_ && now < ends_ && !login_.refresh_token.empty();
  return renews ? Step::kRenew : Step::kLogin;
}

absl::Duration WebSession::NextStep() const { return running_ ? absl::InfiniteDuration() : next_; }

void WebSession::LoggedIn(oqs::WebLogin login, absl::Duration now) {
  Forget();
  running_ = false;
  lost_ = false;
  login_ = std::move(login);
  ends_ = now + lifetime_;
  next_ = now + lifetime_ * kRenewAt;
}

void WebSession::Failed(bool refused, absl::Duration now) {
  running_ = false;
  if (refused) Forget();
  next_ = now + try_again_after_ * (refused ? kAfterRefusal : 1);
}

void WebSession::NotRenewed(absl::Duration now) {
  running_ = false;
  crypto::Wipe(login_.refresh_token);
  next_ = now;
}

void WebSession::TokenRefused(const std::string& token, absl::Duration now) {
  if (token != login_.id_token || token.empty()) return;
  Forget();
  next_ = std::min(next_, now);
}

void WebSession::Lost(absl::Duration now) {
  if (std::exchange(lost_, true)) return;
  next_ = now + try_again_after_;
}

bool WebSession::Up(absl::Duration now) const {
  return !lost_ && now < ends_ && !login_.id_token.empty();
}

bool WebSession::Coming(absl::Duration now) const { return running_ || now >= next_; }

}  // namespace madoguchi::eligibility
