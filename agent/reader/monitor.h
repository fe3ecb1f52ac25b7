#ifndef MADOGUCHI_AGENT_READER_MONITOR_H_
#define MADOGUCHI_AGENT_READER_MONITOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace madoguchi::reader {

// Whose a reader is: the first rule that fits its name counts. `*` at the end stands for any rest,
// so that `*` alone catches every reader. A reader that no rule names is nobody's and is left
// alone: "the first reader" is never assumed (virtual-reader 6.6).
struct ReaderRule {
  std::string match;
  std::string counter;
};

// A reader as it is now.
struct ReaderFacts {
  // Stable as long as readers of its kind stay the same: the numbers that the card service adds to
  // the name count only when several would have the same name.
  std::string name;
  // For the card service.
  std::string service_name;
  // Empty: nobody's.
  std::string counter;
  enum class State {
    kEmpty,
    kCard,
    // A card that another program holds alone.
    kBusy,
    // It is there but does not work: a card that does not answer, a reader without power.
    kTrouble,
  };
  State state = State::kEmpty;
  // Grows with every card: one that went and came back between two looks is another card.
  uint32_t card = 0;
  bool operator==(const ReaderFacts& other) const = default;
};

// Every reader, by name; and whether the card service is there at all.
struct ReaderList {
  // OK, or MDG-2102.
  absl::Status service;
  std::vector<ReaderFacts> readers;
};

// The name a rule and a person use, for the names the card service has.
std::vector<std::string> StableNames(const std::vector<std::string>& service_names);
// The counter of a reader; empty when no rule fits.
std::string CounterOf(absl::string_view name, const std::vector<ReaderRule>& rules);

struct MonitorOptions {
  std::vector<ReaderRule> rules;
  // How long to wait for a card service that is not there. Short: it costs a failed connect.
  absl::Duration retry = absl::Seconds(1);
};

// Watches the card service on a thread of its own, through its starts, deaths and restarts, and
// readers that come and go. Never touches a card, which could hold it up.
class ReaderMonitor {
 public:
  // `on_change` is called on the monitor's thread with the whole new list; it must not block.
  ReaderMonitor(MonitorOptions options, std::function<void(const ReaderList&)> on_change);
  // Stops.
  ~ReaderMonitor();
  ReaderMonitor(const ReaderMonitor&) = delete;
  ReaderMonitor& operator=(const ReaderMonitor&) = delete;

  void Start();
  // Wakes the thread and waits for it; a card service that hangs is left behind after `patience`:
  // false. Idempotent.
  bool Stop(absl::Duration patience);

  // From memory, any thread.
  ReaderList List() const;

 private:
  class Worker;
  std::shared_ptr<Worker> worker_;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_MONITOR_H_
