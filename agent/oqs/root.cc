#include "agent/oqs/root.h"

namespace madoguchi::oqs {

Root MakeRoot(v1::OqsMessage& message) {
  const bool is_request = message.role() == v1::MESSAGE_ROLE_REQUEST;
  const bool is_medical = message.family() == v1::MESSAGE_FAMILY_YZKSIQUC01;
  const bool is_checkup = message.family() == v1::MESSAGE_FAMILY_TKKSIQUC01;
  if (is_request && (is_medical || is_checkup)) {
    return {Scope::kInformationRequest, message.mutable_information_query(),
            message.mutable_unknown_elements()};
  }
  if (is_request) return {Scope::kRequest, &message, message.mutable_unknown_elements()};
  if (is_medical) {
    v1::MedicalRecord& record = *message.mutable_medical_record();
    return {Scope::kMedical, &record, record.mutable_unknown_elements()};
  }
  if (is_checkup) {
    v1::CheckupHistory& record = *message.mutable_checkup_history();
    return {Scope::kCheckups, &record, record.mutable_unknown_elements()};
  }
  v1::Confirmation& record = *message.mutable_confirmation();
  return {Scope::kResponse, &record, record.mutable_unknown_elements()};
}

}  // namespace madoguchi::oqs
