#ifndef MADOGUCHI_AGENT_RPC_CALL_H_
#define MADOGUCHI_AGENT_RPC_CALL_H_

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/executor.h"
#include "agent/reception/desk.h"
#include "agent/rpc/admission.h"
#include "agent/rpc/validate.h"
#include "agent/rpc/watch_hub.h"
#include "google/protobuf/message.h"

// What the services share. Only for the .cc files of this room: it includes gRPC.
//
// Handlers are registered raw (bytes in, bytes out), because gRPC's own parsing answers
// UNIMPLEMENTED to a request with bytes that are not UTF-8, and names no field.
namespace madoguchi::rpc {

// What every service works with. Everything outlives the service.
struct ServiceContext {
  const Admission& admission;
  reception::Desk& desk;
  audit::Trail& trail;
  const std::vector<std::string>& counters;
  WatchHub& hub;
  base::Clock& clock;
  // What blocks on the disk.
  base::Executor& read;
  // Ends calls that take too long.
  base::Executor& timers;
};

// Parses the bytes of a request; errors as in wire_check.h.
absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message& request);

// The beginning of every call that has a request to check: who calls, then the form of the request.
template <typename Request>
absl::StatusOr<reception::Caller> Enter(const ServiceContext& service,
                                        const grpc::CallbackServerContext& context,
                                        absl::string_view method, const grpc::ByteBuffer& bytes,
                                        Request& request) {
  auto caller = service.admission.Admit(context, method);
  if (!caller.ok()) return caller;
  MDG_RETURN_IF_ERROR(Parse(bytes, request));
  const absl::Status valid = Validate(request, {.caller = *caller, .counters = service.counters});
  if (!valid.ok()) return service.admission.Refusal(*caller, method, valid);
  return caller;
}

// Answers a call at once.
grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context, grpc::ByteBuffer* response,
                                const google::protobuf::MessageLite& message);
grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, const absl::Status& status);

// A call nobody limits, and the longest anybody may wait, unless the request says more.
inline constexpr absl::Duration kLongestCall = absl::Seconds(30);

// The desk is asked to answer this much earlier than the call is cut, so that its answer, which
// says more, is the first.
inline constexpr absl::Duration kAhead = absl::Milliseconds(50);

// How long the daemon may take: a tenth less than the client waits, so that the reason arrives; at
// most `longest`.
absl::Duration Allowed(const grpc::CallbackServerContext& context, absl::Duration longest);

// A call whose answer comes from another thread: answered once, by whoever is first of the answer,
// the client's cancellation, and the daemon's own time limit (MDG-1008), which ends a little before
// the client's deadline so that the client hears a reason.
class PendingCall final : public grpc::ServerUnaryReactor,
                          public std::enable_shared_from_this<PendingCall> {
 public:
  // `response` is the call's.
  static std::shared_ptr<PendingCall> Begin(grpc::CallbackServerContext* context,
                                            grpc::ByteBuffer* response, base::Clock& clock,
                                            base::Executor& timers,
                                            absl::Duration longest = kLongestCall);

  // Any thread; all but the first of these do nothing.
  void Reply(const google::protobuf::MessageLite& message);
  void Refuse(const absl::Status& status);

  // Any thread. Nobody waits for an answer any more.
  bool Answered();

  void OnCancel() override;
  void OnDone() override;

 private:
  PendingCall(grpc::ByteBuffer* response, base::Executor& timers)
      : response_(response), timers_(timers) {}
  // True for the first.
  bool Take();

  grpc::ByteBuffer* const response_;
  base::Executor& timers_;
  absl::Mutex mu_;
  bool answered_ ABSL_GUARDED_BY(mu_) = false;
  base::Executor::TimerId timer_ ABSL_GUARDED_BY(mu_) = 0;
  // Keeps the call while gRPC uses it.
  std::shared_ptr<PendingCall> self_ ABSL_GUARDED_BY(mu_);
};

// A stream under a Watcher, or one that was refused at once.
class WatchReactor final : public grpc::ServerWriteReactor<grpc::ByteBuffer>, private WatchWire {
 public:
  // Deletes itself when the stream has ended.
  static WatchReactor* Serve(grpc::CallbackServerContext* context, WatchHub& hub,
                             const std::string& identity, std::unique_ptr<WatchSource> source);
  static WatchReactor* Refused(const absl::Status& status);

 private:
  explicit WatchReactor(grpc::CallbackServerContext* context) : context_(context) {}
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void Write(WireMessage message) override;
  void Finish(const absl::Status& status) override;
  void Abort() override;

  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer buffer_;
  std::shared_ptr<Watcher> watcher_;
};

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_CALL_H_
