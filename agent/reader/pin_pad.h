#ifndef MADOGUCHI_AGENT_READER_PIN_PAD_H_
#define MADOGUCHI_AGENT_READER_PIN_PAD_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "agent/reader/apdu.h"

namespace madoguchi::reader {

class CardSession;

// The key pad of a reader that sends the PIN to the card itself, so that it never comes into this
// machine (PC/SC part 10, FEATURE_VERIFY_PIN_DIRECT).
class PinPad {
 public:
  // Asks the reader, not the card: no exchange. nullopt when it has none or does not know the
  // question.
  static std::optional<PinPad> Find(CardSession& session);

  // Lets exactly 4 digits be typed and sends VERIFY with `reference`. Waits for the person, at most
  // a minute. MDG-2122 when nothing was typed and nothing sent; otherwise what the card
  // answered, or the errors of CardSession::TransmitPin().
  absl::StatusOr<Response> Verify(CardSession& session, uint8_t reference) const;

 private:
  explicit PinPad(uint32_t verify) : verify_(verify) {}
  // The reader's control code.
  uint32_t verify_;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_PIN_PAD_H_
