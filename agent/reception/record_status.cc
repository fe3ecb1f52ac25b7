#include "agent/reception/record_status.h"

#include <algorithm>
#include <utility>

#include "agent/reception/consent.h"

namespace madoguchi::reception {
namespace {

constexpr v1::ConsentCategory kCategories[] = {
    v1::CONSENT_CATEGORY_DRUG, v1::CONSENT_CATEGORY_CHECKUP, v1::CONSENT_CATEGORY_DIAGNOSIS,
    v1::CONSENT_CATEGORY_OPERATION};

// The answer says something about the category; with `granted`, that the patient agreed.
bool Mentions(const v1::Reception& reception, v1::ConsentCategory category, bool granted) {
  for (const v1::Qualification& qualification : reception.confirmation().qualifications()) {
    for (const v1::Consent& consent : qualification.consents()) {
      if (consent.category() != category) continue;
      if (!granted || consent.flag() == v1::CONSENT_FLAG_GRANTED ||
          consent.flag() == v1::CONSENT_FLAG_EXPIRED) {
        return true;
      }
    }
  }
  return false;
}

bool IsWithdrawn(const v1::Reception& reception) {
  return !reception.superseded_by().empty() || reception.state() == v1::RECEPTION_STATE_CANCELLED ||
         reception.assignment().has_unassigned_at();
}

bool IsOpen(const v1::Reception& reception, v1::ConsentCategory category) {
  return !IsWithdrawn(reception) && reception.state() == v1::RECEPTION_STATE_ANSWERED &&
         std::any_of(reception.usable_consents().begin(), reception.usable_consents().end(),
                     [category](const v1::UsableConsent& consent) {
                       return consent.category() == category;
                     });
}

const v1::RecordStatus* Find(const v1::Reception& reception, v1::ConsentCategory category) {
  for (const v1::RecordStatus& status : reception.records()) {
    if (status.category() == category) return &status;
  }
  return nullptr;
}

v1::RecordStatus StatusOf(const v1::Reception& reception, v1::ConsentCategory category) {
  v1::RecordStatus status;
  status.set_category(category);
  if (IsOpen(reception, category)) {
    const v1::RecordStatus* known = Find(reception, category);
    const bool told = known != nullptr && (known->state() == v1::RECORD_STATE_FETCHING ||
                                           known->state() == v1::RECORD_STATE_READY ||
                                           known->state() == v1::RECORD_STATE_FAILED);
    if (told) return *known;
    status.set_state(v1::RECORD_STATE_NOT_FETCHED);
    return status;
  }
  const bool ended = !IsWithdrawn(reception) && Mentions(reception, category, true);
  status.set_state(ended ? v1::RECORD_STATE_EXPIRED : v1::RECORD_STATE_NOT_CONSENTED);
  return status;
}

}  // namespace

void UpdateRecords(v1::Reception& reception) {
  // An answer to identifiers is nobody's consent, whatever it says of consents given elsewhere.
  const bool any = reception.origin() != v1::RECEPTION_ORIGIN_IDENTIFIERS &&
                   !reception.records_closed() &&
                   std::any_of(std::begin(kCategories), std::end(kCategories),
                               [&reception](v1::ConsentCategory category) {
                                 return Mentions(reception, category, false);
                               });
  google::protobuf::RepeatedPtrField<v1::RecordStatus> records;
  if (any) {
    for (const v1::ConsentCategory category : kCategories) {
      *records.Add() = StatusOf(reception, category);
    }
  }
  *reception.mutable_records() = std::move(records);
}

bool MoveRecord(v1::Reception& reception, const v1::RecordStatus& status) {
  if (!IsOpen(reception, status.category())) return false;
  for (v1::RecordStatus& known : *reception.mutable_records()) {
    if (known.category() != status.category()) continue;
    if (known.SerializeAsString() == status.SerializeAsString()) return false;
    known = status;
    return true;
  }
  return false;
}

}  // namespace madoguchi::reception
