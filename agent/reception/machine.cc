#include "agent/reception/machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/reception/answer.h"
#include "agent/reception/change.h"
#include "agent/reception/consent.h"
#include "agent/reception/record_status.h"

namespace madoguchi::reception {
namespace {

using base::ErrorCode;
using Result = absl::StatusOr<v1::Reception>;

absl::Status CheckAnswered(const v1::Reception& reception, int32_t expected_revision) {
  if (reception.state() != v1::RECEPTION_STATE_ANSWERED) return WrongState(reception, "ANSWERED");
  if (expected_revision != 0 && expected_revision != reception.revision()) {
    return Wrong(ErrorCode::kRevisionChanged, reception,
                 absl::StrCat("expected ", expected_revision, ", it is ", reception.revision()));
  }
  return absl::OkStatus();
}

bool IsUndecided(const v1::Reception& reception) {
  return reception.state() == v1::RECEPTION_STATE_OUTCOME_UNKNOWN ||
         reception.state() == v1::RECEPTION_STATE_PENDING;
}

bool CanCancel(const v1::Reception& reception) {
  return reception.state() == v1::RECEPTION_STATE_ANSWERED ||
         reception.state() == v1::RECEPTION_STATE_REFUSED || IsUndecided(reception) ||
         IsAtReader(reception) ||
         (reception.origin() == v1::RECEPTION_ORIGIN_OWN_READER &&
          reception.state() == v1::RECEPTION_STATE_NOT_ENROLLED);
}

bool IsAsked(const v1::Reception& reception) {
  return reception.origin() == v1::RECEPTION_ORIGIN_IDENTIFIERS;
}

// An answer to `asked` is awaited. One to what was asked before a correction is about another
// person, however late it comes.
absl::Status CheckAwaited(const v1::Reception& reception, const v1::PendingNote& asked) {
  const bool awaits = reception.state() == v1::RECEPTION_STATE_ASKING ||
                      reception.state() == v1::RECEPTION_STATE_OUTCOME_UNKNOWN;
  if (!awaits || !IsAsked(reception)) {
    return WrongState(reception, "ASKING or OUTCOME_UNKNOWN, by identifiers");
  }
  const v1::PendingNote& now = reception.pending_note();
  if (now.insured().SerializeAsString() == asked.insured().SerializeAsString() &&
      now.birth_date().SerializeAsString() == asked.birth_date().SerializeAsString()) {
    return absl::OkStatus();
  }
  return Wrong(ErrorCode::kWrongState, reception, "other identifiers are asked about by now");
}

bool HasChart(const v1::Assignment& assignment) {
  return assignment.state() == v1::ASSIGNMENT_STATE_BY_REFERENCE_NUMBER ||
         assignment.state() == v1::ASSIGNMENT_STATE_BY_PERSON ||
         assignment.state() == v1::ASSIGNMENT_STATE_EXPECTED;
}

struct Applier {
  const v1::Reception& before;
  absl::Time now;

  Result operator()(const Assign& input) const {
    MDG_RETURN_IF_ERROR(CheckAnswered(before, input.expected_revision));
    if (HasChart(before.assignment())) {
      if (before.assignment().patient_id() == input.patient_id) return before;
      return Wrong(ErrorCode::kAlreadyAssigned, before);
    }
    v1::Reception after = before;
    after.clear_assignment();
    v1::Assignment& assignment = *after.mutable_assignment();
    assignment.set_state(v1::ASSIGNMENT_STATE_BY_PERSON);
    assignment.set_patient_id(input.patient_id);
    assignment.set_assigned_by(input.by);
    *assignment.mutable_assigned_at() = base::ToProto(now);
    return Sealed(std::move(after), now);
  }

  Result operator()(const Unassign& input) const {
    MDG_RETURN_IF_ERROR(CheckAnswered(before, input.expected_revision));
    if (!HasChart(before.assignment())) return Wrong(ErrorCode::kNotAssigned, before);
    v1::Reception after = before;
    after.clear_assignment();
    after.mutable_assignment()->set_state(v1::ASSIGNMENT_STATE_UNASSIGNED);
    // Somebody found that this is not the patient: medical records stay shut until one is named.
    *after.mutable_assignment()->mutable_unassigned_at() = base::ToProto(now);
    return Sealed(std::move(after), now);
  }

  Result operator()(const Cancel& /*input*/) const {
    if (before.state() == v1::RECEPTION_STATE_CANCELLED) return before;
    if (!CanCancel(before)) return WrongState(before, "one that is not ASKING and not over");
    v1::Reception after = before;
    after.set_state(v1::RECEPTION_STATE_CANCELLED);
    *after.mutable_ended_because() =
        base::MakeDetail(ErrorCode::kCancelledByStaff, {.reception_id = before.reception_id()});
    ShutConsents(after);
    return Sealed(std::move(after), now);
  }

  Result operator()(const ConsentEnded& /*input*/) const {
    if (before.state() != v1::RECEPTION_STATE_ANSWERED) return WrongState(before, "ANSWERED");
    // Only takes away: a clock that was set back does not open a window again.
    if (FirstConsentEnd(before) > now) return before;
    v1::Reception after = before;
    auto& open = *after.mutable_usable_consents();
    open.erase(std::remove_if(open.begin(), open.end(),
                              [this](const v1::UsableConsent& consent) {
                                return consent.has_until() &&
                                       base::FromProto(consent.until()) <= now;
                              }),
               open.end());
    return Sealed(std::move(after), now);
  }

  Result operator()(const Superseded& input) const {
    if (before.state() != v1::RECEPTION_STATE_ANSWERED) return WrongState(before, "ANSWERED");
    // The chain leads on to the newest; one event per reception is enough.
    if (!before.superseded_by().empty()) return before;
    v1::Reception after = before;
    after.set_superseded_by(input.by);
    ShutConsents(after);
    return Sealed(std::move(after), now);
  }

  Result operator()(const RecordMoved& input) const {
    v1::Reception after = before;
    if (!MoveRecord(after, input.status)) return before;
    return Sealed(std::move(after), now);
  }

  Result operator()(const CloseDay& input) const {
    switch (before.state()) {
      case v1::RECEPTION_STATE_ANSWERED:
      case v1::RECEPTION_STATE_REFUSED:
      case v1::RECEPTION_STATE_ABANDONED:
      case v1::RECEPTION_STATE_CANCELLED:
      case v1::RECEPTION_STATE_NOT_ENROLLED:
        break;
      case v1::RECEPTION_STATE_OUTCOME_UNKNOWN:
      case v1::RECEPTION_STATE_PENDING:
        if (base::JapanDay(now) <= LastDay(input.undecided_days)) return before;
        break;
      default:
        return WrongState(before,
                          "ANSWERED, REFUSED, NOT_ENROLLED, ABANDONED, CANCELLED, OUTCOME_UNKNOWN "
                          "or PENDING");
    }
    v1::Reception after = before;
    after.set_state(v1::RECEPTION_STATE_CLOSED);
    ShutConsents(after);
    return Sealed(std::move(after), now);
  }

  Result operator()(const Ask& input) const {
    if (!IsUndecided(before) || !IsAsked(before)) {
      return WrongState(before, "OUTCOME_UNKNOWN or PENDING, by identifiers");
    }
    return Asking(before, input.terminal);
  }

  Result operator()(const Correct& input) const {
    MDG_RETURN_IF_ERROR(CheckAnswered(before, 0));
    if (!IsAsked(before)) return WrongState(before, "ANSWERED, by identifiers");
    v1::Reception after = before;
    ShutConsents(after);
    after.clear_confirmation();
    after.clear_superseded_by();
    after.clear_assignment();
    after.mutable_assignment()->set_state(v1::ASSIGNMENT_STATE_UNASSIGNED);
    *after.mutable_pending_note() = input.note;
    return Asking(std::move(after), input.terminal);
  }

  Result operator()(const Note& input) const {
    if (before.state() != v1::RECEPTION_STATE_PENDING || !IsAsked(before)) {
      return WrongState(before, "PENDING, by identifiers");
    }
    if (before.pending_note().SerializeAsString() == input.note.SerializeAsString()) return before;
    v1::Reception after = before;
    *after.mutable_pending_note() = input.note;
    return Sealed(std::move(after), now);
  }

  Result operator()(const NotSent& /*input*/) const {
    return Unanswered(v1::RECEPTION_STATE_PENDING);
  }

  Result operator()(const NoAnswer& /*input*/) const {
    return Unanswered(v1::RECEPTION_STATE_OUTCOME_UNKNOWN);
  }

  Result operator()(const Answered& input) const {
    MDG_RETURN_IF_ERROR(CheckAwaited(before, input.asked));
    v1::Reception after = before;
    TakeAnswer(after,
               {.confirmation_id = input.confirmation_id,
                .seen_at = input.seen_at,
                .confirmation = input.confirmation,
                .assignment = input.assignment,
                .superseded_by = {}},
               before.medical_institution_code(), now);
    if (after.state() == v1::RECEPTION_STATE_ANSWERED) after.clear_pending_note();
    return Sealed(std::move(after), now);
  }

  Result operator()(const AnsweredOther& input) const {
    MDG_RETURN_IF_ERROR(CheckAwaited(before, input.asked));
    v1::Reception after = before;
    after.set_state(v1::RECEPTION_STATE_REFUSED);
    *after.mutable_ended_because() =
        base::MakeDetail(ErrorCode::kAnswerOfAnother, {.reception_id = before.reception_id()});
    return Sealed(std::move(after), now);
  }

  absl::CivilDay LastDay(int days) const {
    return base::JapanDay(base::FromProto(before.opened_at())) + days;
  }

  Result Asking(v1::Reception after, const std::string& terminal) const {
    if (!CanAsk(after.pending_note())) return Wrong(ErrorCode::kIdentifiersIncomplete, before);
    after.set_state(v1::RECEPTION_STATE_ASKING);
    after.set_terminal(terminal);
    return Sealed(std::move(after), now);
  }

  template <typename CardInput>
  Result operator()(const CardInput& input) const {
    return ApplyCard(before, input, now);
  }

  Result Unanswered(v1::ReceptionState state) const {
    const bool asked = IsAsked(before) || before.origin() == v1::RECEPTION_ORIGIN_OWN_READER;
    if (before.state() != v1::RECEPTION_STATE_ASKING || !asked) {
      return WrongState(before, "ASKING, by identifiers or a card");
    }
    v1::Reception after = before;
    after.set_state(state);
    return Sealed(std::move(after), now);
  }
};

}  // namespace

v1::Reception Open(Opening opening, absl::Time now) {
  v1::Reception reception;
  reception.set_reception_id(opening.reception_id);
  reception.set_counter(opening.counter);
  reception.set_terminal(opening.terminal);
  reception.set_origin(v1::RECEPTION_ORIGIN_FACE_READER);
  reception.set_identity_method(v1::IDENTITY_METHOD_OFFICIAL_READER);
  *reception.mutable_opened_at() = base::ToProto(now);
  TakeAnswer(reception,
             {.confirmation_id = std::move(opening.confirmation_id),
              .seen_at = opening.seen_at,
              .confirmation = std::move(opening.confirmation),
              .assignment = std::move(opening.assignment),
              .superseded_by = std::move(opening.superseded_by)},
             opening.medical_institution_code, now);
  return Sealed(std::move(reception), now);
}

v1::Reception OpenAsked(Asked asked, absl::Time now) {
  v1::Reception reception;
  reception.set_reception_id(asked.reception_id);
  reception.set_counter(asked.counter);
  reception.set_terminal(asked.terminal);
  reception.set_origin(v1::RECEPTION_ORIGIN_IDENTIFIERS);
  reception.set_identity_method(v1::IDENTITY_METHOD_NONE);
  reception.set_medical_institution_code(asked.medical_institution_code);
  reception.set_state(asked.terminal.empty() ? v1::RECEPTION_STATE_PENDING
                                             : v1::RECEPTION_STATE_ASKING);
  *reception.mutable_pending_note() = std::move(asked.note);
  reception.mutable_assignment()->set_state(v1::ASSIGNMENT_STATE_UNASSIGNED);
  *reception.mutable_opened_at() = base::ToProto(now);
  return Sealed(std::move(reception), now);
}

bool CanAsk(const v1::PendingNote& note) {
  return !note.insured().insurer_number().empty() && !note.insured().number().empty() &&
         base::IsRealDay(note.birth_date());
}

absl::StatusOr<v1::Reception> Apply(const v1::Reception& reception, const Input& input,
                                    absl::Time now) {
  return std::visit(Applier{reception, now}, input);
}

}  // namespace madoguchi::reception
