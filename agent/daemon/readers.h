#ifndef MADOGUCHI_AGENT_DAEMON_READERS_H_
#define MADOGUCHI_AGENT_DAEMON_READERS_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"
#include "agent/crypto/sealing_keys.h"
#include "agent/reader/room.h"
#include "agent/reception/card_readers.h"
#include "madoguchi/v1/system_service.pb.h"

namespace madoguchi::daemon {

// `[cards]` of the configuration: which cards are believed.
struct CardsConfig {
  // Absolute paths of the roots for user authentication (PEM or DER, one certificate a file).
  std::vector<std::string> roots;
  // Also cards of a test hierarchy: never where patients are received.
  bool test_hierarchy = false;
  // A reader that takes longer for one exchange counts as stuck.
  absl::Duration exchange_within = absl::Seconds(10);
  // Medical consents given at own readers count (assumption A20).
  bool medical_consent = false;
};

// The readers of `state` as clients see them: those of a counter, by name, and those of `rules`
// that name one which is not there.
v1::ListReadersResponse ReadersOf(const reader::RoomState& state,
                                  const std::vector<reader::ReaderRule>& rules);

// The card readers of this machine, wired to the services.
class Readers {
 public:
  // `clock` outlives this. `on_change`: List() may say something new; `on_lost`: see ReaderRoom.
  // MDG-1601 names a root that cannot be read.
  static absl::StatusOr<std::unique_ptr<Readers>> Make(const CardsConfig& config,
                                                       std::vector<reader::ReaderRule> rules,
                                                       base::Clock& clock,
                                                       std::function<void()> on_change,
                                                       reader::ReaderRoom::OnLost on_lost);

  // What the desk asks of it; outlives the desk's Stop.
  reception::CardReaders ForDesk();
  void Start() { room_.Start(); }
  // As ReaderRoom::Stop.
  bool Stop(absl::Duration patience) { return room_.Stop(patience); }

  // From memory, any thread.
  v1::ListReadersResponse List() const { return ReadersOf(room_.State(), rules_); }
  // Reads the card on `reader` but for the PIN and lets go of it. Any thread; `done` once, on a
  // thread of the room. Errors are those of ReaderRoom::Open.
  using TestDone = std::function<void(absl::StatusOr<v1::TestReaderResponse>)>;
  void Test(const std::string& reader, TestDone done);

 private:
  Readers(reader::RoomOptions options, base::Clock& clock, std::function<void()> on_change,
          reader::ReaderRoom::OnLost on_lost);

  absl::StatusOr<reception::CardReaders::Now> Find(const std::string& reader) const;
  void Prove(const std::string& reader, const std::string& holder, const reception::SealedPin& pin,
             const reader::ReaderRoom::AuthenticateDone& done);

  const std::vector<reader::ReaderRule> rules_;
  // Names the holder of a test, so that one cannot end another.
  std::atomic<int> tests_{0};
  crypto::SealingKeys keys_;
  // Last: its threads use what is above.
  reader::ReaderRoom room_;
};

}  // namespace madoguchi::daemon

#endif  // MADOGUCHI_AGENT_DAEMON_READERS_H_
