#ifndef MADOGUCHI_TESTS_SIM_CARD_CONTROL_H_
#define MADOGUCHI_TESTS_SIM_CARD_CONTROL_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/sim/files.h"
#include "tests/sim/site.h"

// Talking to a card that is on a reader, from another process: DIR/sim/card-PORT.sock, one change a
// connection, answered when it has happened.
namespace madoguchi::sim {

struct CardChange {
  // The card of this person in the place of the one that is there.
  std::optional<int> person = std::nullopt;
  // A list for ParseCardBehaviour in the place of all behaviour so far.
  std::optional<std::string> behaviour = std::nullopt;
  // Off the reader, or on it again. At most one.
  bool take = false;
  bool put = false;
};
std::string EncodeCardChange(const CardChange& change);
absl::StatusOr<CardChange> ParseCardChange(absl::string_view text);

// One change that somebody waits for. Gone without an answer: a failure over there.
class CardRequest {
 public:
  CardRequest(Descriptor socket, CardChange change)
      : socket_(std::move(socket)), change_(std::move(change)) {}
  const CardChange& change() const { return change_; }
  void Answer(const absl::Status& status) const;

 private:
  Descriptor socket_;
  CardChange change_;
};

class CardControl {
 public:
  // kInvalidArgument when a card of this site is at this port already.
  static absl::StatusOr<CardControl> Listen(const Site& site, int port);
  CardControl(CardControl&& other) noexcept = default;
  CardControl& operator=(CardControl&& other) noexcept = delete;
  ~CardControl();

  int fd() const { return socket_.get(); }
  // The next one; nullopt when there is none, or it is none. Waits at most two seconds for the
  // words of whoever has come.
  std::optional<CardRequest> Accept() const;

 private:
  CardControl(Descriptor socket, std::string path)
      : socket_(std::move(socket)), path_(std::move(path)) {}

  Descriptor socket_;
  std::string path_;
};

// Asks the card at `port` to change and waits until it has, at most 30 s. kInvalidArgument: there
// is no card, or the change is none.
absl::Status ChangeCard(const Site& site, int port, const CardChange& change);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CARD_CONTROL_H_
