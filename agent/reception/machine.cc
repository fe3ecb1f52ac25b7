#include "agent/reception/machine.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/reception/consent.h"
#include "agent/reception/next_step.h"
#include "agent/reception/record_status.h"

namespace madoguchi::reception {
namespace {

using base::ErrorCode;
using Result = absl::StatusOr<v1::Reception>;

absl::Status Wrong(ErrorCode code, const v1::Reception& reception, std::string what = {}) {
  return base::MakeError(code, {.what = std::move(what),
                                .state = v1::ReceptionState_Name(reception.state()),
                                .reception_id = reception.reception_id()});
}

absl::Status WrongState(const v1::Reception& reception, absl::string_view needed) {
  return Wrong(ErrorCode::kWrongState, reception, absl::StrCat("it must be ", needed));
}

// Nothing that is over may keep a window open.
void ShutConsents(v1::Reception& reception) { reception.clear_usable_consents(); }

// Finishes a change.
void Seal(v1::Reception& reception, absl::Time now) {
  UpdateRecords(reception);
  reception.set_revision(reception.revision() + 1);
  *reception.mutable_changed_at() = base::ToProto(now);
  *reception.mutable_next_step() = MakeNextStep(reception);
}

Result Sealed(v1::Reception reception, absl::Time now) {
  Seal(reception, now);
  return reception;
}

absl::Status CheckAnswered(const v1::Reception& reception, int32_t expected_revision) {
  if (reception.state() != v1::RECEPTION_STATE_ANSWERED) return WrongState(reception, "ANSWERED");
  if (expected_revision != 0 && expected_revision != reception.revision()) {
    return Wrong(ErrorCode::kRevisionChanged, reception,
                 absl::StrCat("expected ", expected_revision, ", it is ", reception.revision()));
  }
  return absl::OkStatus();
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
    if (before.state() != v1::RECEPTION_STATE_ANSWERED &&
        before.state() != v1::RECEPTION_STATE_REFUSED) {
      return WrongState(before, "ANSWERED or REFUSED");
    }
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

  Result operator()(const CloseDay& /*input*/) const {
    switch (before.state()) {
      case v1::RECEPTION_STATE_ANSWERED:
      case v1::RECEPTION_STATE_REFUSED:
      case v1::RECEPTION_STATE_ABANDONED:
      case v1::RECEPTION_STATE_CANCELLED:
      case v1::RECEPTION_STATE_NOT_ENROLLED:
        break;
      default:
        return WrongState(before, "ANSWERED, REFUSED, NOT_ENROLLED, ABANDONED or CANCELLED");
    }
    v1::Reception after = before;
    after.set_state(v1::RECEPTION_STATE_CLOSED);
    ShutConsents(after);
    return Sealed(std::move(after), now);
  }
};

// Set when the answer is none for this site or this person.
bool FindRefusal(const Opening& opening, v1::ErrorDetail& why) {
  const v1::MessageHeader& header = opening.confirmation.header();
  const std::string& own = opening.medical_institution_code;
  if (!own.empty() && header.medical_institution_code() != own) {
    why = base::MakeDetail(
        ErrorCode::kForeignInstitution,
        {.what = absl::StrCat("the answer names `",
                              base::Printable(header.medical_institution_code(), 20),
                              "`, this site is `", own, "`"),
         .field = "MedicalInstitutionCode",
         .reception_id = opening.reception_id});
    return true;
  }
  const bool file = header.segment_of_result() == v1::SEGMENT_OF_RESULT_ABNORMAL;
  const bool person =
      opening.confirmation.processing_result_status() == v1::PROCESSING_RESULT_STATUS_ERROR;
  if (!file && !person) return false;
  const v1::OqsResult& said = file ? header.error() : opening.confirmation.processing_result();
  why = base::MakeDetail(ErrorCode::kRefusedByOqs,
                         {.field = file ? "SegmentOfResult" : "ProcessingResultStatus",
                          .reception_id = opening.reception_id,
                          .oqs_code = said.code(),
                          .oqs_message = said.message()});
  return true;
}

}  // namespace

v1::Reception Open(Opening opening, absl::Time now) {
  v1::Reception reception;
  reception.set_reception_id(opening.reception_id);
  reception.set_counter(opening.counter);
  reception.set_terminal(opening.terminal);
  reception.set_origin(v1::RECEPTION_ORIGIN_FACE_READER);
  reception.set_identity_method(v1::IDENTITY_METHOD_OFFICIAL_READER);
  const bool refused = FindRefusal(opening, *reception.mutable_ended_because());
  const bool foreign = refused && reception.ended_because().number() ==
                                      base::ErrorNumber(ErrorCode::kForeignInstitution);
  if (!refused) reception.clear_ended_because();
  reception.set_state(refused ? v1::RECEPTION_STATE_REFUSED : v1::RECEPTION_STATE_ANSWERED);
  reception.set_medical_institution_code(
      foreign ? opening.medical_institution_code
              : opening.confirmation.header().medical_institution_code());
  // Another institution's patient is none of ours: nothing of the answer is kept.
  if (!foreign) *reception.mutable_confirmation() = std::move(opening.confirmation);
  v1::Confirmation& confirmation = *reception.mutable_confirmation();
  confirmation.set_confirmation_id(opening.confirmation_id);
  *confirmation.mutable_received_at() = base::ToProto(opening.seen_at);
  *reception.mutable_opened_at() = base::ToProto(now);
  reception.mutable_assignment()->set_state(v1::ASSIGNMENT_STATE_UNASSIGNED);
  if (!refused) {
    if (opening.assignment.state() != v1::ASSIGNMENT_STATE_UNSPECIFIED) {
      *reception.mutable_assignment() = std::move(opening.assignment);
    }
    reception.set_superseded_by(opening.superseded_by);
  }
  if (!refused && opening.superseded_by.empty()) {
    for (v1::UsableConsent& consent : UsableConsents(confirmation, now)) {
      *reception.add_usable_consents() = std::move(consent);
    }
  }
  Seal(reception, now);
  return reception;
}

absl::StatusOr<v1::Reception> Apply(const v1::Reception& reception, const Input& input,
                                    absl::Time now) {
  return std::visit(Applier{reception, now}, input);
}

}  // namespace madoguchi::reception
