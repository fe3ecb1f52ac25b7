#include "agent/oqs/element_access.h"

namespace madoguchi::oqs {

v1::Consent& ConsentOf(v1::Qualification& qualification, v1::ConsentCategory category) {
  for (v1::Consent& consent : *qualification.mutable_consents()) {
    if (consent.category() == category) return consent;
  }
  v1::Consent& consent = *qualification.add_consents();
  consent.set_category(category);
  return consent;
}

const v1::Consent& ConsentOf(const v1::Qualification& qualification, v1::ConsentCategory category) {
  for (const v1::Consent& consent : qualification.consents()) {
    if (consent.category() == category) return consent;
  }
  return v1::Consent::default_instance();
}

}  // namespace madoguchi::oqs
