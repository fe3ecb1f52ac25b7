#include "agent/rpc/accept/accept_room.h"

#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>
#include <grpcpp/server_posix.h>
#include <grpcpp/support/server_interceptor.h>
#include <sys/resource.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/rpc/accept/accept_loop.h"
#include "agent/rpc/accept/connection_table.h"
#include "agent/rpc/accept/listener.h"
#include "agent/rpc/accept/tls.h"

namespace madoguchi::rpc {
namespace {

// Left for files, the database, gRPC's own epoll sets and the sockets of other rooms.
constexpr int kSpareDescriptors = 160;
constexpr int kMostConnections = 4096;

int SoftDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
}

// How many connections may be open or not yet let go by gRPC.
int MostOpen(int descriptors, int total) {
  return std::max(total, std::min((descriptors - kSpareDescriptors) / 2, total * 2));
}

absl::Duration MonotonicNow() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::DurationFromTimespec(now);
}

std::optional<int> UnixNumber(absl::string_view peer) {
  int number = -1;
  if (!absl::ConsumePrefix(&peer, "fd:") || !absl::SimpleAtoi(peer, &number)) return std::nullopt;
  return number;
}

std::optional<Peer> TlsPeer(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return std::nullopt;
  const auto transport = auth->FindPropertyValues("transport_security_type");
  const auto names = auth->FindPropertyValues("x509_common_name");
  if (transport.size() != 1 || transport[0] != "ssl" || names.size() != 1) return std::nullopt;
  Peer peer;
  peer.kind = Peer::Kind::kTls;
  peer.common_name = std::string(names[0].data(), names[0].size());
  return peer;
}

}  // namespace

AcceptLimits AcceptLimits::For(int descriptors) {
  AcceptLimits limits;
  const int connections = std::max((descriptors - kSpareDescriptors) / 2, 8);
  // An eighth is kept for connections that are cut but not yet let go.
  limits.total = std::min(connections - connections / 8, kMostConnections);
  limits.per_owner = limits.total / 2;
  limits.unproven = limits.total / 2;
  limits.numbers = std::max(std::min(descriptors / 2, limits.total * 4), 16);
  limits.first_number = std::max(descriptors - limits.numbers, 3);
  return limits;
}

int RaiseDescriptorLimit(int wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < static_cast<rlim_t>(wanted)) {
    limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, static_cast<rlim_t>(wanted));
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  return SoftDescriptorLimit();
}

class AcceptRoom::Impl {
 public:
  Impl(AcceptOptions options, AcceptLimits limits)
      : options_(std::move(options)),
        table_(limits, MostOpen(SoftDescriptorLimit(), limits.total)) {
    if (!options_.now) options_.now = MonotonicNow;
  }

  absl::Status OpenListeners() {
    if (!options_.tcp_address.empty()) {
      if (options_.tls == nullptr) {
        return base::MakeError(base::ErrorCode::kCannotListen,
                               {.what = "TCP needs TLS", .field = options_.tcp_address});
      }
      absl::StatusOr<TcpListener> tcp = OpenTcp(options_.tcp_address);
      if (!tcp.ok()) return tcp.status();
      tcp_host_ = tcp->host;
      tcp_port_ = tcp->port;
      listeners_.tcp = std::move(tcp->fd);
    }
    if (!options_.unix_path.empty()) {
      absl::StatusOr<UnixListener> local =
          UnixListener::Open(options_.unix_path, options_.unix_mode);
      if (!local.ok()) return local.status();
      listeners_.local = *std::move(local);
    }
    return absl::OkStatus();
  }

  // False when the context does not know its connection yet.
  bool NoteCall(const grpc::ServerContextBase& context) {
    const std::string peer = context.peer();
    if (peer.empty()) return false;
    const absl::Duration now = options_.now();
    if (const std::optional<int> number = UnixNumber(peer); number.has_value()) {
      table_.NoteCall(*number, now);
    } else if (const std::string key = AddressKeyOfPeer(peer); !key.empty()) {
      table_.NoteCall(key, now);
    }
    return true;
  }

  absl::Status Start(grpc::Server* server) {
    absl::StatusOr<std::unique_ptr<AcceptLoop>> loop =
        AcceptLoop::Start({.server = server,
                           .acceptor = acceptor_.get(),
                           .table = &table_,
                           .tls = options_.tls,
                           .reload_every = options_.reload_every,
                           .now = options_.now},
                          std::move(listeners_));
    if (!loop.ok()) return loop.status();
    loop_ = *std::move(loop);
    return absl::OkStatus();
  }

  void StopListening() {
    listeners_.local.Close();
    listeners_.tcp.Reset();
    if (loop_ != nullptr) loop_->StopListening();
  }

  void Stop() {
    StopListening();
    table_.EndAll();
    if (loop_ != nullptr) loop_->Stop();
  }

  AcceptOptions options_;
  ConnectionTable table_;
  AcceptListeners listeners_;
  std::string tcp_host_;
  int tcp_port_ = 0;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<AcceptLoop> loop_;
};

namespace {

// Notices a call at its first hook point and takes no other part in it.
template <typename Impl>
class LateNoticer final : public grpc::experimental::Interceptor {
 public:
  LateNoticer(std::shared_ptr<Impl> impl, grpc::ServerContextBase* context)
      : impl_(std::move(impl)), context_(context) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (!noticed_) {
      noticed_ = true;
      impl_->NoteCall(*context_);
    }
    methods->Proceed();
  }

 private:
  const std::shared_ptr<Impl> impl_;
  grpc::ServerContextBase* const context_;
  bool noticed_ = false;
};

// Notices each call before its service sees it. The context of a call to a synchronous service
// (reflection) does not know its connection yet when the interceptors are made.
template <typename Impl>
class CallNoticer final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallNoticer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    if (impl_->NoteCall(*info->server_context())) return nullptr;
    return new LateNoticer<Impl>(impl_, info->server_context());
  }

 private:
  const std::shared_ptr<Impl> impl_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<AcceptRoom>> AcceptRoom::Open(AcceptOptions options) {
  const AcceptLimits limits = options.limits.value_or(AcceptLimits::For(SoftDescriptorLimit()));
  auto impl = std::make_shared<Impl>(std::move(options), limits);
  MDG_RETURN_IF_ERROR(impl->OpenListeners());
  return std::unique_ptr<AcceptRoom>(new AcceptRoom(std::move(impl)));
}

AcceptRoom::AcceptRoom(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

AcceptRoom::~AcceptRoom() { Stop(); }

void AcceptRoom::Attach(grpc::ServerBuilder& builder) {
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> noticers;
  noticers.push_back(std::make_unique<CallNoticer<Impl>>(impl_));
  builder.experimental().SetInterceptorCreators(std::move(noticers));
  if (impl_->options_.tcp_address.empty()) return;
  impl_->acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      MakeServerCredentials(impl_->options_.tls));
}

absl::Status AcceptRoom::Start(grpc::Server* server) { return impl_->Start(server); }

std::string AcceptRoom::TcpAddress() const {
  if (impl_->tcp_host_.empty()) return "";
  const bool v6 = absl::StrContains(impl_->tcp_host_, ":");
  return absl::StrCat(v6 ? "[" : "", impl_->tcp_host_, v6 ? "]:" : ":", impl_->tcp_port_);
}

int AcceptRoom::TcpPort() const { return impl_->tcp_port_; }

const std::string& AcceptRoom::UnixPath() const { return impl_->options_.unix_path; }

std::optional<Peer> AcceptRoom::Find(const grpc::ServerContextBase& context) const {
  if (const std::optional<int> number = UnixNumber(context.peer()); number.has_value()) {
    return impl_->table_.FindUnix(*number);
  }
  return TlsPeer(context);
}

void AcceptRoom::MarkProven(const grpc::ServerContextBase& context) { impl_->NoteCall(context); }

AcceptStatus AcceptRoom::Status() const { return impl_->table_.Status(); }

void AcceptRoom::StopListening() { impl_->StopListening(); }

void AcceptRoom::CutAll() { impl_->table_.EndAll(); }

void AcceptRoom::Stop() { impl_->Stop(); }

}  // namespace madoguchi::rpc
