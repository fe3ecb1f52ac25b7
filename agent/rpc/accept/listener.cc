#include "agent/rpc/accept/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"

namespace madoguchi::rpc {
namespace {

using base::ErrorCode;

constexpr int kBacklog = 4096;

absl::Status CannotListen(const std::string& where, absl::string_view what) {
  return base::MakeError(ErrorCode::kCannotListen,
                         {.what = absl::StrCat(where, ": ", what), .field = where});
}

absl::StatusOr<sockaddr_un> ToUnixAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path) ||
      path.find('\0') != std::string::npos) {
    return CannotListen(
        path, absl::StrCat("a socket path has 1 to ", sizeof(address.sun_path) - 1, " bytes"));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* Generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// OK when the path is free or was freed.
absl::Status RemoveStale(const std::string& path, const sockaddr_un& address) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    return errno == ENOENT ? absl::OkStatus() : CannotListen(path, std::strerror(errno));
  }
  if (!S_ISSOCK(info.st_mode)) return CannotListen(path, "something that is no socket is there");
  const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid()) return CannotListen(path, std::strerror(errno));
  // EAGAIN: somebody listens, with a full queue. EACCES: we may not even ask.
  if (::connect(probe.get(), Generic(address), sizeof(address)) == 0 || errno == EAGAIN) {
    return base::MakeError(ErrorCode::kAlreadyRunning,
                           {.what = absl::StrCat("somebody answers on ", path), .field = path});
  }
  if (errno != ECONNREFUSED) return CannotListen(path, std::strerror(errno));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return CannotListen(path, std::strerror(errno));
  }
  return absl::OkStatus();
}

struct HostPort {
  std::string host;
  int port = 0;
};

absl::StatusOr<HostPort> SplitAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  HostPort out;
  if (colon == std::string::npos ||
      !absl::SimpleAtoi(absl::string_view(address).substr(colon + 1), &out.port) || out.port < 0 ||
      out.port > 65535) {
    return CannotListen(address, "HOST:PORT or [IPV6]:PORT is expected, PORT 0 to 65535");
  }
  absl::string_view host = absl::string_view(address).substr(0, colon);
  const bool bracketed = absl::ConsumePrefix(&host, "[") && absl::ConsumeSuffix(&host, "]");
  if (host.empty() || (!bracketed && absl::StrContains(host, ":"))) {
    return CannotListen(address, "the host is missing, or an IPv6 address without brackets");
  }
  out.host = std::string(host);
  return out;
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

}  // namespace

void Fd::Reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

absl::StatusOr<UnixListener> UnixListener::Open(const std::string& path, mode_t mode) {
  absl::StatusOr<sockaddr_un> address = ToUnixAddress(path);
  if (!address.ok()) return address.status();
  MDG_RETURN_IF_ERROR(RemoveStale(path, *address));
  UnixListener listener;
  listener.fd_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.fd_.valid()) return CannotListen(path, std::strerror(errno));
  // The file inherits the socket's mode, so that it is never open to more than its owner before
  // chmod has set what is wanted.
  struct stat info {};
  if (::fchmod(listener.fd(), 0600) != 0 ||
      ::bind(listener.fd(), Generic(*address), sizeof(*address)) != 0 ||
      ::lstat(path.c_str(), &info) != 0) {
    return CannotListen(path, std::strerror(errno));
  }
  listener.path_ = path;
  listener.device_ = info.st_dev;
  listener.inode_ = info.st_ino;
  if (::chmod(path.c_str(), mode) != 0 || ::listen(listener.fd(), kBacklog) != 0) {
    return CannotListen(path, std::strerror(errno));
  }
  return listener;
}

UnixListener& UnixListener::operator=(UnixListener&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::move(other.fd_);
    path_ = std::move(other.path_);
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

void UnixListener::Close() {
  if (!fd_.valid()) return;
  struct stat info {};
  if (!path_.empty() && ::lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ &&
      info.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  fd_.Reset();
}

absl::StatusOr<TcpListener> OpenTcp(const std::string& address) {
  absl::StatusOr<HostPort> split = SplitAddress(address);
  if (!split.ok()) return split.status();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure =
      ::getaddrinfo(split->host.c_str(), absl::StrCat(split->port).c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  if (failure != 0) return CannotListen(address, ::gai_strerror(failure));

  TcpListener out;
  out.fd = Fd(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  const int off = 0;
  if (!out.fd.valid() ||
      ::setsockopt(out.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) {
    return CannotListen(address, std::strerror(errno));
  }
  if (list->ai_family == AF_INET6) {
    ::setsockopt(out.fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  if (::bind(out.fd.get(), list->ai_addr, list->ai_addrlen) != 0 ||
      ::listen(out.fd.get(), kBacklog) != 0 ||
      ::getsockname(out.fd.get(), reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    return CannotListen(address, std::strerror(errno));
  }
  const RemoteAddress real = ToRemoteAddress(bound);
  out.host = real.host;
  out.port = real.port;
  return out;
}

RemoteAddress ToRemoteAddress(const sockaddr_storage& address) {
  RemoteAddress out;
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof(v4));
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text));
    out.port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof(v6));
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      ::inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text, sizeof(text));
    } else {
      ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text));
    }
    out.port = ntohs(v6.sin6_port);
  }
  out.host = text;
  return out;
}

std::string AddressKey(const RemoteAddress& address) {
  return absl::StrCat(address.host, "|", address.port);
}

std::string AddressKeyOfPeer(absl::string_view peer) {
  if (!absl::ConsumePrefix(&peer, "ipv4:") && !absl::ConsumePrefix(&peer, "ipv6:")) return "";
  const size_t colon = peer.rfind(':');
  if (colon == absl::string_view::npos) return "";
  const absl::string_view port = peer.substr(colon + 1);
  std::string host =
      absl::StrReplaceAll(peer.substr(0, colon), {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}});
  // The scope of a link-local address comes after %, or %25 when escaped.
  host.resize(std::min(host.find('%'), host.size()));
  return absl::StrCat(host, "|", port);
}

}  // namespace madoguchi::rpc
