#ifndef MADOGUCHI_AGENT_RECEPTION_MACHINE_H_
#define MADOGUCHI_AGENT_RECEPTION_MACHINE_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "madoguchi/v1/reception.pb.h"

// The states of a reception and what may happen in each: pure functions, no I/O.
namespace madoguchi::reception {

// A card read that a terminal delivered becomes a reception.
struct Opening {
  std::string reception_id;
  std::string confirmation_id;
  std::string terminal;
  std::string counter;
  // When it was seen.
  absl::Time seen_at;
  // Of this site; empty: not checked.
  std::string medical_institution_code;
  v1::Confirmation confirmation;
  // These two are left out when the answer is refused.
  v1::Assignment assignment;
  // A newer read of the same person that is known already.
  std::string superseded_by;
};
// ANSWERED whatever the validity; REFUSED when OQS refused the file or the person (MDG-1406), and
// when the answer is for another institution (MDG-1209, then without its content).
v1::Reception Open(Opening opening, absl::Time now);

// What can happen to it.
struct Assign {
  std::string patient_id;
  // person@identity.
  std::string by;
  // 0: not checked.
  int32_t expected_revision = 0;
};
struct Unassign {
  int32_t expected_revision = 0;
};
struct Cancel {};
// The time of a consent has come.
struct ConsentEnded {};
// The same person was read again.
struct Superseded {
  std::string by;
};
struct CloseDay {};
// A medical record is being fetched, is here, or could not be had. Says nothing where consent does
// not cover the category any more.
struct RecordMoved {
  v1::RecordStatus status;
};
using Input =
    std::variant<Assign, Unassign, Cancel, ConsentEnded, Superseded, CloseDay, RecordMoved>;

// The reception after `input`; the same revision when nothing changed. MDG-1402 at a moment when it
// cannot happen (with state and reception_id), 1403 another revision, 1404 tied to another chart,
// 1408 tied to none.
absl::StatusOr<v1::Reception> Apply(const v1::Reception& reception, const Input& input,
                                    absl::Time now);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_MACHINE_H_
