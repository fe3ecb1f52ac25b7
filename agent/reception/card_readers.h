#ifndef MADOGUCHI_AGENT_RECEPTION_CARD_READERS_H_
#define MADOGUCHI_AGENT_RECEPTION_CARD_READERS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "agent/oqs/web_assumed.h"
#include "agent/reader/room.h"
#include "madoguchi/v1/reception.pb.h"

// What the desk asks of the card readers for a check-in at an own reader. Every
// function returns at once, on any thread; what is called back, is called once, on any thread.
namespace madoguchi::reception {

// A PIN on its way to the card.
struct SealedPin {
  // Empty: it is typed on the reader's key pad.
  std::string sealed;
  std::string key_id;
  // The patient wants to spend the last attempt.
  bool spend_last = false;
  oqs::LoginChallenge challenge;
};

struct CardReaders {
  struct Now {
    std::string counter;
    // Grows with every card; 0: there is none to be read.
    uint32_t card = 0;
  };
  // From memory. MDG-2101 for a reader that is not there or belongs to no counter, 2102.
  std::function<absl::StatusOr<Now>(const std::string& reader)> find;
  // These three as ReaderRoom::Open, Authenticate and Close; the holder is a reception's id. Of a
  // sealed PIN also MDG-2114 and 2121: nothing was sent, the session stays open.
  std::function<void(const std::string& reader, const std::string& holder,
                     reader::ReaderRoom::OpenDone done)>
      open;
  std::function<void(const std::string& reader, const std::string& holder, const SealedPin& pin,
                     reader::ReaderRoom::AuthenticateDone done)>
      prove;
  std::function<void(const std::string& reader, const std::string& holder)> close;
  // A new key for one PIN; and one that is not needed any more.
  std::function<absl::StatusOr<v1::PinKey>()> new_key;
  std::function<void(const std::string& key_id)> drop_key;
};

}  // namespace madoguchi::reception

#endif  // MADOGUCHI_AGENT_RECEPTION_CARD_READERS_H_
