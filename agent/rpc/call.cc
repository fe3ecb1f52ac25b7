#include "agent/rpc/call.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/time.h"
#include "agent/base/error.h"
#include "agent/rpc/status_map.h"
#include "agent/rpc/wire_check.h"

namespace madoguchi::rpc {
namespace {

grpc::Status Serialise(const google::protobuf::MessageLite& message, grpc::ByteBuffer& out) {
  bool own = false;
  return grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::MessageLite>(message,
                                                                                        &out, &own);
}

}  // namespace

absl::Duration Allowed(const grpc::CallbackServerContext& context, absl::Duration longest) {
  const auto left = context.deadline() - std::chrono::system_clock::now();
  if (left > std::chrono::hours(1)) return longest;
  const absl::Duration client = absl::FromChrono(left);
  const absl::Duration margin =
      std::clamp(client / 10, absl::Milliseconds(5), absl::Milliseconds(500));
  return std::clamp(client - margin, absl::ZeroDuration(), longest);
}

absl::Status Parse(const grpc::ByteBuffer& bytes, google::protobuf::Message& request) {
  if (bytes.Length() == 0) return absl::OkStatus();
  if (bytes.Length() > kMostRequestBytes) {
    return ParseRequest(std::string(kMostRequestBytes + 1, '\0'), request);
  }
  grpc::Slice slice;
  if (!bytes.DumpToSingleSlice(&slice).ok()) {
    return base::MakeError(base::ErrorCode::kInvalidField, {.what = "the request cannot be read"});
  }
  return ParseRequest({reinterpret_cast<const char*>(slice.begin()), slice.size()}, request);
}

grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context, grpc::ByteBuffer* response,
                                const google::protobuf::MessageLite& message) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(Serialise(message, *response));
  return reactor;
}

grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, const absl::Status& status) {
  auto* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

std::shared_ptr<PendingCall> PendingCall::Begin(grpc::CallbackServerContext* context,
                                                grpc::ByteBuffer* response, base::Clock& clock,
                                                base::Executor& timers, absl::Duration longest) {
  auto call = std::shared_ptr<PendingCall>(new PendingCall(response, timers));
  absl::MutexLock lock(&call->mu_);
  call->self_ = call;
  call->timer_ =
      timers.PostAt(clock.Now() + Allowed(*context, longest), [weak = call->weak_from_this()] {
        if (const auto late = weak.lock()) {
          late->Refuse(base::MakeError(base::ErrorCode::kTookTooLong));
        }
      });
  return call;
}

bool PendingCall::Take() {
  absl::MutexLock lock(&mu_);
  if (answered_) return false;
  answered_ = true;
  timers_.Cancel(timer_);
  return true;
}

// Until the first has called Finish gRPC cannot be done, so the response is still there.
void PendingCall::Reply(const google::protobuf::MessageLite& message) {
  if (Take()) Finish(Serialise(message, *response_));
}

void PendingCall::Refuse(const absl::Status& status) {
  if (Take()) Finish(ToGrpc(status));
}

bool PendingCall::Answered() {
  absl::MutexLock lock(&mu_);
  return answered_;
}

void PendingCall::OnCancel() {
  if (Take()) Finish(grpc::Status::CANCELLED);
}

void PendingCall::OnDone() {
  std::shared_ptr<PendingCall> last;
  absl::MutexLock lock(&mu_);
  last = std::move(self_);
}

WatchReactor* WatchReactor::Serve(grpc::CallbackServerContext* context, WatchHub& hub,
                                  const std::string& identity,
                                  std::unique_ptr<WatchSource> source) {
  auto* reactor = new WatchReactor(context);
  auto watcher = hub.Open(identity, std::move(source), reactor);
  if (!watcher.ok()) {
    reactor->ServerWriteReactor::Finish(ToGrpc(watcher.status()));
    return reactor;
  }
  reactor->watcher_ = *watcher;
  // At once, so that the client knows that the stream stands.
  reactor->StartSendInitialMetadata();
  (*watcher)->Start();
  return reactor;
}

WatchReactor* WatchReactor::Refused(const absl::Status& status) {
  auto* reactor = new WatchReactor(nullptr);
  reactor->ServerWriteReactor::Finish(ToGrpc(status));
  return reactor;
}

// The copies of watcher_: what it does may end the stream, and OnDone the reactor, before it
// returns.
void WatchReactor::OnWriteDone(bool ok) {
  const auto watcher = watcher_;
  watcher->OnWriteDone(ok);
}

void WatchReactor::OnCancel() {
  const auto watcher = watcher_;
  if (watcher != nullptr) watcher->OnCancel();
}

void WatchReactor::OnDone() {
  if (watcher_ != nullptr) watcher_->OnDone();
  delete this;
}

void WatchReactor::Write(WireMessage message) {
  grpc::Slice slice(*message);
  buffer_ = grpc::ByteBuffer(&slice, 1);
  StartWrite(&buffer_);
}

void WatchReactor::Finish(const absl::Status& status) {
  ServerWriteReactor::Finish(ToGrpc(status));
}

void WatchReactor::Abort() { context_->TryCancel(); }

}  // namespace madoguchi::rpc
