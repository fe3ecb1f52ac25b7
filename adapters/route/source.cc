#include "adapters/route/source.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <utility>

#include "agent/base/error.h"
#include "agent/client/channel.h"
#include "madoguchi/v1/export_service.grpc.pb.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"

namespace madoguchi::adapters {

// A call that Stop can end.
class DaemonSource::Call {
 public:
  Call(DaemonSource& source, absl::Time deadline) : source_(source) {
    context_.set_deadline(absl::ToChronoTime(deadline));
    absl::MutexLock lock(&source_.mu_);
    source_.context_ = &context_;
    if (source_.stopped_) context_.TryCancel();
  }
  ~Call() {
    absl::MutexLock lock(&source_.mu_);
    source_.context_ = nullptr;
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  grpc::ClientContext* get() { return &context_; }

 private:
  DaemonSource& source_;
  grpc::ClientContext context_;
};

absl::StatusOr<v1::Reception> DaemonSource::Get(const std::string& reception_id,
                                                absl::Time deadline) {
  Call call(*this, deadline);
  v1::GetReceptionRequest request;
  request.set_reception_id(reception_id);
  v1::GetReceptionResponse response;
  const auto stub = v1::ReceptionService::NewStub(channel_);
  MDG_RETURN_IF_ERROR(client::FromGrpc(stub->GetReception(call.get(), request, &response)));
  return std::move(*response.mutable_reception());
}

absl::StatusOr<v1::OqsMessage> DaemonSource::Record(const std::string& reception_id,
                                                    v1::ExportWhat what, absl::Time deadline) {
  Call call(*this, deadline);
  v1::ExportRecordRequest request;
  request.set_reception_id(reception_id);
  request.set_what(what);
  request.set_format(v1::EXPORT_FORMAT_OQS_MESSAGE);
  v1::ExportRecordResponse response;
  const auto stub = v1::ExportService::NewStub(channel_);
  MDG_RETURN_IF_ERROR(client::FromGrpc(stub->ExportRecord(call.get(), request, &response)));
  v1::OqsMessage message;
  if (!message.ParseFromString(response.body())) {
    return base::MakeError(base::ErrorCode::kInternal);
  }
  return message;
}

void DaemonSource::Stop() {
  absl::MutexLock lock(&mu_);
  stopped_ = true;
  if (context_ != nullptr) context_->TryCancel();
}

}  // namespace madoguchi::adapters
