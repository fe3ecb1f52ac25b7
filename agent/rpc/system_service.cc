#include <memory>
#include <utility>

#include "agent/rpc/call.h"
#include "agent/rpc/services.h"
#include "madoguchi/v1/system_service.grpc.pb.h"

namespace madoguchi::rpc {
namespace {

using Service = v1::SystemService;
using RawService = Service::WithRawCallbackMethod_GetStatus<
    Service::WithRawCallbackMethod_WatchStatus<Service::WithRawCallbackMethod_ListReaders<
        Service::WithRawCallbackMethod_TestReader<Service::Service>>>>;

class SystemService final : public RawService {
 public:
  SystemService(const ServiceContext& context, StatusFunction status, ReaderFunctions readers)
      : context_(context), status_(std::move(status)), readers_(std::move(readers)) {}

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* bytes,
                                      grpc::ByteBuffer* response) override {
    v1::GetStatusRequest request;
    const auto caller =
        Enter(context_, *context, "madoguchi.v1.SystemService.GetStatus", *bytes, request);
    if (!caller.ok()) return Refuse(context, caller.status());
    v1::GetStatusResponse reply;
    *reply.mutable_status() = status_();
    return Reply(context, response, reply);
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchStatus(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* bytes) override {
    v1::WatchStatusRequest request;
    const auto caller =
        Enter(context_, *context, "madoguchi.v1.SystemService.WatchStatus", *bytes, request);
    if (!caller.ok()) return WatchReactor::Refused(caller.status());
    return WatchReactor::Serve(context, context_.hub, caller->identity,
                               std::make_unique<StatusSource>(status_));
  }

  grpc::ServerUnaryReactor* ListReaders(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* bytes,
                                        grpc::ByteBuffer* response) override {
    v1::ListReadersRequest request;
    const auto caller =
        Enter(context_, *context, "madoguchi.v1.SystemService.ListReaders", *bytes, request);
    if (!caller.ok()) return Refuse(context, caller.status());
    return Reply(context, response, readers_.list());
  }

  grpc::ServerUnaryReactor* TestReader(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* bytes,
                                       grpc::ByteBuffer* response) override {
    v1::TestReaderRequest request;
    const auto caller =
        Enter(context_, *context, "madoguchi.v1.SystemService.TestReader", *bytes, request);
    if (!caller.ok()) return Refuse(context, caller.status());
    const auto call = PendingCall::Begin(context, response, context_.clock, context_.timers);
    readers_.test(request.reader(), [call](const absl::StatusOr<v1::TestReaderResponse>& report) {
      if (!report.ok()) return call->Refuse(report.status());
      call->Reply(*report);
    });
    return call.get();
  }

 private:
  const ServiceContext context_;
  const StatusFunction status_;
  const ReaderFunctions readers_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSystemService(const ServiceContext& context,
                                                 StatusFunction status, ReaderFunctions readers) {
  return std::make_unique<SystemService>(context, std::move(status), std::move(readers));
}

}  // namespace madoguchi::rpc
