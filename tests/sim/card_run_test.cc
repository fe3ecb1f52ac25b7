#include "tests/sim/card_run.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/sim/card_apdu.h"
#include "tests/sim/card_control.h"
#include "tests/sim/card_link.h"
#include "tests/sim/card_log.h"
#include "tests/sim/card_store.h"
#include "tests/sim/test_program.h"
#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr absl::string_view kSelect = "00A4040C0AD392F000260100000001";
constexpr absl::string_view kRightPin = "002000980431323334";

bool IsReadable(int fd, absl::Duration patience) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(patience))) > 0;
}

// The reader's end of vpcd: cards come as clients.
class FakeReader {
 public:
  // `port` 0: any that is free.
  explicit FakeReader(int port = 0) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_.get(), 4), 0);
    EXPECT_EQ(getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  int port() const { return port_; }

  // Takes the next card in, as pcscd does: answer to reset, on, off, on.
  bool TakeIn() {
    card_ = Descriptor();
    if (!IsReadable(listener_.get(), kPatience)) return false;
    card_ = Descriptor(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    messages_ = VpcdMessages();
    Send("\x04");
    const bool is_card = Next().size() == 13;
    for (const char control : {kVpcdPowerOn, kVpcdPowerOff, kVpcdPowerOn}) {
      Send(absl::string_view(&control, 1));
    }
    return is_card;
  }
  void Send(absl::string_view body) const {
    const std::string message = VpcdMessage(body);
    EXPECT_EQ(send(card_.get(), message.data(), message.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(message.size()));
  }
  void Say(absl::string_view digits) const { Send(absl::HexStringToBytes(digits)); }
  // The next message; empty when the card went away.
  std::string Next() {
    while (true) {
      if (std::optional<std::string> message = messages_.Next()) return *message;
      char buffer[1 << 14];
      if (!IsReadable(card_.get(), kPatience)) return "nothing came";
      const ssize_t got = recv(card_.get(), buffer, sizeof(buffer), 0);
      if (got <= 0) return "";
      messages_.Add(absl::string_view(buffer, static_cast<size_t>(got)));
    }
  }
  // The status word of the answer to a command; 0 when the card went away.
  int Ask(absl::string_view digits) {
    Say(digits);
    return StatusWordOf(Next());
  }
  bool SaysNothing() const { return !IsReadable(card_.get(), absl::Milliseconds(50)); }
  void Close() { card_ = Descriptor(); }

 private:
  Descriptor listener_;
  Descriptor card_;
  VpcdMessages messages_;
  int port_ = 0;
};

std::string Log(const TempSite& site) {
  const absl::StatusOr<std::vector<std::string>> lines = CardLogLines(site.site());
  return lines.ok() ? absl::StrCat(CardLogSummary(*lines), absl::StrJoin(*lines, "\n")) : "";
}

class RunCardTest : public testing::Test {
 protected:
  // Keys take their time: they are made once, and every test has a copy of the new cards.
  static void SetUpTestSuite() {
    made_ = new TempSite({.patients = 2});
    for (const int person : {1, 2}) {
      EXPECT_TRUE(LoadCard(made_->site(), person, CardBehaviour(), absl::Now()).ok());
    }
  }
  static void TearDownTestSuite() { delete std::exchange(made_, nullptr); }
  void SetUp() override {
    std::filesystem::copy(absl::StrCat(made_->path(), "/sim/cards"),
                          absl::StrCat(site_.path(), "/sim/cards"),
                          std::filesystem::copy_options::recursive);
  }

  std::vector<std::string> Words(int port, const std::string& behaviour) const {
    return {"card",      site_.path(), "--port",   absl::StrCat(port),
            "--patient", "1",          "--behave", behaviour};
  }
  void Change(const CardChange& change) {
    const absl::Status status = ChangeCard(site_.site(), reader_.port(), change);
    EXPECT_TRUE(status.ok()) << status;
  }

  TempSite site_{{.patients = 2}};
  FakeReader reader_;

 private:
  static inline TempSite* made_ = nullptr;
};

TEST_F(RunCardTest, KeepsAttemptsAndWritesNoPin) {
  for (const int left : {0x63C2, 0x63C1}) {
    Program card(Words(reader_.port(), "none"));
    ASSERT_TRUE(reader_.TakeIn());
    EXPECT_TRUE(card.Says("ready: the card of person 1"));
    EXPECT_EQ(reader_.Ask(kSelect), 0x9000);
    EXPECT_EQ(reader_.Ask("002000980439393939"), left);
    card.Signal(SIGTERM);
    EXPECT_EQ(card.ExitCode(), 0);
    EXPECT_EQ(reader_.Next(), "");
  }
  EXPECT_THAT(Log(site_), HasSubstr("4 exchange(s)\n  select-application 2\n  verify 2\n"));
  EXPECT_THAT(Log(site_), HasSubstr("\"why\":\"stopped\""));
  EXPECT_THAT(Log(site_), Not(HasSubstr("39393939")));
}

TEST_F(RunCardTest, ACountedPinIsCountedWhenTheCardGoesBeforeItsAnswer) {
  Program card(Words(reader_.port(), "yank-during=2,back=0s"));
  ASSERT_TRUE(reader_.TakeIn());
  EXPECT_EQ(reader_.Ask(kSelect), 0x9000);
  EXPECT_EQ(reader_.Ask("002000980439393939"), 0);
  ASSERT_TRUE(reader_.TakeIn());
  EXPECT_EQ(reader_.Ask(kSelect), 0x9000);
  EXPECT_EQ(reader_.Ask(kRightPin), 0x9000);
  EXPECT_THAT(Log(site_), HasSubstr("verify-repeated 1\n"));
  // It has happened, and does not happen again. Before an exchange nothing is done.
  Change({.behaviour = "yank-before=1,back=0s"});
  EXPECT_EQ(reader_.Ask("002000980439393939"), 0);
  ASSERT_TRUE(reader_.TakeIn());
  reader_.Ask(kSelect);
  EXPECT_EQ(reader_.Ask("00200098"), 0x63C3);
}

TEST_F(RunCardTest, ComesBackAsAnotherPersonsCard) {
  Program card(Words(reader_.port(), "yank-before=3,back=0s,swap=2"));
  ASSERT_TRUE(reader_.TakeIn());
  reader_.Ask(kSelect);
  reader_.Say("00B08A00000000");
  const std::string first = reader_.Next();
  EXPECT_EQ(reader_.Ask("00200098"), 0);
  ASSERT_TRUE(reader_.TakeIn());
  EXPECT_TRUE(card.Says("the card of person 2"));
  reader_.Ask(kSelect);
  reader_.Say("00B08A00000000");
  const std::string second = reader_.Next();
  EXPECT_EQ(second.size(), first.size());
  EXPECT_NE(second, first);
  EXPECT_TRUE(absl::StrContains(second, "99000002"));
}

TEST_F(RunCardTest, HangsAndGoesOnAndIsSlow) {
  Program card(Words(reader_.port(), "hang=1"));
  ASSERT_TRUE(reader_.TakeIn());
  reader_.Say(kSelect);
  EXPECT_TRUE(reader_.SaysNothing());
  Change({.behaviour = "slow=120ms"});
  EXPECT_EQ(StatusWordOf(reader_.Next()), 0x9000);
  const absl::Time before = absl::Now();
  EXPECT_EQ(reader_.Ask("00200098"), 0x63C3);
  EXPECT_GE(absl::Now() - before, absl::Milliseconds(119));
  // Also a hanging card notices that its reader has gone, and waits for the next.
  Change({.behaviour = "hang=1"});
  reader_.Say(kSelect);
  EXPECT_TRUE(reader_.SaysNothing());
  EXPECT_TRUE(reader_.TakeIn());
}

TEST_F(RunCardTest, WaitsForAReader) {
  const int port = reader_.port();
  reader_ = FakeReader();
  Program card(Words(port, "none"));
  EXPECT_TRUE(card.Says("waiting: no virtual reader on 127.0.0.1:"));
  FakeReader late(port);
  EXPECT_TRUE(late.TakeIn());
  EXPECT_TRUE(card.Says("ready"));
  card.Signal(SIGINT);
  EXPECT_EQ(card.ExitCode(), 0);
}

TEST_F(RunCardTest, IsTakenAndPut) {
  Program card(Words(reader_.port(), "none"));
  ASSERT_TRUE(reader_.TakeIn());
  Change({.take = true});
  EXPECT_EQ(reader_.Next(), "");
  std::thread putter([&] { Change({.put = true}); });
  EXPECT_TRUE(reader_.TakeIn());
  putter.join();
  EXPECT_EQ(reader_.Ask(kSelect), 0x9000);
  const absl::Status status = ChangeCard(site_.site(), reader_.port(), {.person = 4711});
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  // Whatever is asked in vain, the card stays.
  EXPECT_EQ(reader_.Ask("00200098"), 0x63C3);
}

TEST_F(RunCardTest, LeavingAVerifiedPinIsSeen) {
  Program card(Words(reader_.port(), "none"));
  ASSERT_TRUE(reader_.TakeIn());
  reader_.Ask(kSelect);
  reader_.Ask(kRightPin);
  reader_.Send(absl::string_view(&kVpcdPowerOff, 1));
  reader_.Send(absl::string_view(&kVpcdPowerOn, 1));
  reader_.Ask(kSelect);
  EXPECT_THAT(Log(site_), HasSubstr("nothing that must not be done"));
  reader_.Ask(kRightPin);
  reader_.Send(absl::string_view(&kVpcdReset, 1));
  reader_.Ask(kSelect);
  EXPECT_THAT(Log(site_), HasSubstr("left-verified 1\n"));
}

TEST_F(RunCardTest, WrongWordsAreNamed) {
  Program behaviour(Words(reader_.port(), "gremlins"));
  EXPECT_TRUE(behaviour.Says("--behave gremlins: allowed are label="));
  EXPECT_EQ(behaviour.ExitCode(), 2);
  Program port(Words(70000, "none"));
  EXPECT_TRUE(port.Says("--port 70000: allowed are 1 to 65535"));
  EXPECT_EQ(port.ExitCode(), 2);
  Program both({"card", site_.path(), "--patient", "1", "--persona", "lost"});
  EXPECT_TRUE(both.Says("allowed is one of --persona and --patient"));
  EXPECT_EQ(both.ExitCode(), 2);
}

}  // namespace
}  // namespace madoguchi::sim
