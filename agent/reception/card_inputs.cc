#include "agent/reception/card_inputs.h"

#include <optional>
#include <utility>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/reception/answer.h"
#include "agent/reception/change.h"

namespace madoguchi::reception {
namespace {

using base::ErrorCode;

bool IsOwn(const v1::Reception& reception) {
  return reception.origin() == v1::RECEPTION_ORIGIN_OWN_READER;
}

// OK in state `needed`.
absl::Status Check(const v1::Reception& reception, v1::ReceptionState needed,
                   absl::string_view name) {
  return reception.state() == needed && IsOwn(reception) ? absl::OkStatus()
                                                         : WrongState(reception, name);
}

v1::Reception Until(v1::Reception reception, absl::Time until) {
  *reception.mutable_next_step()->mutable_until() = base::ToProto(until);
  return reception;
}

v1::Reception WithKey(v1::Reception reception, const v1::PinKey& key) {
  if (!key.key_id().empty()) *reception.mutable_next_step()->mutable_pin_key() = key;
  return reception;
}

v1::Reception Ended(v1::Reception reception, v1::ReceptionState state, v1::ErrorDetail why,
                    absl::Time now) {
  reception.set_state(state);
  why.set_reception_id(reception.reception_id());
  *reception.mutable_ended_because() = std::move(why);
  reception.clear_card_problem();
  return Sealed(std::move(reception), now);
}

v1::Reception Asked(v1::Reception reception, const std::string& line, absl::Time now) {
  reception.set_terminal(line);
  reception.set_state(line.empty() ? v1::RECEPTION_STATE_PENDING : v1::RECEPTION_STATE_ASKING);
  return Sealed(std::move(reception), now);
}

// Why there is no confirmation; nullopt when there is one, or OQS gave a reason of its own.
std::optional<ErrorCode> RefusalOf(oqs::CardOutcome outcome) {
  switch (outcome) {
    case oqs::CardOutcome::kRevoked:
      return ErrorCode::kCardRevoked;
    case oqs::CardOutcome::kSuspended:
      return ErrorCode::kCardSuspended;
    case oqs::CardOutcome::kExpired:
      return ErrorCode::kCertificateExpired;
    case oqs::CardOutcome::kHolderUnknown:
      return ErrorCode::kCardHolderUnknown;
    case oqs::CardOutcome::kProofRefused:
      return ErrorCode::kCardProofRefused;
    default:
      return std::nullopt;
  }
}

}  // namespace

bool IsAtReader(const v1::Reception& reception) {
  return IsOwn(reception) && (reception.state() == v1::RECEPTION_STATE_WAITING_FOR_CARD ||
                              reception.state() == v1::RECEPTION_STATE_CARD_PRESENT ||
                              reception.state() == v1::RECEPTION_STATE_IDENTIFIED);
}

v1::Reception OpenAtReader(AtReader begun, absl::Time now) {
  v1::Reception reception;
  reception.set_reception_id(begun.reception_id);
  reception.set_counter(begun.counter);
  reception.set_reader(begun.reader);
  reception.set_origin(v1::RECEPTION_ORIGIN_OWN_READER);
  reception.set_medical_institution_code(begun.medical_institution_code);
  reception.set_records_closed(begun.records_closed);
  reception.set_state(v1::RECEPTION_STATE_WAITING_FOR_CARD);
  reception.mutable_assignment()->set_state(v1::ASSIGNMENT_STATE_UNASSIGNED);
  *reception.mutable_opened_at() = base::ToProto(now);
  return Until(Sealed(std::move(reception), now), begun.until);
}

Changed ApplyCard(const v1::Reception& before, const CardOpened& input, absl::Time now) {
  MDG_RETURN_IF_ERROR(Check(before, v1::RECEPTION_STATE_WAITING_FOR_CARD, "WAITING_FOR_CARD"));
  v1::Reception after = before;
  after.set_state(v1::RECEPTION_STATE_CARD_PRESENT);
  after.set_pin_attempts_left(input.attempts_left);
  after.set_pin_pad(input.pin_pad);
  after.clear_card_problem();
  return WithKey(Until(Sealed(std::move(after), now), input.until), input.pin_key);
}

Changed ApplyCard(const v1::Reception& before, const CardNotRead& input, absl::Time now) {
  MDG_RETURN_IF_ERROR(Check(before, v1::RECEPTION_STATE_WAITING_FOR_CARD, "WAITING_FOR_CARD"));
  if (before.card_problem().number() == input.why.number()) return before;
  v1::Reception after = before;
  *after.mutable_card_problem() = input.why;
  return Until(Sealed(std::move(after), now), base::FromProto(before.next_step().until()));
}

Changed ApplyCard(const v1::Reception& before, const CardUnfit& input, absl::Time now) {
  MDG_RETURN_IF_ERROR(Check(before, v1::RECEPTION_STATE_WAITING_FOR_CARD, "WAITING_FOR_CARD"));
  return Ended(before, v1::RECEPTION_STATE_REFUSED, input.why, now);
}

Changed ApplyCard(const v1::Reception& before, const PinNotTaken& input, absl::Time now) {
  MDG_RETURN_IF_ERROR(Check(before, v1::RECEPTION_STATE_CARD_PRESENT, "CARD_PRESENT"));
  v1::Reception after = before;
  after.set_pin_attempts_left(input.attempts_left);
  *after.mutable_card_problem() = input.why;
  return WithKey(Until(Sealed(std::move(after), now), input.until), input.pin_key);
}

Changed ApplyCard(const v1::Reception& before, const Identified& input, absl::Time now) {
  MDG_RETURN_IF_ERROR(Check(before, v1::RECEPTION_STATE_CARD_PRESENT, "CARD_PRESENT"));
  v1::Reception after = before;
  after.set_state(v1::RECEPTION_STATE_IDENTIFIED);
  after.set_identity_method(input.method);
  after.set_identified_by(input.by);
  after.clear_card_problem();
  return Until(Sealed(std::move(after), now), input.until);
}

Changed ApplyCard(const v1::Reception& before, const Abandon& input, absl::Time now) {
  if (!IsAtReader(before)) {
    return WrongState(before, "WAITING_FOR_CARD, CARD_PRESENT or IDENTIFIED");
  }
  return Ended(before, v1::RECEPTION_STATE_ABANDONED, input.why, now);
}

Changed ApplyCard(const v1::Reception& before, const AskWithCard& input, absl::Time now) {
  MDG_RETURN_IF_ERROR(Check(before, v1::RECEPTION_STATE_IDENTIFIED, "IDENTIFIED"));
  v1::Reception after = before;
  after.clear_consent_answers();
  for (const v1::ConsentAnswer& answer : input.answers) *after.add_consent_answers() = answer;
  return Asked(std::move(after), input.line, now);
}

Changed ApplyCard(const v1::Reception& before, const Enrol& input, absl::Time now) {
  MDG_RETURN_IF_ERROR(Check(before, v1::RECEPTION_STATE_NOT_ENROLLED, "NOT_ENROLLED"));
  return Asked(before, input.line, now);
}

Changed ApplyCard(const v1::Reception& before, const CardAnswered& input, absl::Time now) {
  const bool awaits = before.state() == v1::RECEPTION_STATE_ASKING ||
                      before.state() == v1::RECEPTION_STATE_OUTCOME_UNKNOWN;
  if (!awaits || !IsOwn(before)) {
    return WrongState(before, "ASKING or OUTCOME_UNKNOWN, at an own reader");
  }
  v1::Reception after = before;
  after.clear_card_problem();
  const oqs::CardOutcome outcome = oqs::CardOutcomeOf(input.confirmation);
  if (outcome == oqs::CardOutcome::kNotEnrolled) {
    after.set_state(v1::RECEPTION_STATE_NOT_ENROLLED);
    return Sealed(std::move(after), now);
  }
  if (const std::optional<ErrorCode> why = RefusalOf(outcome); why.has_value()) {
    return Ended(std::move(after), v1::RECEPTION_STATE_REFUSED, base::MakeDetail(*why), now);
  }
  TakeAnswer(after,
             {.confirmation_id = input.confirmation_id,
              .seen_at = input.seen_at,
              .confirmation = input.confirmation,
              .assignment = input.assignment,
              .superseded_by = input.superseded_by},
             before.medical_institution_code(), now);
  return Sealed(std::move(after), now);
}

}  // namespace madoguchi::reception
