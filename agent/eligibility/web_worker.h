#ifndef MADOGUCHI_AGENT_ELIGIBILITY_WEB_WORKER_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_WEB_WORKER_H_

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "agent/base/error.h"
#include "agent/eligibility/line_board.h"
#include "agent/eligibility/outside.h"
#include "agent/eligibility/share_thread.h"
#include "agent/eligibility/web_line.h"
#include "agent/eligibility/web_session.h"
#include "agent/web/http.h"

namespace madoguchi::eligibility {

// The thread of the web API. It owns what it needs, so that it can be left behind (a name server
// that does not answer).
class WebLine::Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(WebConfig config, base::Clock& clock, LineSink sink);

  // The owner's side; contracts in line.h and web_line.h.
  void Start();
  bool Stop(absl::Duration patience);
  void Ask(Outgoing outgoing);
  void GiveUp(const std::string& id);
  void Drop(const std::string& id);
  void AskChallenge(const std::string& institution, ChallengeDone done);
  v1::LineStatus Status() const;
  bool Ready() const;
  std::optional<absl::Time> CertificateEnds() const;
  absl::Duration ClockSkew() const;

 private:
  static constexpr int kHttpOk = 200;
  static constexpr int kHttpUnauthorized = 401;
  static constexpr int kHttpForbidden = 403;

  enum class Stage { kQueued, kRunning, kOffered, kOver };
  struct Item {
    Outgoing out;
    std::string file_name;
    Stage stage = Stage::kQueued;
    bool dropped = false;
    // The token it was sent with, and whether one was refused already.
    std::string token;
    bool refused_once = false;
    // Why the journal did not let it go.
    absl::Status journal;
    // The answer, until it is kept.
    Reply reply;
    absl::Duration next_offer;
  };
  struct Challenge {
    std::string institution;
    ChallengeDone done;
    bool refused_once = false;
  };

  void Run();
  void Leave(std::function<void()> word);
  void TakeWords();
  // How long nothing is due.
  absl::Duration Idle() const;
  void CountUp();
  void LookAtCertificate();

  // web_login.cc
  void StepSession();
  void Login();
  void Renew();
  void OnLogin(web::Result result, bool renewal);
  // Without a session, and none to come: the reason.
  std::optional<absl::Status> NoSession() const;

  // web_questions.cc
  void StartDue();
  void StartQuestion(Item& item);
  void StartChallenge(const Challenge& challenge);
  void OnChallenge(Challenge challenge, const std::string& token, const web::Result& result);
  static absl::StatusOr<oqs::WebChallenge> ChallengeIn(const web::Result& result);
  void OnResult(Item& item, web::Result result);
  void OnAnswer(Item& item, std::string body);
  void NoteSkew(const v1::OqsMessage& message);
  void OnRefused(Item& item, int status);
  void OfferAll();
  void Offer(Item& item);
  void NotSent(Item& item, absl::Status why);
  void NoAnswer(Item& item, base::ErrorCode why, const std::string& what);
  // Of a question that was published by an earlier run.
  void TakeBack(Item& item);
  const std::string& UrlOf(const Question& question) const;
  web::Request RequestTo(const std::string& url, std::string body) const;

  // The line cannot be used for a while, and why.
  void Trouble(base::ErrorCode code, const std::string& what);
  static base::ErrorCode CodeOf(const web::Result& result);

  const WebConfig config_;
  const LineSink sink_;
  LineBoard board_;
  Outside outside_;
  // Of the owner's side.
  base::Clock& clock_;
  ShareThread thread_;
  WakeUp wake_up_;
  mutable absl::Mutex mu_;
  std::vector<std::function<void()>> words_ ABSL_GUARDED_BY(mu_);
  std::vector<Challenge> asked_challenges_ ABSL_GUARDED_BY(mu_);
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<absl::Time> certificate_ends_ ABSL_GUARDED_BY(mu_);
  absl::Duration skew_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();

  // Of the thread alone. Oldest first.
  std::list<Item> items_;
  std::vector<Challenge> challenges_;
  WebSession session_;
  v1::ErrorDetail trouble_;
  absl::Duration next_look_ = -absl::InfiniteDuration();
  // Last: what it tells uses what is above.
  web::Http http_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_WEB_WORKER_H_
