#include "agent/client/resuming_watch.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "agent/base/error.h"
#include "agent/client/channel.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"

namespace madoguchi::client {
namespace {

// The daemon says something every 15 s.
constexpr absl::Duration kSilence = absl::Seconds(45);
constexpr std::chrono::seconds kListDeadline{20};

bool WorthTryingAgain(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return true;
    default:
      return false;
  }
}

}  // namespace

// One call: gRPC's thread hands over one message at a time to the thread that runs the watch, which
// can so wait with a deadline.
class ResumingWatch::Stream final : public grpc::ClientReadReactor<v1::WatchReceptionsResponse> {
 public:
  explicit Stream(grpc::ClientContext* context) : context_(context) {}

  void Begin(v1::ReceptionService::Stub& stub, const v1::WatchReceptionsRequest& request) {
    stub.async()->WatchReceptions(context_, &request, this);
    // Reads are started from outside gRPC's callbacks: until End the call must not be done.
    AddHold();
    StartRead(&message_);
    StartCall();
  }

  // The next message, valid until Ask; nullptr when the stream has ended or nothing came in time
  // (it is cancelled then).
  const v1::WatchReceptionsResponse* Wait() {
    const absl::Time deadline = absl::Now() + kSilence;
    absl::MutexLock lock(&mu_);
    while (!here_ && !over_) {
      if (cv_.WaitWithDeadline(&mu_, deadline) && !here_ && !over_) {
        context_->TryCancel();
        return nullptr;
      }
    }
    if (!here_) return nullptr;
    here_ = false;
    return &message_;
  }
  void Ask() { StartRead(&message_); }
  // How it ended; after Wait gave nullptr, once.
  grpc::Status End() {
    RemoveHold();
    absl::MutexLock lock(&mu_);
    while (!done_) cv_.Wait(&mu_);
    return status_;
  }

  void OnReadDone(bool ok) override {
    absl::MutexLock lock(&mu_);
    here_ = ok;
    over_ = !ok;
    cv_.SignalAll();
  }
  void OnDone(const grpc::Status& status) override {
    absl::MutexLock lock(&mu_);
    done_ = true;
    status_ = status;
    cv_.SignalAll();
  }

 private:
  grpc::ClientContext* const context_;
  v1::WatchReceptionsResponse message_;
  absl::Mutex mu_;
  absl::CondVar cv_;
  bool here_ ABSL_GUARDED_BY(mu_) = false;
  bool over_ ABSL_GUARDED_BY(mu_) = false;
  bool done_ ABSL_GUARDED_BY(mu_) = false;
  grpc::Status status_ ABSL_GUARDED_BY(mu_);
};

ResumingWatch::ResumingWatch(std::shared_ptr<grpc::Channel> channel,
                             v1::WatchReceptionsRequest request)
    : channel_(std::move(channel)), request_(std::move(request)) {}

void ResumingWatch::Stop() {
  absl::MutexLock lock(&mu_);
  stopped_ = true;
  cv_.SignalAll();
  if (context_ != nullptr) context_->TryCancel();
}

bool ResumingWatch::Stopped() {
  absl::MutexLock lock(&mu_);
  return stopped_;
}

bool ResumingWatch::Deliver(const MessageFn& message, const v1::WatchReceptionsResponse& response) {
  const bool wanted = message(response);
  // From here on: after what has just been dealt with, whatever the start was.
  request_.set_after_cursor(response.cursor());
  if (wanted) return true;
  absl::MutexLock lock(&mu_);
  stopped_ = true;
  return false;
}

bool ResumingWatch::Follow(const MessageFn& message, absl::Status& ended) {
  grpc::ClientContext context;
  {
    absl::MutexLock lock(&mu_);
    if (stopped_) return false;
    context_ = &context;
  }
  const auto stub = v1::ReceptionService::NewStub(channel_);
  Stream stream(&context);
  // The request outlives the call: it is copied, because Deliver moves its cursor.
  const v1::WatchReceptionsRequest request = request_;
  stream.Begin(*stub, request);
  bool delivered = false;
  while (const auto* response = stream.Wait()) {
    delivered = true;
    if (!Deliver(message, *response)) context.TryCancel();
    stream.Ask();
  }
  ended = FromGrpc(stream.End());
  absl::MutexLock lock(&mu_);
  context_ = nullptr;
  return delivered;
}

bool ResumingWatch::Matches(const v1::Reception& reception) const {
  const auto wanted = [](const auto& list, const auto& value) {
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
  };
  return wanted(request_.counters(), reception.counter()) &&
         wanted(request_.states(), static_cast<int>(reception.state()));
}

absl::Status ResumingWatch::List(const MessageFn& message) {
  const auto stub = v1::ReceptionService::NewStub(channel_);
  v1::ListReceptionsRequest request;
  v1::ListReceptionsResponse page;
  do {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kListDeadline);
    MDG_RETURN_IF_ERROR(FromGrpc(stub->ListReceptions(&context, request, &page)));
    for (const v1::Reception& reception : page.receptions()) {
      if (!Matches(reception)) continue;
      v1::WatchReceptionsResponse response;
      response.set_cursor(page.cursor());
      *response.mutable_reception() = reception;
      if (Stopped() || !message(response)) {
        Stop();
        return absl::OkStatus();
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  // Only now: whoever breaks off before has to list again.
  request_.set_after_cursor(page.cursor());
  return absl::OkStatus();
}

void ResumingWatch::Pause(int failures) {
  const absl::Duration pause =
      std::min(absl::Milliseconds(100) * (1 << std::min(failures, 5)), absl::Seconds(2));
  const absl::Time until = absl::Now() + pause;
  absl::MutexLock lock(&mu_);
  while (!stopped_ && !cv_.WaitWithDeadline(&mu_, until)) {
  }
}

absl::Status ResumingWatch::Run(const MessageFn& message, const TroubleFn& trouble) {
  const auto tell = [&trouble](const absl::Status& status) {
    if (trouble) trouble(status);
  };
  int failures = 0;
  while (!Stopped()) {
    absl::Status ended;
    failures = Follow(message, ended) ? 0 : failures + 1;
    if (!Stopped() && base::Is(ended, base::ErrorCode::kCursorTooOld)) {
      tell(ended);
      ended = List(message);
      if (ended.ok()) continue;
    }
    if (Stopped()) break;
    if (!WorthTryingAgain(ended)) return ended;
    tell(ended);
    Pause(failures);
  }
  return absl::OkStatus();
}

}  // namespace madoguchi::client
