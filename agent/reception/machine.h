#ifndef MADOGUCHI_AGENT_RECEPTION_MACHINE_H_
#define MADOGUCHI_AGENT_RECEPTION_MACHINE_H_

#include <cstdint>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/reception/card_inputs.h"
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

// A person whom OQS is to be asked about by identifiers becomes a reception before it is asked.
struct Asked {
  std::string reception_id;
  std::string counter;
  // Of this site.
  std::string medical_institution_code;
  // The one it is asked through, with the question in the journal: ASKING. Empty: none can be
  // reached, nothing has left this machine: PENDING.
  std::string terminal;
  v1::PendingNote note;
};
v1::Reception OpenAsked(Asked asked, absl::Time now);

// Whether OQS can be asked with what is known.
bool CanAsk(const v1::PendingNote& note);

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
// The day is over.
struct CloseDay {
  // Receptions without an answer (OUTCOME_UNKNOWN, PENDING) stay open this many days longer.
  int undecided_days = 0;
};
// A medical record is being fetched, is here, or could not be had. Says nothing where consent does
// not cover the category any more.
struct RecordMoved {
  v1::RecordStatus status;
};

// Questions by identifiers. But for NotSent and NoAnswer, which happen to questions about a card,
// too, nothing of these happens to receptions of other origins; the others are in card_inputs.h.

// The question is in the journal: for the first time (PENDING), or once more although the outcome
// of the first is unknown. MDG-1411 when it cannot be asked.
struct Ask {
  std::string terminal;
};
// An answered one is asked about again with other identifiers. Everything that came with the answer
// goes, a chart that a person chose too: it was chosen for that answer. MDG-1411.
struct Correct {
  std::string terminal;
  v1::PendingNote note;
};
// What is known of a person who waits for the line was written down.
struct Note {
  v1::PendingNote note;
};
// The question has certainly not left this machine and was taken back.
struct NotSent {};
// It was sent, or may have been, and nobody waits for its answer any longer.
struct NoAnswer {};
// The answer, in time or late. MDG-1402 unless it answers what is asked now.
struct Answered {
  // What its question asked: identifiers and birth date count.
  v1::PendingNote asked;
  std::string confirmation_id;
  absl::Time seen_at;
  v1::Confirmation confirmation;
  // Left out when the answer is refused, as in Opening.
  v1::Assignment assignment;
};
// The answer to the question was about somebody else. MDG-1402 as for Answered.
struct AnsweredOther {
  v1::PendingNote asked;
};

using Input =
    std::variant<Assign, Unassign, Cancel, ConsentEnded, Superseded, CloseDay, RecordMoved, Ask,
                 Correct, Note, NotSent, NoAnswer, Answered, AnsweredOther, CardOpened, CardNotRead,
                 CardUnfit, PinNotTaken, Identified, Abandon, AskWithCard, Enrol, CardAnswered>;

// The reception after `input`; the same revision when nothing changed. MDG-1402 at a moment when it
// cannot happen (with state and reception_id), 1403 another revision, 1404 tied to another chart,
// 1408 tied to none, 1411 identifiers are missing.
absl::StatusOr<v1::Reception> Apply(const v1::Reception& reception, const Input& input,
                                    absl::Time now);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_MACHINE_H_
