#include "tests/sim/card_link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace madoguchi::sim {
namespace {

constexpr size_t kLengthBytes = 2;
constexpr size_t kMostAtOnce = 1 << 16;
constexpr timeval kSendPatience{1, 0};

// The driver sends length and body in two pieces, and waits for an acknowledgement in between: 44
// ms an exchange unless it comes at once. The kernel forgets the wish after a while.
void AcknowledgeAtOnce(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

}  // namespace

std::optional<std::string> VpcdMessages::Next() {
  if (bytes_.size() < kLengthBytes) return std::nullopt;
  const size_t length = static_cast<size_t>(static_cast<unsigned char>(bytes_[0])) << 8 |
                        static_cast<unsigned char>(bytes_[1]);
  if (bytes_.size() < kLengthBytes + length) return std::nullopt;
  std::string body = bytes_.substr(kLengthBytes, length);
  bytes_.erase(0, kLengthBytes + length);
  return body;
}

std::string VpcdMessage(absl::string_view body) {
  const char length[] = {static_cast<char>(body.size() >> 8 & 0xFF),
                         static_cast<char>(body.size() & 0xFF)};
  return absl::StrCat(absl::string_view(length, sizeof(length)), body);
}

absl::StatusOr<VpcdLink> VpcdLink::Connect(int port) {
  Descriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.open()) return FileError("cannot make", "a socket");
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendPatience, sizeof(kSendPatience));
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return FileError("no virtual reader on", absl::StrCat("127.0.0.1:", port));
  }
  AcknowledgeAtOnce(fd.get());
  return VpcdLink(std::move(fd));
}

bool VpcdLink::Receive() {
  char buffer[kMostAtOnce];
  AcknowledgeAtOnce(fd());
  const ssize_t got = recv(fd(), buffer, sizeof(buffer), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  AcknowledgeAtOnce(fd());
  messages_.Add(absl::string_view(buffer, static_cast<size_t>(got)));
  return got > 0;
}

bool VpcdLink::Send(absl::string_view body) const {
  const std::string message = VpcdMessage(body);
  absl::string_view left = message;
  while (!left.empty()) {
    const ssize_t put = send(fd(), left.data(), left.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    left.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

}  // namespace madoguchi::sim
