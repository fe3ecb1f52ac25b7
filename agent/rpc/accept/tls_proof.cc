#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/rpc/accept/listener.h"
#include "agent/rpc/accept/tls.h"

namespace madoguchi::rpc {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

absl::Status Broken(std::string what) {
  return base::MakeError(base::ErrorCode::kCertificateProblem,
                         {.what = std::move(what), .field = "tls"});
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// `host` as it can be connected to: a wildcard becomes loopback.
absl::StatusOr<Address> ToAddress(const std::string& host, int port) {
  Address out;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<uint16_t>(port));
    if (v4.sin_addr.s_addr == INADDR_ANY) v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::memcpy(&out.storage, &v4, sizeof(v4));
    out.size = sizeof(v4);
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<uint16_t>(port));
    if (IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr)) v6.sin6_addr = in6addr_loopback;
    std::memcpy(&out.storage, &v6, sizeof(v6));
    out.size = sizeof(v6);
  } else {
    return Broken(absl::StrCat(host, " is not an IP address"));
  }
  return out;
}

bool WaitFor(int fd, short events, absl::Time end) {
  const int64_t left = absl::ToInt64Milliseconds(end - absl::Now());
  pollfd wait{fd, events, 0};
  return left > 0 && ::poll(&wait, 1, static_cast<int>(left)) == 1;
}

// A stranger's connection, without a client certificate, of one TLS version.
class Stranger {
 public:
  explicit Stranger(absl::Time end) : end_(end) {}

  absl::Status Connect(const Address& address, int version) {
    fd_ = Fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto* generic = reinterpret_cast<const sockaddr*>(&address.storage);
    int error = 0;
    socklen_t size = sizeof(error);
    if (!fd_.valid() ||
        (::connect(fd_.get(), generic, address.size) != 0 && errno != EINPROGRESS) ||
        !WaitFor(fd_.get(), POLLOUT, end_) ||
        ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
      return Broken("the listener cannot be reached to prove its TLS");
    }
    context_.reset(SSL_CTX_new(TLS_client_method()));
    // Without it OpenSSL's own client would refuse TLS 1.1, and prove nothing about the server.
    if (context_ != nullptr) SSL_CTX_set_security_level(context_.get(), 0);
    if (context_ == nullptr || SSL_CTX_set_min_proto_version(context_.get(), version) != 1 ||
        SSL_CTX_set_max_proto_version(context_.get(), version) != 1) {
      return Broken("OpenSSL offers no client of this version");
    }
    ssl_.reset(SSL_new(context_.get()));
    // gRPC also refuses clients that do not ask for HTTP/2; that is not what is to be proven.
    static constexpr unsigned char kH2[] = {2, 'h', '2'};
    if (ssl_ == nullptr || SSL_set_alpn_protos(ssl_.get(), kH2, sizeof(kH2)) != 0 ||
        SSL_set_fd(ssl_.get(), fd_.get()) != 1) {
      return Broken("OpenSSL cannot make a client");
    }
    return absl::OkStatus();
  }

  // True when the server agreed to the version: it showed its certificate.
  bool Agrees() {
    Drive([this] { return SSL_connect(ssl_.get()); });
    const std::unique_ptr<X509, void (*)(X509*)> shown(SSL_get1_peer_certificate(ssl_.get()),
                                                       X509_free);
    return shown != nullptr;
  }

  enum class End { kClosed, kAnswered, kSilent };
  // What the server does when the handshake should be over. A server that accepts sends its HTTP/2
  // settings without being spoken to, so nothing need be written (to what may be closed: SIGPIPE).
  End Listen() {
    char answer[256];
    const int got = Drive([&] { return SSL_read(ssl_.get(), answer, sizeof(answer)); });
    if (got > 0) return End::kAnswered;
    return absl::Now() < end_ ? End::kClosed : End::kSilent;
  }

 private:
  // Repeats `step` while it waits for the network and there is time.
  template <typename Step>
  int Drive(Step step) {
    while (true) {
      ERR_clear_error();
      const int result = step();
      if (result > 0) return result;
      const int why = SSL_get_error(ssl_.get(), result);
      short events = 0;
      if (why == SSL_ERROR_WANT_READ) events = POLLIN;
      if (why == SSL_ERROR_WANT_WRITE) events = POLLOUT;
      if (events == 0 || !WaitFor(fd_.get(), events, end_)) return result;
    }
  }

  const absl::Time end_;
  Fd fd_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

absl::StatusOr<bool> AgreesTo(const Address& address, int version, absl::Time end) {
  Stranger stranger(end);
  MDG_RETURN_IF_ERROR(stranger.Connect(address, version));
  return stranger.Agrees();
}

absl::Status ProveVersion(const Address& address, int version, absl::string_view name, bool wanted,
                          absl::Time end) {
  absl::StatusOr<bool> agrees = AgreesTo(address, version, end);
  if (!agrees.ok()) return agrees.status();
  if (*agrees == wanted) return absl::OkStatus();
  return Broken(absl::StrCat(name, wanted ? " is refused" : " is not refused"));
}

absl::Status ProveStrangersRefused(const Address& address, int version, absl::Time end) {
  Stranger stranger(end);
  MDG_RETURN_IF_ERROR(stranger.Connect(address, version));
  stranger.Agrees();
  switch (stranger.Listen()) {
    case Stranger::End::kClosed:
      return absl::OkStatus();
    case Stranger::End::kAnswered:
      return Broken("a client without a certificate is answered");
    case Stranger::End::kSilent:
      return Broken("a client without a certificate is not cut in time");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ProveTlsPromises(const std::string& host, int port, bool tls13_only,
                              absl::Duration within) {
  const absl::Time end = absl::Now() + within;
  absl::StatusOr<Address> address = ToAddress(host, port);
  if (!address.ok()) return address.status();
  MDG_RETURN_IF_ERROR(ProveVersion(*address, TLS1_1_VERSION, "TLS 1.1", false, end));
  MDG_RETURN_IF_ERROR(ProveVersion(*address, TLS1_2_VERSION, "TLS 1.2", !tls13_only, end));
  MDG_RETURN_IF_ERROR(ProveVersion(*address, TLS1_3_VERSION, "TLS 1.3", true, end));
  if (!tls13_only) MDG_RETURN_IF_ERROR(ProveStrangersRefused(*address, TLS1_2_VERSION, end));
  return ProveStrangersRefused(*address, TLS1_3_VERSION, end);
}

}  // namespace madoguchi::rpc
