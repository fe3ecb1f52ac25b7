#ifndef MADOGUCHI_AGENT_RPC_ACCEPT_LISTENER_H_
#define MADOGUCHI_AGENT_RPC_ACCEPT_LISTENER_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace madoguchi::rpc {

// Owns a descriptor.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Fd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset();

 private:
  int fd_ = -1;
};

// A listening UNIX socket and its file, which is removed at the end if it is still this one.
class UnixListener {
 public:
  // A socket file nobody answers on is replaced. MDG-1602 when somebody answers, MDG-1603 for
  // anything else, such as a file that is no socket.
  static absl::StatusOr<UnixListener> Open(const std::string& path, mode_t mode);
  UnixListener() = default;
  UnixListener(UnixListener&& other) noexcept = default;
  UnixListener& operator=(UnixListener&& other) noexcept;
  ~UnixListener() { Close(); }

  int fd() const { return fd_.get(); }
  void Close();

 private:
  Fd fd_;
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

struct TcpListener {
  Fd fd;
  // Numeric address without brackets, and the real port.
  std::string host;
  int port = 0;
};
// HOST:PORT or [IPV6]:PORT, bound to that address alone (without SO_REUSEPORT). MDG-1603.
absl::StatusOr<TcpListener> OpenTcp(const std::string& address);

struct RemoteAddress {
  // Numeric; IPv4 inside IPv6 as IPv4; without a scope.
  std::string host;
  int port = 0;
};
RemoteAddress ToRemoteAddress(const sockaddr_storage& address);
// HOST|PORT, of an address and of what gRPC calls the peer (`ipv4:1.2.3.4:5`,
// `ipv6:%5B::1%5D:5`); empty for anything else.
std::string AddressKey(const RemoteAddress& address);
std::string AddressKeyOfPeer(absl::string_view peer);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_ACCEPT_LISTENER_H_
