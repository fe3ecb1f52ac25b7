#ifndef MADOGUCHI_AGENT_RECEPTION_DESK_AUDIT_H_
#define MADOGUCHI_AGENT_RECEPTION_DESK_AUDIT_H_

#include <optional>
#include <string>

#include "agent/audit/entry.h"
#include "agent/reception/desk.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "madoguchi/v1/reception.pb.h"
#include "madoguchi/v1/reception_service.pb.h"

// What the audit trail says about what happens at the desk. Pure.
namespace madoguchi::reception {

// About a reception that became `after`; `before` is nullptr for a new one. `by`: whose doing it
// is; without an identity the daemon's own (a card read, an answer, a newer read of the person).
// nullopt for what time alone brings or the gate records by itself: the end of a consent, the end
// of the day, how far the fetching of a record has got.
std::optional<audit::Entry> EntryOf(const v1::Reception* before, const v1::Reception& after,
                                    const Caller& by);
audit::Entry EntryOf(const v1::ExpectPatientRequest& expected, const Caller& by);
// `reception_id`, `patient_id`: empty when there is none.
audit::Entry EntryOf(const v1::EligibilityQuery& asked, const std::string& patient_id,
                     const std::string& reception_id, const Caller& by);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_DESK_AUDIT_H_
