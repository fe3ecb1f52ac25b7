#ifndef MADOGUCHI_AGENT_CLIENT_RESUMING_WATCH_H_
#define MADOGUCHI_AGENT_CLIENT_RESUMING_WATCH_H_

#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "madoguchi/v1/reception_service.pb.h"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc

namespace madoguchi::client {

// Watches receptions and comes back by itself, from the last cursor, when the daemon was away:
// every reception's last snapshot is delivered, none is lost. A daemon that says nothing for three
// heartbeats counts as away. Run blocks the thread it is called on; Stop may come from any thread,
// once or more.
class ResumingWatch {
 public:
  // `message` gets everything as it comes, heartbeats included; false ends the watch. `trouble` is
  // told each time the daemon was lost or nothing could be had, before the next try; may be empty.
  using MessageFn = std::function<bool(const v1::WatchReceptionsResponse&)>;
  using TroubleFn = std::function<void(const absl::Status&)>;

  // `request` says where to begin and what to filter.
  ResumingWatch(std::shared_ptr<grpc::Channel> channel, v1::WatchReceptionsRequest request);

  // OK when stopped or ended by `message`. An error that trying again does not mend (not allowed,
  // malformed) ends it too. When the cursor is too old or of another database (MDG-1003), today's
  // receptions are listed and delivered, each in a message with the cursor to go on from, and the
  // watch goes on; `trouble` hears of it, because what came before today may have been missed.
  absl::Status Run(const MessageFn& message, const TroubleFn& trouble);
  void Stop();

 private:
  class Stream;

  // One stream, until it breaks. True when it delivered something.
  bool Follow(const MessageFn& message, absl::Status& ended);
  // Today's receptions, page by page, and a cursor behind them.
  absl::Status List(const MessageFn& message);
  // Whether the watch goes on after what `message` said.
  bool Deliver(const MessageFn& message, const v1::WatchReceptionsResponse& response);
  bool Matches(const v1::Reception& reception) const;
  bool Stopped();
  // Ends early when stopped meanwhile.
  void Pause(int failures);

  const std::shared_ptr<grpc::Channel> channel_;
  v1::WatchReceptionsRequest request_;
  absl::Mutex mu_;
  absl::CondVar cv_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  grpc::ClientContext* context_ ABSL_GUARDED_BY(mu_) = nullptr;
};

}  // namespace madoguchi::client

#endif  // MADOGUCHI_AGENT_CLIENT_RESUMING_WATCH_H_
