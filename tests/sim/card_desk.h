#ifndef MADOGUCHI_TESTS_SIM_CARD_DESK_H_
#define MADOGUCHI_TESTS_SIM_CARD_DESK_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/oqs/web_assumed.h"
#include "tests/sim/answer.h"
#include "tests/sim/faults.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {

// Says what the center's list has of a person's card from now on: `revoked`, `suspended`, or
// `good`, which it is until said otherwise. kInvalidArgument for anything else.
absl::Status SetCardStanding(const Site& site, int person, const std::string& standing);

// What the web API knows about cards: whose they are, whether they count, who is enrolled. Nonces
// count once and for two minutes; after NOT_ENROLLED once more, for the enrolment. Thread-safe.
class CardDesk {
 public:
  // `site` outlives this. Reads the roots: DIR/pki/jpki-user-root.pem, and
  // DIR/pki/trust-card-ca.pem where there is one.
  static absl::StatusOr<std::unique_ptr<CardDesk>> Make(const Site& site);

  oqs::WebChallenge GiveChallenge(absl::Time now);

  // The answer to a question, as JSON.
  struct Options {
    std::vector<ActiveFault> faults = {};
    absl::Duration consent_for = absl::Hours(24);
    absl::Time now = {};
  };
  absl::StatusOr<Answer> AnswerCard(const oqs::WebCardQuestion& question, const Options& options);

 private:
  explicit CardDesk(const Site& site) : site_(site) {}
  // Of whom the card is; an outcome when it does not count.
  struct Holder {
    oqs::CardOutcome outcome = oqs::CardOutcome::kConfirmed;
    int person = 0;
  };
  Holder FindHolder(absl::string_view certificate, absl::Time now) const;
  bool TakeNonce(const std::string& nonce, absl::Time now);
  oqs::CardOutcome Check(const oqs::WebCardQuestion& question, const Options& options);
  oqs::CardOutcome StandingOf(int person, const std::vector<ActiveFault>& faults) const;
  bool IsEnrolled(const Person& person) const;
  absl::Status Enrol(int person);
  absl::StatusOr<v1::Confirmation> ConfirmationOf(const Person& person,
                                                  const oqs::WebCardQuestion& question,
                                                  const Options& options) const;

  const Site& site_;
  std::vector<std::string> own_roots_;
  std::vector<std::string> other_roots_;
  absl::Mutex mu_;
  // Until when it counts.
  std::map<std::string, absl::Time> nonces_ ABSL_GUARDED_BY(mu_);
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CARD_DESK_H_
