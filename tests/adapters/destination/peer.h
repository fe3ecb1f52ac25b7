#ifndef MADOGUCHI_TESTS_ADAPTERS_DESTINATION_PEER_H_
#define MADOGUCHI_TESTS_ADAPTERS_DESTINATION_PEER_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"
#include "adapters/destination/safe_folder.h"

namespace madoguchi::adapters {

// One connection, as the other side has it.
class PeerConnection {
 public:
  explicit PeerConnection(int fd) : fd_(fd) {}
  // Everything up to and with `end`; empty when the connection ends before.
  std::string ReadUntil(absl::string_view end);
  // Exactly `count` bytes, or less when the connection ends before.
  std::string Read(size_t count);
  void Write(absl::string_view bytes);
  // True when the other side closes it within the test's patience.
  bool AwaitEnd();

 private:
  bool More();

  Descriptor fd_;
  std::string left_;
};

// Listens on 127.0.0.1, and serves one connection after the other on a thread of its own.
class Peer {
 public:
  // `serve` returns when it is done with a connection, which is closed then. `index` counts them.
  explicit Peer(std::function<void(PeerConnection& connection, int index)> serve);
  // Waits until the current connection is served.
  ~Peer();

  int port() const { return port_; }

 private:
  // Before what sets it.
  int port_ = 0;
  Descriptor listener_;
  Descriptor stop_;
  std::thread thread_;
};

// A port nobody listens on.
int FreePort();

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_TESTS_ADAPTERS_DESTINATION_PEER_H_
