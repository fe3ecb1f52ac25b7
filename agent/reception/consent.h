#ifndef MADOGUCHI_AGENT_RECEPTION_CONSENT_H_
#define MADOGUCHI_AGENT_RECEPTION_CONSENT_H_

#include <vector>

#include "absl/time/time.h"
#include "madoguchi/v1/reception.pb.h"

namespace madoguchi::reception {

// The consents of an answer that are open at `now`: granted, for medical records, with an end (or
// the word that there is none) that OQS gave. Pure.
std::vector<v1::UsableConsent> UsableConsents(const v1::Confirmation& confirmation, absl::Time now);

// When the first of a reception's usable consents ends; InfiniteFuture when none does. Pure.
absl::Time FirstConsentEnd(const v1::Reception& reception);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_CONSENT_H_
