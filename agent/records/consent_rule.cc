#include "agent/records/consent_rule.h"

#include <algorithm>
#include <string>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"

namespace madoguchi::records {
namespace {

using base::ErrorCode;

absl::Status Refusal(ErrorCode code, const v1::Reception& reception, std::string what = {}) {
  return base::MakeError(code, {.what = std::move(what),
                                .state = v1::ReceptionState_Name(reception.state()),
                                .reception_id = reception.reception_id()});
}

// What shuts every category, whatever the consents say.
absl::Status CheckNotWithdrawn(const v1::Reception& reception) {
  if (!reception.superseded_by().empty()) {
    return Refusal(ErrorCode::kConsentWithdrawn, reception, "the person was read again");
  }
  if (reception.state() == v1::RECEPTION_STATE_CANCELLED) {
    return Refusal(ErrorCode::kConsentWithdrawn, reception, "the reception was cancelled");
  }
  if (reception.assignment().has_unassigned_at()) {
    return Refusal(ErrorCode::kConsentWithdrawn, reception, "its chart was taken away");
  }
  return absl::OkStatus();
}

absl::Status CheckReception(const v1::Reception& reception) {
  MDG_RETURN_IF_ERROR(CheckNotWithdrawn(reception));
  if (reception.state() == v1::RECEPTION_STATE_CLOSED) {
    return Refusal(ErrorCode::kConsentEnded, reception, "the day is over");
  }
  if (reception.state() != v1::RECEPTION_STATE_ANSWERED) {
    return Refusal(ErrorCode::kNoRecordsHere, reception);
  }
  // Viewing consent is given at the face reader; an answer to a question by identifiers has none.
  if (reception.origin() == v1::RECEPTION_ORIGIN_OWN_READER && reception.records_closed()) {
    return Refusal(ErrorCode::kNoRecordsHere, reception,
                   "this site takes consents at face readers");
  }
  if (reception.origin() != v1::RECEPTION_ORIGIN_FACE_READER &&
      reception.origin() != v1::RECEPTION_ORIGIN_OWN_READER) {
    return Refusal(ErrorCode::kNoRecordsHere, reception, "it did not begin with a card");
  }
  return absl::OkStatus();
}

const v1::Consent* FindConsent(const v1::Qualification& qualification,
                               v1::ConsentCategory category) {
  const v1::Consent* found = nullptr;
  for (const v1::Consent& consent : qualification.consents()) {
    if (consent.category() != category) continue;
    // Two words about one category: nobody knows which counts.
    if (found != nullptr) return nullptr;
    found = &consent;
  }
  return found;
}

bool StillOpen(const v1::Reception& reception, v1::ConsentCategory category, int index,
               absl::Time now) {
  return std::any_of(reception.usable_consents().begin(), reception.usable_consents().end(),
                     [&](const v1::UsableConsent& open) {
                       return open.category() == category && open.qualification_index() == index &&
                              (!open.has_until() || base::FromProto(open.until()) > now);
                     });
}

}  // namespace

bool IsAddressable(const v1::Qualification& qualification) {
  return !qualification.insured().insurer_number().empty() &&
         !qualification.insured().number().empty();
}

absl::StatusOr<Window> WindowGiven(const v1::Reception& reception, v1::ConsentCategory category,
                                   int qualification_index, absl::Time at) {
  const v1::Confirmation& confirmation = reception.confirmation();
  if (qualification_index < 0 || qualification_index >= confirmation.qualifications_size()) {
    return Refusal(ErrorCode::kNoConsent, reception, "there is no such qualification");
  }
  const v1::Qualification& qualification = confirmation.qualifications(qualification_index);
  const v1::Consent* consent = FindConsent(qualification, category);
  if (!IsAddressable(qualification) || consent == nullptr ||
      (consent->flag() != v1::CONSENT_FLAG_GRANTED &&
       consent->flag() != v1::CONSENT_FLAG_EXPIRED)) {
    return Refusal(ErrorCode::kNoConsent, reception, v1::ConsentCategory_Name(category));
  }
  const v1::OqsTime& end = consent->available_until();
  Window window{.qualification_index = qualification_index};
  // A text that is no time opens nothing.
  if (!end.no_end()) {
    window.until = end.has_time() ? base::FromProto(end.time()) : absl::InfinitePast();
  }
  if (consent->flag() == v1::CONSENT_FLAG_EXPIRED || window.until <= at) {
    return Refusal(ErrorCode::kConsentEnded, reception, v1::ConsentCategory_Name(category));
  }
  return window;
}

absl::StatusOr<Window> WindowOf(const v1::Reception& reception, v1::ConsentCategory category,
                                int qualification_index, absl::Time now) {
  MDG_RETURN_IF_ERROR(CheckReception(reception));
  absl::StatusOr<Window> window = WindowGiven(reception, category, qualification_index, now);
  if (window.ok() && !StillOpen(reception, category, qualification_index, now)) {
    return Refusal(ErrorCode::kConsentEnded, reception, v1::ConsentCategory_Name(category));
  }
  return window;
}

absl::StatusOr<Window> FindWindow(const v1::Reception& reception, v1::ConsentCategory category,
                                  absl::Time now) {
  MDG_RETURN_IF_ERROR(CheckReception(reception));
  // The word that says most: that a consent has ended tells more than that there is none.
  absl::Status refusal =
      Refusal(ErrorCode::kNoConsent, reception, v1::ConsentCategory_Name(category));
  for (int index = 0; index < reception.confirmation().qualifications_size(); ++index) {
    absl::StatusOr<Window> window = WindowOf(reception, category, index, now);
    if (window.ok()) return window;
    if (base::Is(window.status(), ErrorCode::kConsentEnded)) refusal = window.status();
  }
  return refusal;
}

absl::Status CheckGrace(const v1::Reception& reception, absl::Time fetched_at, absl::Duration grace,
                        absl::Time now) {
  MDG_RETURN_IF_ERROR(CheckNotWithdrawn(reception));
  if (reception.state() != v1::RECEPTION_STATE_ANSWERED &&
      reception.state() != v1::RECEPTION_STATE_CLOSED) {
    return Refusal(ErrorCode::kNoRecordsHere, reception);
  }
  // Fetched in what is the future now: the clock was set back.
  if (now < fetched_at || now >= fetched_at + grace) {
    return Refusal(ErrorCode::kConsentEnded, reception, "the time for late delivery is over");
  }
  return absl::OkStatus();
}

}  // namespace madoguchi::records
