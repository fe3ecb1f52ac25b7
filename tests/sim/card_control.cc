#include "tests/sim/card_control.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"

namespace madoguchi::sim {
namespace {

constexpr size_t kMostWords = 4096;
constexpr timeval kWordsPatience{2, 0};
// Keys are made for somebody's first card, and pcscd looks for cards twice a second.
constexpr timeval kChangePatience{30, 0};
constexpr absl::string_view kDoneWord = "ok";
constexpr absl::string_view kNotAllowedWord = "not allowed ";
constexpr absl::string_view kFailedWord = "failed ";

std::string ControlPath(const Site& site, int port) {
  return absl::StrCat(site.SimFolder(), "/card-", port, ".sock");
}

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is too long: allowed are ", sizeof(address.sun_path) - 1, " bytes"));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Descriptor NewSocket() { return Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

bool ConnectTo(int fd, const sockaddr_un& address) {
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
}

// Up to the end of the stream or of the patience.
std::string ReceiveAll(int fd, const timeval& patience) {
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  std::string text;
  char buffer[kMostWords];
  while (text.size() < kMostWords) {
    const ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

void SendAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t put = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (put <= 0) return;
    text.remove_prefix(static_cast<size_t>(put));
  }
}

bool TakeWord(absl::string_view line, CardChange& change) {
  if (absl::ConsumePrefix(&line, "person ")) {
    int person = 0;
    if (!absl::SimpleAtoi(line, &person)) return false;
    change.person = person;
    return true;
  }
  if (absl::ConsumePrefix(&line, "behave ")) {
    change.behaviour = std::string(line);
    return true;
  }
  change.take = change.take || line == "take";
  change.put = change.put || line == "put";
  return line == "take" || line == "put";
}

}  // namespace

std::string EncodeCardChange(const CardChange& change) {
  std::string text;
  if (change.person.has_value()) absl::StrAppend(&text, "person ", *change.person, "\n");
  if (change.behaviour.has_value()) absl::StrAppend(&text, "behave ", *change.behaviour, "\n");
  if (change.take) absl::StrAppend(&text, "take\n");
  if (change.put) absl::StrAppend(&text, "put\n");
  return text;
}

absl::StatusOr<CardChange> ParseCardChange(absl::string_view text) {
  CardChange change;
  for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (!TakeWord(line, change)) return absl::InvalidArgumentError("not a change of a card");
  }
  if (change.take && (change.put || change.person.has_value())) {
    return absl::InvalidArgumentError("allowed is one of --take and --put or another person");
  }
  return change;
}

void CardRequest::Answer(const absl::Status& status) const {
  const absl::string_view word =
      status.ok() ? kDoneWord : (absl::IsInvalidArgument(status) ? kNotAllowedWord : kFailedWord);
  SendAll(socket_.get(), absl::StrCat(word, status.message()));
}

absl::StatusOr<CardControl> CardControl::Listen(const Site& site, int port) {
  const std::string path = ControlPath(site, port);
  const absl::StatusOr<sockaddr_un> address = AddressOf(path);
  if (!address.ok()) return address.status();
  if (const Descriptor other = NewSocket(); ConnectTo(other.get(), *address)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--port ", port, ": a card of this site is there already"));
  }
  // What a killed predecessor left.
  unlink(path.c_str());
  Descriptor fd = NewSocket();
  constexpr int kBacklog = 8;
  if (!fd.open() ||
      bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0 ||
      listen(fd.get(), kBacklog) != 0) {
    return FileError("cannot listen on", path);
  }
  return CardControl(std::move(fd), path);
}

CardControl::~CardControl() {
  if (socket_.open()) unlink(path_.c_str());
}

std::optional<CardRequest> CardControl::Accept() const {
  Descriptor client(accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client.open()) return std::nullopt;
  const std::string words = ReceiveAll(client.get(), kWordsPatience);
  // Somebody who only looked whether a card is there.
  if (words.empty()) return std::nullopt;
  const absl::StatusOr<CardChange> change = ParseCardChange(words);
  CardRequest request(std::move(client), change.ok() ? *change : CardChange{});
  if (change.ok()) return request;
  request.Answer(change.status());
  return std::nullopt;
}

absl::Status ChangeCard(const Site& site, int port, const CardChange& change) {
  const std::string words = EncodeCardChange(change);
  MDG_RETURN_IF_ERROR(ParseCardChange(words).status());
  const absl::StatusOr<sockaddr_un> address = AddressOf(ControlPath(site, port));
  if (!address.ok()) return address.status();
  const Descriptor fd = NewSocket();
  if (!fd.open() || !ConnectTo(fd.get(), *address)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--port ", port, ": no card of this site is there (allowed after `card DIR --port ", port,
        "`)"));
  }
  SendAll(fd.get(), words);
  shutdown(fd.get(), SHUT_WR);
  const std::string text = ReceiveAll(fd.get(), kChangePatience);
  absl::string_view answer = text;
  if (answer == kDoneWord) return absl::OkStatus();
  if (absl::ConsumePrefix(&answer, kNotAllowedWord)) return absl::InvalidArgumentError(answer);
  absl::ConsumePrefix(&answer, kFailedWord);
  return absl::UnavailableError(answer.empty() ? "the card said nothing" : answer);
}

}  // namespace madoguchi::sim
