#ifndef MADOGUCHI_AGENT_ELIGIBILITY_TERMINAL_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_TERMINAL_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "madoguchi/v1/system_service.pb.h"

namespace madoguchi::eligibility {

// One `[[terminal]]` of the configuration.
struct TerminalConfig {
  std::string name;
  std::string counter;
  // Absolute paths. `face` is watched; `extra_folders` (e.g. an EMR's `trash`) are where a file
  // that vanished from `face` is looked for, and are read as a whole at each rescan too.
  std::string face;
  std::vector<std::string> extra_folders;
  absl::Duration rescan = absl::Seconds(1);
  // A call on the share that takes longer than this makes the terminal OFFLINE (MDG-1203).
  absl::Duration hang_after = absl::Seconds(5);
  // A file that stays without its closing tag this long is a problem (MDG-1207); it is still taken
  // when it is completed later.
  absl::Duration incomplete_after = absl::Seconds(10);
};

// A card read on the official reader, as a terminal delivered it.
struct FacePush {
  std::string terminal;
  std::string counter;
  // 32 bytes, SHA-256 over name and content: the same read is the same key wherever it is found.
  std::string key;
  // Safe to print (control characters escaped).
  std::string file_name;
  absl::Time seen_at;
  // Without ids; received_at is set to seen_at.
  v1::Confirmation confirmation;
};

// Called on the terminal's thread. `done` is called exactly once, from any thread, with OK when the
// push is on disk (or was there before); any other status makes the terminal offer the same push
// again later, from memory, until it is.
using FacePushSink = std::function<void(FacePush push, std::function<void(absl::Status)> done)>;

// Watches the folders of one terminal on a thread of its own: file events and rescan. Opens only
// regular files below the configured folders (no links), never locks, moves, writes or deletes.
class Terminal {
 public:
  // `on_change` is called from the terminal's thread when Status() has something new. `clock`, the
  // sink and `on_change` outlive Stop() - also of a thread that had to be abandoned.
  Terminal(TerminalConfig config, const std::string& medical_institution_code, base::Clock& clock,
           FacePushSink sink, std::function<void()> on_change);
  // Stops.
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void Start();
  // Waits at most `patience` for the thread; one that hangs in a call on the share is abandoned
  // (it owns what it needs and touches nothing else). Returns whether it ended.
  bool Stop(absl::Duration patience);

  // Any thread; never touches the share, so it answers also while the share hangs.
  v1::ConnectionStatus Status() const;
  // OQS's clock minus ours as seen in the newest face file, zero before the first.
  absl::Duration ClockSkew() const;
  // Pushes in memory that are not on disk yet.
  int Waiting() const;

 private:
  class Worker;
  std::shared_ptr<Worker> worker_;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_TERMINAL_H_
