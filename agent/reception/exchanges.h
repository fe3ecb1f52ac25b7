#ifndef MADOGUCHI_AGENT_RECEPTION_EXCHANGES_H_
#define MADOGUCHI_AGENT_RECEPTION_EXCHANGES_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/eligibility/line.h"
#include "agent/reception/desk.h"
#include "agent/store/store.h"
#include "madoguchi/kept/v1/exchange.pb.h"

// The desk's side of a question to OQS.
namespace madoguchi::reception {

// Numbers in the journal; they never change their meaning. The first three are the steps of
// eligibility::JournalStep.
enum class ExchangeStep : int {
  kPrepared = 1,
  kWritten = 2,
  kSent = 3,
  // The answer is kept; its file may still lie on the share.
  kAnswered = 4,
  // It never left this machine.
  kNotSent = 5,
  // It ended without an answer.
  kEnded = 6,
};
ExchangeStep StepOf(eligibility::JournalStep step);

// Somebody who waits for the answer.
struct ExchangeWaiter {
  absl::Time until;
  Desk::ConfirmDone done;
};

// A question that is not over.
struct OpenExchange {
  // With an empty body; `body` takes its place.
  store::ExchangeRow row;
  kept::v1::ExchangeBody body;
  // Terminals that could not take it.
  std::set<std::string> tried;
  // When nobody waits any longer.
  absl::Time deadline;
  bool given_up = false;
  // It was not sent, and this could not be kept yet: the reason.
  absl::Status not_sent;
  std::vector<ExchangeWaiter> waiters;
  // Whoever asked about medical records; empty when it has been told.
  Desk::RecordDone on_record;
  // It has the reply, and has not let go of it yet.
  bool handed_out = false;

  // A question about medical records, not about the qualification.
  bool about_records() const { return body.question().has_information_query(); }
  eligibility::Topic topic() const;
  ExchangeStep step() const { return static_cast<ExchangeStep>(row.step); }
  bool waits_for_answer() const {
    return !given_up && (step() == ExchangeStep::kPrepared || step() == ExchangeStep::kWritten ||
                         step() == ExchangeStep::kSent);
  }
  eligibility::Ticket ticket() const;
  // As it is kept.
  store::ExchangeRow Row() const;
};

// MDG-1504 when the row's body cannot be read.
absl::StatusOr<OpenExchange> ParseExchange(store::ExchangeRow row);

// As a line sends it.
eligibility::Outgoing OutgoingOf(const OpenExchange& exchange);

// What a question says about the person.
v1::PendingNote NoteOf(const v1::EligibilityQuery& query, const v1::PendingNote& rest);
// The question that a note allows.
v1::EligibilityQuery QueryOf(const v1::PendingNote& note);

// What whoever asked without a reception is told when it is over, or (given up) as good as over.
absl::StatusOr<v1::ConfirmEligibilityResponse> ResultOf(const OpenExchange& exchange);
// What whoever asked with one is told at any time.
v1::ConfirmEligibilityResponse ResultOf(const v1::Reception& reception);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_EXCHANGES_H_
