#ifndef MADOGUCHI_AGENT_ELIGIBILITY_WEB_LINE_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_WEB_LINE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"
#include "agent/eligibility/line.h"
#include "agent/oqs/web_assumed.h"
#include "agent/web/http.h"

// The way to OQS by its web API: HTTPS with mutual TLS and JSON (reference 1, and oqs/web_assumed.h
// for what no public source shows).
namespace madoguchi::eligibility {

// `[center]` of the configuration.
struct WebConfig {
  // What receptions, challenges and the status name it by.
  std::string name = "web";
  std::vector<Topic> answers;
  // Counters that ask by it; empty: every one.
  std::vector<std::string> counters;
  // Whole addresses, https://HOST[:PORT]/PATH. Those of what it does not answer are empty.
  std::string login_url;
  // Empty: tokens are not renewed, a new login takes its place.
  std::string renew_url;
  std::string query_url;
  std::string drug_url;
  std::string checkup_url;
  std::string challenge_url;
  std::string card_url;
  std::string enrol_url;
  // The header that carries the token, bare (reference 1), and those that go with every request as
  // they are.
  std::string token_header = "Authorization";
  std::vector<std::string> headers;
  web::Keys keys;
  std::string account;
  // A file with the password alone, for this account only (mode 0600).
  std::string password_file;
  // How long a token counts.
  absl::Duration token_lifetime = absl::Minutes(50);
  absl::Duration connect_within = absl::Seconds(5);
  // From the connection's beginning to the end of the answer.
  absl::Duration answer_within = absl::Seconds(15);
  int most_in_flight = 10;
  // After a failure, and with two or more questions unanswered in a row, the next is tried after
  // this; a refused login after ten times this, so that the account is not locked.
  absl::Duration try_again_after = absl::Seconds(30);
};

// Asks by the web API, on a thread of its own. A question is journaled as sent on the connection
// that is ready (TLS done) before its first byte leaves: what failed earlier is certainly not sent,
// what fails later has an unknown outcome and is never repeated. Only one that the center refused
// because of the token (401) is sent once more with a new one: nothing was done with it.
class WebLine : public Line {
 public:
  // `clock` and what the sink uses outlive Stop() - also of a thread that had to be abandoned.
  WebLine(WebConfig config, base::Clock& clock, LineSink sink);
  // Stops.
  ~WebLine() override;
  WebLine(const WebLine&) = delete;
  WebLine& operator=(const WebLine&) = delete;

  // Its rank is first (LineAbout).
  const LineAbout& about() const override { return about_; }
  void Ask(Outgoing outgoing) override;
  void GiveUp(const std::string& id) override;
  void Drop(const std::string& id) override;
  void Start() override;
  bool Stop(absl::Duration patience) override;
  v1::LineStatus Status() const override;
  // The center answers, or nobody knows yet that it does not.
  bool Ready() const override;
  // Never: nothing of it waits for anything without a deadline.
  bool Hangs() const override { return false; }

  // A number for a card to sign, not journaled: it changes nothing there. `done` is called once, on
  // the line's thread, or before this returns when the thread has ended (MDG-1004). Any thread.
  using ChallengeDone = std::function<void(absl::StatusOr<oqs::WebChallenge>)>;
  void AskChallenge(const std::string& institution, ChallengeDone done);

  // When the client certificate ends; nullopt while it cannot be read. From memory, any thread.
  std::optional<absl::Time> CertificateEnds() const;
  // OQS's clock minus ours, as of its last answer about somebody; zero before that. From memory,
  // any thread.
  absl::Duration ClockSkew() const;

 private:
  class Worker;
  const LineAbout about_;
  std::shared_ptr<Worker> worker_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_WEB_LINE_H_
