#ifndef MADOGUCHI_AGENT_RECORDS_CONSENT_RULE_H_
#define MADOGUCHI_AGENT_RECORDS_CONSENT_RULE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "madoguchi/v1/codes.pb.h"
#include "madoguchi/v1/reception.pb.h"

// Whether the patient's consent covers a medical record at a moment. Pure functions; all errors are
// refusals: MDG-2001 never given, 2002 its time is over, 2003 taken back (a newer read, a cancelled
// reception, a chart taken away), 2004 the reception is not one that can have records.
namespace madoguchi::records {

// The consent that opens a category.
struct Window {
  // The qualification that was asked about and that the question to OQS addresses: index into
  // Confirmation.qualifications.
  int qualification_index = 0;
  // InfiniteFuture when OQS set no end.
  absl::Time until = absl::InfiniteFuture();
};

// True when a question to OQS can name it: health insurance with insurer and number. A public
// assistance (医療扶助) without them cannot be asked about, whatever its consents say.
bool IsAddressable(const v1::Qualification& qualification);

// The first qualification that can be addressed and whose own consent covers `category` at `now`:
// its flag granted and its end, as OQS gave them, after `now`, and not shut since (usable_consents
// only ever shrinks, so a window that has ended stays so whatever a clock says). A consent of
// another qualification of the same person covers nothing.
absl::StatusOr<Window> FindWindow(const v1::Reception& reception, v1::ConsentCategory category,
                                  absl::Time now);
// The same for one qualification: what is stored was asked about that one.
absl::StatusOr<Window> WindowOf(const v1::Reception& reception, v1::ConsentCategory category,
                                int qualification_index, absl::Time now);

// What the answer itself gave at `at`, whatever has happened to the reception since.
absl::StatusOr<Window> WindowGiven(const v1::Reception& reception, v1::ConsentCategory category,
                                   int qualification_index, absl::Time at);

// Whether what was fetched inside the window may still be handed to a receiver that is configured
// for it after the window has ended: until `fetched_at` + `grace`, unless consent was taken back.
absl::Status CheckGrace(const v1::Reception& reception, absl::Time fetched_at, absl::Duration grace,
                        absl::Time now);

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_CONSENT_RULE_H_
