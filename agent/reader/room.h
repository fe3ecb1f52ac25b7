#ifndef MADOGUCHI_AGENT_READER_ROOM_H_
#define MADOGUCHI_AGENT_READER_ROOM_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"
#include "agent/reader/card_certificate.h"
#include "agent/reader/jpki.h"
#include "agent/reader/monitor.h"
#include "agent/reader/pin.h"

namespace madoguchi::reader {

struct OpenOptions {
  // Also reads the label that tells a plastic card from a phone: an exchange more. Without it, it
  // is read only when the certificate has no root of ours, to tell an old card (MDG-2106).
  bool label = false;
};

// What can be known of a card without its PIN.
struct CardFacts {
  // When the label was read.
  std::optional<TokenKind> kind;
  // For user authentication, DER.
  std::string certificate;
  // Of the certificate: OK or MDG-2108 to 2111.
  absl::Status check;
  // Of the PIN; 0: blocked, or a card without PIN.
  int attempts_left = 0;
  // The reader has a key pad and verifies there.
  bool pin_pad = false;
  // What works with this reader as far as known.
  bool extended_length = false;
  bool short_ids = false;
  // In this session, so far.
  int exchanges = 0;
  absl::Duration took;
};

// A card that has proven who holds it.
struct CardProof {
  // For user authentication, DER.
  std::string certificate;
  // Over LoginChallenge::Bytes(), checked against the certificate.
  std::string signature;
  // Of the whole session.
  int exchanges = 0;
  // Of this call.
  absl::Duration took;
};

struct AuthenticateResult {
  absl::StatusOr<CardProof> proof;
  // Of the PIN, where it is known; else -1.
  int attempts_left = -1;
  // The session is still there for another PIN.
  bool open = false;
};

struct RoomReader {
  ReaderFacts facts;
  // A call of the card service has not come back.
  bool stuck = false;
  // Who has its card open; empty: nobody.
  std::string holder;
};
struct RoomState {
  // OK, or MDG-2102.
  absl::Status service;
  // By name; also those that no rule gives to a counter.
  std::vector<RoomReader> readers;
};

struct RoomOptions {
  std::vector<ReaderRule> rules;
  CardTrust trust;
  // What does not come back by then is stuck.
  absl::Duration exchange_within = absl::Seconds(10);
  // How long a card that was just seen may take until it can be used: the service powers it first.
  absl::Duration connect_within = absl::Seconds(2);
  // See MonitorOptions.
  absl::Duration retry = absl::Seconds(1);
};

// Every reader of a counter, each with a thread and a connection to the card service of its own, so
// that none waits for another; and at most one session with a card for each, of one holder.
// Thread-safe but for Start() and Stop(). Functions given here are called on threads of the room,
// without any of its locks, must not block, and are not called any more when Stop() has returned.
class ReaderRoom {
 public:
  using OpenDone = std::function<void(absl::StatusOr<CardFacts>)>;
  using AuthenticateDone = std::function<void(AuthenticateResult)>;
  // The card of an open session went away, was swapped, or its reader did, while nothing was under
  // way with it: the session is over. MDG-2104, 2101, 2102.
  using OnLost = std::function<void(const std::string& holder, absl::Status why)>;

  // `on_change`: something in State() changed. `clock`, for the dates of certificates, outlives
  // this.
  ReaderRoom(RoomOptions options, const base::Clock& clock, std::function<void()> on_change,
             OnLost on_lost);
  // Stops.
  ~ReaderRoom();
  ReaderRoom(const ReaderRoom&) = delete;
  ReaderRoom& operator=(const ReaderRoom&) = delete;

  void Start();
  // Lets what is under way come to its end, answers what waits with MDG-1004, ends all sessions. A
  // call of the card service that does not come back within `patience` is left behind, its caller
  // answered: false. Idempotent. Afterwards everything is answered with MDG-1004 on the caller's
  // thread.
  bool Stop(absl::Duration patience);

  // From memory.
  RoomState State() const;

  // In the following, `reader` is a stable name, `holder` a reception or another name, not empty.
  // `done` is called exactly once. What is asked of one reader is done in order.

  // Reads everything short of the PIN and keeps the session open: connection and transaction, so
  // that no other program comes in between. MDG-2101, 2102, 2103, 2104, 2105, 2106, 2107, 2118,
  // 2119 (held by another program or by the holder in the text), 2120; then nothing is left open. A
  // certificate that does not check is no error here.
  void Open(const std::string& reader, const std::string& holder, const OpenDone& done,
            OpenOptions options = {});
  // Sends the PIN once, has the challenge signed once, checks the signature; then powers the card
  // off and ends the session, before `done`. It stays open only after a wrong PIN (MDG-2112) and
  // when nothing was sent (2115). Otherwise 2104 (also: no session of this holder), 2113, 2116
  // (whether the attempt counted is not known), 2117, 2118, 2120, or what the check of the
  // certificate said: nothing is sent to such a card.
  void Authenticate(const std::string& reader, const std::string& holder, Pin pin, bool spend_last,
                    const LoginChallenge& challenge, const AuthenticateDone& done);
  // The same with the PIN typed on the reader's key pad. Also MDG-2122 (nothing typed) and 2123 (no
  // pad), after which the session stays open, too.
  void AuthenticateOnPad(const std::string& reader, const std::string& holder, bool spend_last,
                         const LoginChallenge& challenge, const AuthenticateDone& done);
  // Ends the session of `holder`; no effect when it has none. A card that was sent a PIN is powered
  // off. `done` when the reader is free, or stuck.
  void Close(const std::string& reader, const std::string& holder,
             const std::function<void()>& done);

 private:
  class Core;
  const std::shared_ptr<Core> core_;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_ROOM_H_
