#include "agent/client/resuming_watch.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "agent/client/channel.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"

namespace madoguchi::client {
namespace {

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

ResumingWatch::ResumingWatch(std::shared_ptr<grpc::Channel> channel,
                             v1::WatchReceptionsRequest request)
    : channel_(std::move(channel)), request_(std::move(request)) {}

void ResumingWatch::Stop() {
  absl::MutexLock lock(&mu_);
  stopped_ = true;
  stopped_cv_.SignalAll();
  if (context_ != nullptr) context_->TryCancel();
}

bool ResumingWatch::Follow(const MessageFn& message, absl::Status& ended) {
  grpc::ClientContext context;
  context.set_wait_for_ready(false);
  {
    absl::MutexLock lock(&mu_);
    if (stopped_) return false;
    context_ = &context;
  }
  const auto stub = v1::ReceptionService::NewStub(channel_);
  const auto stream = stub->WatchReceptions(&context, request_);
  v1::WatchReceptionsResponse response;
  bool delivered = false;
  bool wanted = true;
  while (wanted && stream->Read(&response)) {
    delivered = true;
    wanted = message(response);
    // From here on: after what has just been dealt with, whatever the start was.
    request_.set_after_cursor(response.cursor());
  }
  if (!wanted) context.TryCancel();
  const absl::Status status = FromGrpc(stream->Finish());
  absl::MutexLock lock(&mu_);
  context_ = nullptr;
  if (!wanted) stopped_ = true;
  ended = status;
  return delivered;
}

bool ResumingWatch::Pause(int failures) {
  const absl::Duration pause =
      std::min(absl::Milliseconds(100) * (1 << std::min(failures, 5)), absl::Seconds(2));
  const absl::Time until = absl::Now() + pause;
  absl::MutexLock lock(&mu_);
  while (!stopped_ && !stopped_cv_.WaitWithDeadline(&mu_, until)) {
  }
  return !stopped_;
}

absl::Status ResumingWatch::Run(const MessageFn& message, const TroubleFn& trouble) {
  int failures = 0;
  for (;;) {
    absl::Status ended;
    failures = Follow(message, ended) ? 0 : failures + 1;
    {
      absl::MutexLock lock(&mu_);
      if (stopped_) return absl::OkStatus();
    }
    if (!WorthTryingAgain(ended)) return ended;
    if (trouble) trouble(ended);
    if (!Pause(failures)) return absl::OkStatus();
  }
}

}  // namespace madoguchi::client
