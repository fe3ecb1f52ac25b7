#ifndef MADOGUCHI_AGENT_RPC_RECEPTION_SOURCE_H_
#define MADOGUCHI_AGENT_RPC_RECEPTION_SOURCE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "agent/reception/desk.h"
#include "agent/rpc/watcher.h"
#include "madoguchi/v1/reception_service.pb.h"

namespace madoguchi::rpc {

// Serialised WatchReceptionsResponses. A thousand watchers at the tail send the same bytes: they
// are made once. Thread-safe.
class EventMessages {
 public:
  explicit EventMessages(const reception::Desk& desk) : desk_(desk) {}

  WireMessage OfEvent(const reception::Event& event, bool caught_up);
  // Without a reception; always caught up.
  WireMessage OfPosition(int64_t number);

 private:
  const reception::Desk& desk_;
  absl::Mutex mu_;
  // The last one made.
  int64_t number_ ABSL_GUARDED_BY(mu_) = -1;
  bool caught_up_ ABSL_GUARDED_BY(mu_) = false;
  WireMessage message_ ABSL_GUARDED_BY(mu_);
};

// Which receptions the caller may see and asked for.
reception::Filter FilterOf(const reception::Caller& caller,
                           const v1::WatchReceptionsRequest& request);

// What WatchReceptions sends: everything after a position, from the board as far as that reaches
// back, from the store before that.
class ReceptionSource final : public WatchSource {
 public:
  // `desk` and `messages` outlive it. Errors of Desk::ParseCursor pass through.
  static absl::StatusOr<std::unique_ptr<ReceptionSource>> Make(
      const reception::Desk& desk, EventMessages& messages, const reception::Caller& caller,
      const v1::WatchReceptionsRequest& request, absl::Time now);

  Step Next(bool heartbeat) override;
  absl::Status Read() override;
  bool WantsEvents() const override { return true; }

 private:
  ReceptionSource(const reception::Desk& desk, EventMessages& messages, reception::Filter filter);
  // The rule of start = today: what was already there counts only when it was opened today.
  bool Wanted(const reception::Event& event) const;
  Step Send(const reception::Event& event);
  Step AtTail(int64_t head, bool heartbeat);

  const reception::Desk& desk_;
  EventMessages& messages_;
  const reception::Filter filter_;
  // Everything up to here was sent or is not wanted.
  int64_t cursor_ = 0;
  // Events up to this number are wanted only when their reception was opened on `today_`.
  int64_t today_until_ = 0;
  absl::CivilDay today_;
  // Read ahead from the store, and how far the store was looked through.
  std::deque<reception::Event> page_;
  int64_t page_until_ = 0;
  bool caught_up_ = false;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_RECEPTION_SOURCE_H_
