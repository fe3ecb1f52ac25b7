#ifndef MADOGUCHI_AGENT_RPC_WATCHER_H_
#define MADOGUCHI_AGENT_RPC_WATCHER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace madoguchi::rpc {

class WatchHub;

// A serialised message; shared, because many streams send the same one.
using WireMessage = std::shared_ptr<const std::string>;

// What one stream has to say. Called by one thread at a time.
class WatchSource {
 public:
  enum class Need {
    // Send `message`, then ask again.
    kSend,
    // Call Read on a thread that may block, then ask again.
    kRead,
    // Much was looked at and nothing found: let others go first, then ask again.
    kYield,
    // Ask again when something has changed.
    kWait,
  };
  struct Step {
    Need need = Need::kWait;
    WireMessage message;
  };

  virtual ~WatchSource() = default;
  // From memory only. `heartbeat`: the client must hear something now.
  virtual Step Next(bool heartbeat) = 0;
  // May block on the disk. An error ends the stream.
  virtual absl::Status Read() = 0;
  // Whether events of the desk make it worth asking Next again, or only changes of the status.
  virtual bool WantsEvents() const = 0;
};

// The transport under a stream. Write and Finish are called by one thread at a time.
class WatchWire {
 public:
  virtual ~WatchWire() = default;
  // Answered by Watcher::OnWriteDone, from any thread.
  virtual void Write(WireMessage message) = 0;
  // Exactly once, with no write under way; answered by Watcher::OnDone.
  virtual void Finish(const absl::Status& status) = 0;
  // Breaks the connection of this stream: a write under way ends. Any thread.
  virtual void Abort() = 0;
};

// One open stream: at any time one thread works out what to send, or one message is under way, or
// a page is being read, or it waits at the tail. Everybody who wants something of it leaves word
// and the one whose turn it is acts on it, so that a stream has no queue and Finish happens once.
class Watcher : public std::enable_shared_from_this<Watcher> {
 public:
  // `hub` outlives the watcher's OnDone; `wire` lives until then.
  Watcher(WatchHub& hub, std::string identity, std::unique_ptr<WatchSource> source,
          WatchWire* wire);

  // Begins to send; once.
  void Start();

  // From the hub, any thread: something may be new.
  void Wake();
  // From the hub's timer: heartbeat, or a write that is stuck.
  void Tick();
  // Ends the stream with `status` as soon as no write is under way.
  void End(const absl::Status& status);
  // Breaks the stream if it has not ended yet.
  void Abort();

  // From the transport.
  void OnWriteDone(bool ok);
  void OnCancel();
  // The last call; the wire is gone after it.
  void OnDone();

  const std::string& identity() const { return identity_; }
  bool WantsEvents() const { return source_->WantsEvents(); }

 private:
  enum class State { kTurn, kWriting, kReading, kWaiting, kFinishing, kDone };

  // The turn: runs until it is given away. Only by the thread that set kTurn.
  void Run();
  bool FinishIfEnded();
  // Each returns whether the turn was given away.
  bool Send(WireMessage message);
  bool Read();
  bool Yield();
  bool Wait();
  // Takes the turn when the watcher waits; otherwise whoever has it looks once more.
  bool TakeTurn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ArmTimer(absl::Time at);

  WatchHub& hub_;
  const std::string identity_;
  const std::unique_ptr<WatchSource> source_;

  absl::Mutex mu_;
  WatchWire* wire_ ABSL_GUARDED_BY(mu_);
  State state_ ABSL_GUARDED_BY(mu_) = State::kTurn;
  // Something changed while somebody had the turn.
  bool again_ ABSL_GUARDED_BY(mu_) = false;
  bool heartbeat_ ABSL_GUARDED_BY(mu_) = false;
  bool aborted_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mu_);
  absl::Time last_write_ ABSL_GUARDED_BY(mu_);
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_WATCHER_H_
