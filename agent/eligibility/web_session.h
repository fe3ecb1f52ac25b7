#ifndef MADOGUCHI_AGENT_ELIGIBILITY_WEB_SESSION_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_WEB_SESSION_H_

#include <string>

#include "absl/time/time.h"
#include "agent/base/error.h"
#include "agent/oqs/json_form.h"

namespace madoguchi::eligibility {

// Whether there is a token, and when the next login or renewal is due: one at a time, whoever needs
// it. No I/O. `now` is Monotonic() everywhere.
class WebSession {
 public:
  WebSession(absl::Duration lifetime, absl::Duration try_again_after)
      : lifetime_(lifetime), try_again_after_(try_again_after) {}
  // Wipes the tokens.
  ~WebSession();

  enum class Step { kNone, kLogin, kRenew };
  // What is to be done now; begun by this.
  Step Take(absl::Duration now);
  // When Take has something else to say, if nothing happens before.
  absl::Duration NextStep() const;

  // How the step ended.
  void LoggedIn(oqs::WebLogin login, absl::Duration now);
  // `refused`: the center said no, which trying soon again only makes worse.
  void Failed(bool refused, absl::Duration now);
  // A renewal that came to nothing: a login is due.
  void NotRenewed(absl::Duration now);

  // The center does not know this token any more. One that is not the present one changes nothing.
  void TokenRefused(const std::string& token, absl::Duration now);
  // Nothing is heard of the center: the tokens stay, but another login is to show whether it is
  // back.
  void Lost(absl::Duration now);

  // A question may go out.
  bool Up(absl::Duration now) const;
  // A login is on its way, or due: whoever has a question may wait for how it ends.
  bool Coming(absl::Duration now) const;
  const std::string& token() const { return login_.id_token; }
  const std::string& refresh_token() const { return login_.refresh_token; }

 private:
  void Forget();

  const absl::Duration lifetime_;
  const absl::Duration try_again_after_;
  oqs::WebLogin login_;
  bool running_ = false;
  bool lost_ = false;
  // When the next step is due, unless it runs.
  absl::Duration next_ = -absl::InfiniteDuration();
  absl::Duration ends_ = -absl::InfiniteDuration();
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_WEB_SESSION_H_
