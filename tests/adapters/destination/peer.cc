#include "tests/adapters/destination/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace madoguchi::adapters {
namespace {

constexpr int kPatienceMs = 30'000;

Descriptor Listen(int& port) {
  Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  // Any free port of our own host is there.
  if (bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) std::abort();
  getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace

bool PeerConnection::More() {
  char chunk[4096];
  pollfd one{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  if (poll(&one, 1, kPatienceMs) <= 0) return false;
  const ssize_t got = read(fd_.get(), chunk, sizeof(chunk));
  if (got > 0) left_.append(chunk, static_cast<size_t>(got));
  return got > 0;
}

std::string PeerConnection::Read(size_t count) {
  while (left_.size() < count && More()) {
  }
  std::string bytes = left_.substr(0, count);
  left_.erase(0, bytes.size());
  return bytes;
}

std::string PeerConnection::ReadUntil(absl::string_view end) {
  while (left_.find(std::string(end)) == std::string::npos) {
    if (!More()) return "";
  }
  return Read(left_.find(std::string(end)) + end.size());
}

void PeerConnection::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

bool PeerConnection::AwaitEnd() {
  char byte = 0;
  pollfd one{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  return poll(&one, 1, kPatienceMs) > 0 && read(fd_.get(), &byte, 1) <= 0;
}

Peer::Peer(std::function<void(PeerConnection& connection, int index)> serve)
    : listener_(Listen(port_)), stop_(eventfd(0, EFD_CLOEXEC)) {
  listen(listener_.get(), 16);
  thread_ = std::thread([this, serve = std::move(serve)] {
    for (int index = 0;; ++index) {
      pollfd watched[] = {{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                          {.fd = listener_.get(), .events = POLLIN, .revents = 0}};
      if (poll(watched, 2, -1) < 0 || watched[0].revents != 0) return;
      PeerConnection connection(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      serve(connection, index);
    }
  });
}

Peer::~Peer() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

int FreePort() {
  int port = 0;
  const Descriptor listener = Listen(port);
  return port;
}

}  // namespace madoguchi::adapters
