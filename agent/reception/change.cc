#include "agent/reception/change.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "agent/reception/next_step.h"
#include "agent/reception/record_status.h"

namespace madoguchi::reception {

absl::Status Wrong(base::ErrorCode code, const v1::Reception& reception, std::string what) {
  return base::MakeError(code, {.what = std::move(what),
                                .state = v1::ReceptionState_Name(reception.state()),
                                .reception_id = reception.reception_id()});
}

absl::Status WrongState(const v1::Reception& reception, absl::string_view needed) {
  return Wrong(base::ErrorCode::kWrongState, reception, absl::StrCat("it must be ", needed));
}

v1::Reception Sealed(v1::Reception reception, absl::Time now) {
  UpdateRecords(reception);
  reception.set_revision(reception.revision() + 1);
  *reception.mutable_changed_at() = base::ToProto(now);
  *reception.mutable_next_step() = MakeNextStep(reception);
  return reception;
}

void ShutConsents(v1::Reception& reception) { reception.clear_usable_consents(); }

}  // namespace madoguchi::reception
