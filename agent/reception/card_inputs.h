#ifndef MADOGUCHI_AGENT_RECEPTION_CARD_INPUTS_H_
#define MADOGUCHI_AGENT_RECEPTION_CARD_INPUTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/oqs/web_assumed.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "madoguchi/v1/reception.pb.h"

// A reception at a card reader of our own: how it begins, and what can happen to it besides what
// can happen to any (machine.h). Pure.
namespace madoguchi::reception {

struct AtReader {
  std::string reception_id;
  std::string counter;
  std::string reader;
  // Of this site.
  std::string medical_institution_code;
  // The site takes no medical consent at own readers.
  bool records_closed = false;
  // When nobody waits for a card any longer.
  absl::Time until = {};
};
// WAITING_FOR_CARD.
v1::Reception OpenAtReader(AtReader begun, absl::Time now);

// Its card lies on the reader and is one to go on with.
struct CardOpened {
  int attempts_left = 0;
  bool pin_pad = false;
  // For the first PIN; empty when the PIN cannot be used or is typed on the reader.
  v1::PinKey pin_key = {};
  absl::Time until = {};
};
// The card that lay on the reader was taken away before it was read, or is in use: another try.
struct CardNotRead {
  v1::ErrorDetail why = {};
};
// The card is none to go on with: REFUSED.
struct CardUnfit {
  v1::ErrorDetail why = {};
};
// A PIN was not taken, and the card still waits for one.
struct PinNotTaken {
  int attempts_left = 0;
  v1::PinKey pin_key = {};
  v1::ErrorDetail why = {};
  absl::Time until = {};
};
struct Identified {
  v1::IdentityMethod method = v1::IDENTITY_METHOD_UNSPECIFIED;
  // person@identity, for all but PIN.
  std::string by = {};
  absl::Time until = {};
};
// The card went away, or time did, before OQS was asked: ABANDONED.
struct Abandon {
  v1::ErrorDetail why = {};
};
// What the patient consents to is known. ASKING by `line` with the question in the journal; PENDING
// when there is none that can be asked.
struct AskWithCard {
  std::string line;
  std::vector<v1::ConsentAnswer> answers = {};
};
// The patient wants the card to be enrolled; as AskWithCard.
struct Enrol {
  std::string line;
};
// The answer to either, in time or late.
struct CardAnswered {
  std::string confirmation_id;
  absl::Time seen_at;
  v1::Confirmation confirmation;
  // These two are left out when the answer is no confirmation.
  v1::Assignment assignment = {};
  std::string superseded_by = {};
};

// As Apply() of machine.h.
using Changed = absl::StatusOr<v1::Reception>;
Changed ApplyCard(const v1::Reception& before, const CardOpened& input, absl::Time now);
Changed ApplyCard(const v1::Reception& before, const CardNotRead& input, absl::Time now);
Changed ApplyCard(const v1::Reception& before, const CardUnfit& input, absl::Time now);
Changed ApplyCard(const v1::Reception& before, const PinNotTaken& input, absl::Time now);
Changed ApplyCard(const v1::Reception& before, const Identified& input, absl::Time now);
Changed ApplyCard(const v1::Reception& before, const Abandon& input, absl::Time now);
Changed ApplyCard(const v1::Reception& before, const AskWithCard& input, absl::Time now);
Changed ApplyCard(const v1::Reception& before, const Enrol& input, absl::Time now);
Changed ApplyCard(const v1::Reception& before, const CardAnswered& input, absl::Time now);

// Nobody has asked OQS about it yet, and a card may lie there for it.
bool IsAtReader(const v1::Reception& reception);

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_CARD_INPUTS_H_
