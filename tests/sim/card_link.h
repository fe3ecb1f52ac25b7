#ifndef MADOGUCHI_TESTS_SIM_CARD_LINK_H_
#define MADOGUCHI_TESTS_SIM_CARD_LINK_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/sim/files.h"

// The card's end of vpcd, the driver of virtual readers for pcscd: a card is a TCP client, and
// every message is a 16-bit length (big endian) and that many bytes.
namespace madoguchi::sim {

// Messages of one byte are for the card's power; anything longer is a command.
inline constexpr char kVpcdPowerOff = 0;
inline constexpr char kVpcdPowerOn = 1;
inline constexpr char kVpcdReset = 2;
// Also how the driver looks whether the card is still there. The only one of these with an answer.
inline constexpr char kVpcdAtr = 4;

// Cuts a stream into messages.
class VpcdMessages {
 public:
  void Add(absl::string_view bytes) { absl::StrAppend(&bytes_, bytes); }
  // nullopt until the next one is whole.
  std::optional<std::string> Next();

 private:
  std::string bytes_;
};
std::string VpcdMessage(absl::string_view body);

// One stay of a card on a reader. Closing it takes the card away.
class VpcdLink {
 public:
  // On 127.0.0.1; waits at most a second. kUnavailable when no reader listens there.
  static absl::StatusOr<VpcdLink> Connect(int port);

  int fd() const { return socket_.get(); }
  // Takes what has come in, at most 64 KB. False when the reader is gone.
  bool Receive();
  std::optional<std::string> Next() { return messages_.Next(); }
  // False when the reader is gone, or takes nothing for a second.
  bool Send(absl::string_view body) const;

 private:
  explicit VpcdLink(Descriptor socket) : socket_(std::move(socket)) {}

  Descriptor socket_;
  VpcdMessages messages_;
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CARD_LINK_H_
