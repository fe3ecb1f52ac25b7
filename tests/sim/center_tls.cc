#include "tests/sim/center_tls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::sim {
namespace {

constexpr absl::Duration kTurn = absl::Milliseconds(50);
constexpr absl::Duration kWriteWithin = absl::Seconds(30);
constexpr int kBacklog = 64;
constexpr size_t kPiece = 16384;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freed<SSL_free>>;

sockaddr_in Local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  return address;
}

absl::StatusOr<Descriptor> Bound(int port) {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  const sockaddr_in address = Local(port);
  if (!socket.open() ||
      setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) != 0 ||
      bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return FileError("cannot listen on", absl::StrCat("127.0.0.1:", port));
  }
  return socket;
}

absl::StatusOr<Context> MakeContext(const TlsFiles& files) {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_load_verify_locations(context.get(), files.client_ca.c_str(), nullptr) != 1) {
    return absl::UnavailableError(
        absl::StrCat("cannot use ", files.certificate, ", ", files.key, " and ", files.client_ca));
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  return context;
}

}  // namespace

absl::StatusOr<Descriptor> ListenLocally(int port) {
  absl::StatusOr<Descriptor> socket = Bound(port);
  if (socket.ok() && listen(socket->get(), kBacklog) != 0) {
    return FileError("cannot listen on", absl::StrCat("127.0.0.1:", port));
  }
  return socket;
}

absl::StatusOr<int> FreePort() {
  const absl::StatusOr<Descriptor> socket = Bound(0);
  if (!socket.ok()) return socket.status();
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  if (getsockname(socket->get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return FileError("cannot find", "a free port");
  }
  return ntohs(address.sin_port);
}

Descriptor AcceptOne(const Descriptor& listener, absl::Duration wait) {
  pollfd waiting{listener.get(), POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(wait))) <= 0) {
    return Descriptor();
  }
  return Descriptor(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

class TlsConnection::Impl {
 public:
  Impl(Descriptor socket, std::function<bool()> give_up)
      : socket_(std::move(socket)), give_up_(std::move(give_up)) {}

  absl::Status Handshake(const TlsFiles& files, absl::Duration within) {
    absl::StatusOr<Context> context = MakeContext(files);
    if (!context.ok()) return context.status();
    context_ = *std::move(context);
    session_.reset(SSL_new(context_.get()));
    if (session_ == nullptr || SSL_set_fd(session_.get(), socket_.get()) != 1) {
      return absl::InternalError("no TLS session");
    }
    const bool done = Until(absl::Now() + within, [&] { return SSL_accept(session_.get()); });
    return done ? absl::OkStatus() : absl::UnavailableError("no handshake");
  }

  bool Read(std::string& bytes, absl::Duration within) {
    std::string piece(kPiece, '\0');
    int got = 0;
    const bool done = Until(absl::Now() + within, [&] {
      got = SSL_read(session_.get(), piece.data(), static_cast<int>(piece.size()));
      return got;
    });
    if (done) bytes.append(piece, 0, static_cast<size_t>(got));
    return done;
  }

  bool Write(absl::string_view bytes) {
    const absl::Time until = absl::Now() + kWriteWithin;
    while (!bytes.empty()) {
      int put = 0;
      const bool done = Until(until, [&] {
        put = SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size()));
        return put;
      });
      if (!done) return false;
      bytes.remove_prefix(static_cast<size_t>(put));
    }
    return true;
  }

  void Reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  }

 private:
  // Repeats a call of OpenSSL until it does not want to wait any more.
  template <typename Call>
  bool Until(absl::Time deadline, Call call) {
    for (;;) {
      ERR_clear_error();
      const int result = call();
      if (result > 0) return true;
      const int wants = SSL_get_error(session_.get(), result);
      if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) return false;
      const short events = wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
      do {
        if (give_up_() || absl::Now() >= deadline) return false;
      } while (!Ready(events));
    }
  }

  bool Ready(short events) const {
    pollfd waiting{socket_.get(), events, 0};
    return poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(kTurn))) > 0;
  }

  // Before the context and the session, which use it.
  Descriptor socket_;
  const std::function<bool()> give_up_;
  Context context_;
  Session session_;
};

TlsConnection::TlsConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsConnection::~TlsConnection() = default;

absl::StatusOr<std::unique_ptr<TlsConnection>> TlsConnection::Accept(
    Descriptor socket, const TlsFiles& files, absl::Duration within,
    std::function<bool()> give_up) {
  auto impl = std::make_unique<Impl>(std::move(socket), std::move(give_up));
  MDG_RETURN_IF_ERROR(impl->Handshake(files, within));
  return std::unique_ptr<TlsConnection>(new TlsConnection(std::move(impl)));
}

bool TlsConnection::Read(std::string& bytes, absl::Duration within) {
  return impl_->Read(bytes, within);
}
bool TlsConnection::Write(absl::string_view bytes) { return impl_->Write(bytes); }
void TlsConnection::Reset() { impl_->Reset(); }
void TlsConnection::WaitForEnd() {
  std::string ignored;
  while (impl_->Read(ignored, absl::Hours(1))) ignored.clear();
}

}  // namespace madoguchi::sim
