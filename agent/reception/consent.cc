#include "agent/reception/consent.h"

#include <algorithm>
#include <utility>

#include "agent/base/japan_time.h"

namespace madoguchi::reception {
namespace {

// Limit certificate and specific disease come with the answer itself: nothing can be fetched for
// them later, so they have no window.
bool OpensRecords(v1::ConsentCategory category) {
  return category == v1::CONSENT_CATEGORY_DRUG || category == v1::CONSENT_CATEGORY_CHECKUP ||
         category == v1::CONSENT_CATEGORY_DIAGNOSIS || category == v1::CONSENT_CATEGORY_OPERATION;
}

bool IsUsable(const v1::Consent& consent, absl::Time now) {
  if (consent.flag() != v1::CONSENT_FLAG_GRANTED || !OpensRecords(consent.category())) return false;
  const v1::OqsTime& until = consent.available_until();
  return until.no_end() || (until.has_time() && base::FromProto(until.time()) > now);
}

}  // namespace

std::vector<v1::UsableConsent> UsableConsents(const v1::Confirmation& confirmation,
                                              absl::Time now) {
  std::vector<v1::UsableConsent> usable;
  for (int index = 0; index < confirmation.qualifications_size(); ++index) {
    for (const v1::Consent& consent : confirmation.qualifications(index).consents()) {
      if (!IsUsable(consent, now)) continue;
      v1::UsableConsent& open = usable.emplace_back();
      open.set_category(consent.category());
      open.set_qualification_index(index);
      if (!consent.available_until().no_end()) {
        *open.mutable_until() = consent.available_until().time();
      }
    }
  }
  return usable;
}

absl::Time FirstConsentEnd(const v1::Reception& reception) {
  absl::Time first = absl::InfiniteFuture();
  for (const v1::UsableConsent& consent : reception.usable_consents()) {
    if (consent.has_until()) first = std::min(first, base::FromProto(consent.until()));
  }
  return first;
}

}  // namespace madoguchi::reception
