#include "agent/oqs/root.h"

namespace madoguchi::oqs {
namespace {

template <typename Record>
Root Make(Scope scope, Record& record) {
  return {scope, &record, record.mutable_unknown_elements()};
}

Root MakeRequestRoot(v1::OqsMessage& message) {
  switch (message.family()) {
    case v1::MESSAGE_FAMILY_YZKSIQUC01:
    case v1::MESSAGE_FAMILY_TKKSIQUC01:
      return {Scope::kInformationRequest, message.mutable_information_query(),
              message.mutable_unknown_elements()};
    case v1::MESSAGE_FAMILY_OQSSIQUC01:
    case v1::MESSAGE_FAMILY_OQSSIQUC01_FACE:
    case v1::MESSAGE_FAMILY_UNSPECIFIED:
      return Make(Scope::kRequest, message);
    default:
      message.mutable_batch_request();
      return Make(Scope::kBatchRequest, message);
  }
}

}  // namespace

Root MakeRoot(v1::OqsMessage& message) {
  if (message.role() == v1::MESSAGE_ROLE_REQUEST) return MakeRequestRoot(message);
  switch (message.family()) {
    case v1::MESSAGE_FAMILY_YZKSIQUC01:
      return Make(Scope::kMedical, *message.mutable_medical_record());
    case v1::MESSAGE_FAMILY_TKKSIQUC01:
      return Make(Scope::kCheckups, *message.mutable_checkup_history());
    case v1::MESSAGE_FAMILY_OQSSIIMM01:
      return Make(Scope::kRegistrationAnswer, *message.mutable_registration_answer());
    case v1::MESSAGE_FAMILY_OQSMUIMM01:
    case v1::MESSAGE_FAMILY_OQSMUIMM02:
      return Make(Scope::kRegistrationBatch, *message.mutable_batch_answer());
    case v1::MESSAGE_FAMILY_OQSSIQUC01:
    case v1::MESSAGE_FAMILY_OQSSIQUC01_FACE:
    case v1::MESSAGE_FAMILY_UNSPECIFIED:
      return Make(Scope::kResponse, *message.mutable_confirmation());
    default:
      return Make(Scope::kBatchAnswer, *message.mutable_batch_answer());
  }
}

}  // namespace madoguchi::oqs
