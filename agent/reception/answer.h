#ifndef MADOGUCHI_AGENT_RECEPTION_ANSWER_H_
#define MADOGUCHI_AGENT_RECEPTION_ANSWER_H_

#include <string>

#include "absl/time/time.h"
#include "madoguchi/v1/reception.pb.h"

namespace madoguchi::reception {

// An answer of OQS on its way into a reception.
struct Answer {
  std::string confirmation_id;
  absl::Time seen_at;
  v1::Confirmation confirmation;
  // These two are left out when the answer is refused.
  v1::Assignment assignment;
  std::string superseded_by;
};

// Puts `answer` into `reception` and sets its state, its assignment and its open consents: ANSWERED
// whatever the validity; REFUSED when OQS refused the file or the person (MDG-1406), and when the
// answer names another institution than `own` (MDG-1209, then without its content; an empty `own`:
// not checked). Only a card read opens consents. Pure; leaves revision and next step to the caller.
void TakeAnswer(v1::Reception& reception, Answer answer, const std::string& own, absl::Time now);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_ANSWER_H_
