#include "agent/rpc/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/executor.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/rpc/accept/server_options.h"
#include "agent/rpc/admission.h"
#include "agent/rpc/call.h"
#include "agent/rpc/services.h"

namespace madoguchi::rpc {
namespace {

// What is served only where records are kept.
constexpr absl::string_view kRecordServices[] = {"MedicalRecordService", "ExportService"};
constexpr absl::Duration kLastCalls = absl::Seconds(1);

// The host of HOST:PORT or [IPV6]:PORT, without brackets.
std::string HostOf(const std::string& address) {
  std::string host = address.substr(0, address.rfind(':'));
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return host;
}

}  // namespace

class Server::Impl {
 public:
  Impl(ServerOptions options, reception::Desk& desk, audit::Trail& trail, base::Clock& clock,
       StatusFunction status)
      : options_(std::move(options)),
        desk_(desk),
        trail_(trail),
        clock_(clock),
        status_(std::move(status)),
        authoriser_(ApiServices()),
        wake_("rpc-watch", clock),
        read_("rpc-read", clock),
        audit_("rpc-audit", clock),
        hub_(options_.watch, clock, wake_, read_),
        messages_(desk) {}

  absl::Status Start();
  void Stop(absl::Duration patience);
  v1::ListenerStatus Listener(bool unix_socket) const;
  std::string TcpAddress() const { return room_ == nullptr ? "" : room_->TcpAddress(); }
  WatchHub& hub() { return hub_; }

 private:
  absl::Status OpenRoom();
  absl::Status BuildServer();
  absl::Status ProveTls() const;

  const ServerOptions options_;
  reception::Desk& desk_;
  audit::Trail& trail_;
  base::Clock& clock_;
  const StatusFunction status_;
  const Authoriser authoriser_;
  base::Executor wake_;
  base::Executor read_;
  base::Executor audit_;
  WatchHub hub_;
  EventMessages messages_;

  IdentityTable identities_;
  std::shared_ptr<TlsIdentity> tls_;
  std::unique_ptr<AcceptRoom> room_;
  std::optional<Admission> admission_;
  std::unique_ptr<grpc::Service> reception_service_;
  std::unique_ptr<grpc::Service> eligibility_service_;
  std::unique_ptr<grpc::Service> record_service_;
  std::unique_ptr<grpc::Service> export_service_;
  std::unique_ptr<grpc::Service> audit_service_;
  std::unique_ptr<grpc::Service> system_service_;
  std::unique_ptr<grpc::Server> server_;
  bool stopped_ = false;
};

absl::Status Server::Impl::OpenRoom() {
  AcceptOptions accept;
  accept.unix_path = options_.unix_path;
  accept.unix_mode = options_.unix_mode;
  accept.tcp_address = options_.tcp_address;
  accept.limits = options_.limits;
  if (!options_.tcp_address.empty()) {
    auto tls = TlsIdentity::Load(options_.tls);
    if (!tls.ok()) return tls.status();
    tls_ = *std::move(tls);
    if (options_.tls13_only) MDG_RETURN_IF_ERROR(CheckTls13Only(*tls_));
    accept.tls = tls_;
  }
  auto room = AcceptRoom::Open(std::move(accept));
  if (!room.ok()) return room.status();
  room_ = *std::move(room);
  return absl::OkStatus();
}

absl::Status Server::Impl::BuildServer() {
  admission_.emplace(*room_, identities_, authoriser_, trail_);
  const ServiceContext context{*admission_, desk_,  trail_, options_.counters,
                               hub_,        clock_, read_,  wake_};
  reception_service_ = MakeReceptionService(context, messages_);
  eligibility_service_ = MakeEligibilityService(context);
  if (options_.keeper != nullptr) {
    record_service_ = MakeMedicalRecordService(context, *options_.keeper);
    export_service_ = MakeExportService(context, *options_.keeper);
  }
  audit_service_ = MakeAuditService(context, audit_);
  system_service_ = MakeSystemService(context, status_, options_.readers);

  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SafeServerBuilderOptions(builder);
  room_->Attach(builder);
  builder.RegisterService(reception_service_.get());
  builder.RegisterService(eligibility_service_.get());
  if (record_service_ != nullptr) {
    builder.RegisterService(record_service_.get());
    builder.RegisterService(export_service_.get());
  }
  builder.RegisterService(audit_service_.get());
  builder.RegisterService(system_service_.get());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return base::MakeError(base::ErrorCode::kCannotListen, {.what = "gRPC did not start"});
  }
  // gRPC's health service knows only the services it was told of.
  for (const auto* service : ApiServices()) {
    if (record_service_ == nullptr && absl::c_linear_search(kRecordServices, service->name())) {
      continue;
    }
    server_->GetHealthCheckService()->SetServingStatus(service->full_name(), true);
  }
  return absl::OkStatus();
}

absl::Status Server::Impl::ProveTls() const {
  return ProveTlsPromises(HostOf(room_->TcpAddress()), room_->TcpPort(), options_.tls13_only);
}

absl::Status Server::Impl::Start() {
  auto identities = IdentityTable::Make(options_.clients);
  if (!identities.ok()) return identities.status();
  identities_ = *std::move(identities);
  MDG_RETURN_IF_ERROR(OpenRoom());
  MDG_RETURN_IF_ERROR(BuildServer());
  MDG_RETURN_IF_ERROR(room_->Start(server_.get()));
  if (tls_ != nullptr) MDG_RETURN_IF_ERROR(ProveTls());
  return absl::OkStatus();
}

void Server::Impl::Stop(absl::Duration patience) {
  if (stopped_) return;
  stopped_ = true;
  if (server_ != nullptr) {
    server_->GetHealthCheckService()->SetServingStatus(false);
  }
  if (room_ != nullptr) room_->StopListening();
  // Streams first: Shutdown would wait for them until its deadline.
  if (!hub_.Stop(patience)) base::LogWarning("watchers_left");
  if (server_ != nullptr) {
    server_->Shutdown(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(kLastCalls));
  }
  if (room_ != nullptr) room_->Stop();
  // What was posted refuses its call, which gRPC has already let go of.
  read_.Stop();
  audit_.Stop();
  wake_.Stop();
  server_.reset();
}

v1::ListenerStatus Server::Impl::Listener(bool unix_socket) const {
  v1::ListenerStatus listener;
  if (room_ == nullptr) return listener;
  const AcceptStatus status = room_->Status();
  if (unix_socket) {
    if (options_.unix_path.empty()) return listener;
    listener.set_address(absl::StrCat("unix:", options_.unix_path));
    listener.set_connections(status.unix_connections);
  } else {
    if (tls_ == nullptr) return listener;
    listener.set_address(room_->TcpAddress());
    listener.set_connections(status.tcp_connections);
    *listener.mutable_certificate_expires() = base::ToProto(tls_->NotAfter());
  }
  // The room counts them together.
  listener.set_cut(static_cast<int64_t>(status.cut_for_room + status.cut_silent +
                                        status.cut_excessive + status.refused));
  return listener;
}

Server::Server(ServerOptions options, reception::Desk& desk, audit::Trail& trail,
               base::Clock& clock, StatusFunction status)
    : impl_(std::make_unique<Impl>(std::move(options), desk, trail, clock, std::move(status))) {}

Server::~Server() { Stop(absl::Seconds(2)); }

absl::Status Server::Start() { return impl_->Start(); }

void Server::NotifyEvent() { impl_->hub().NotifyEvent(); }

void Server::NotifyStatus() { impl_->hub().NotifyStatus(); }

void Server::Stop(absl::Duration patience) { impl_->Stop(patience); }

v1::ListenerStatus Server::UnixListener() const { return impl_->Listener(true); }

v1::ListenerStatus Server::TcpListener() const { return impl_->Listener(false); }

int Server::Watchers() const { return impl_->hub().Count(); }

std::string Server::TcpAddress() const { return impl_->TcpAddress(); }

}  // namespace madoguchi::rpc
