#include "adapters/destination/mllp_destination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <atomic>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "agent/base/error.h"
#include "tests/adapters/destination/parcels.h"
#include "tests/adapters/destination/peer.h"

namespace madoguchi::adapters {
namespace {

using Kind = Delivered::Kind;

constexpr char kEnd[] = "\x1C\r";

std::string MessageOf(const std::string& control_id) {
  return absl::StrCat("MSH|^~\\&|MADOGUCHI||||20251128091530||ADT^A08^ADT_A01|", control_id,
                      "|P|2.5\rPID|1\r");
}

Parcel MessagesOf(const std::vector<std::string>& ids) {
  Parcel parcel = ParcelOf("");
  parcel.pieces.clear();
  for (const std::string& id : ids) parcel.pieces.push_back({.label = id, .bytes = MessageOf(id)});
  return parcel;
}

std::string AckOf(const std::string& code, const std::string& control_id,
                  const std::string& more = "") {
  return absl::StrCat("\x0BMSH|^~\\&|R||||20251128||ACK|9|P|2.5\rMSA|", code, "|", control_id, "\r",
                      more, kEnd);
}

// Takes one frame, and gives the id in it.
std::string TakeMessage(PeerConnection& connection) {
  const std::string frame = connection.ReadUntil(kEnd);
  return frame.empty() ? "" : ControlIdOf(frame.substr(1));
}

std::unique_ptr<MllpDestination> To(int port) {
  MllpConfig config{.host = "127.0.0.1", .port = port};
  config.answer_within = absl::Seconds(1);
  return MllpDestination::Make(config).value();
}

// What is made of a receiver that says `answer` to everything.
Delivered AnsweredWith(const std::string& answer) {
  Peer peer([&](PeerConnection& connection, int) {
    TakeMessage(connection);
    connection.Write(answer);
    connection.AwaitEnd();
  });
  return To(peer.port())->Deliver(MessagesOf({"A1"}), Within(kLong));
}

TEST(MllpDestination, SendsMessagesInOrderOverOneConnection) {
  std::vector<std::string> seen;
  std::atomic<int> connections = 0;
  {
    std::unique_ptr<MllpDestination> destination;
    Peer peer([&](PeerConnection& connection, int) {
      ++connections;
      for (std::string id = TakeMessage(connection); !id.empty(); id = TakeMessage(connection)) {
        seen.push_back(id);
        connection.Write(AckOf(seen.size() % 2 == 0 ? "AA" : "CA", id));
      }
    });
    destination = To(peer.port());
    EXPECT_TRUE(destination->Probe(Within(kLong)).ok());
    EXPECT_EQ(destination->Deliver(MessagesOf({"A1", "A2", "A3"}), Within(kLong)).kind,
              Kind::kDone);
    EXPECT_EQ(destination->Deliver(MessagesOf({"B1"}), Within(kLong)).kind, Kind::kDone);
    destination.reset();
  }
  EXPECT_THAT(seen, testing::ElementsAre("A1", "A2", "A3", "B1"));
  EXPECT_EQ(connections, 1);
}

TEST(MllpDestination, JudgesAcknowledgements) {
  struct Case {
    std::string answer;
    Kind kind;
    base::ErrorCode code;
  };
  const Case cases[] = {
      {AckOf("AE", "A1"), Kind::kTryAgain, base::ErrorCode::kDestinationRefused},
      {AckOf("CE", "A1"), Kind::kTryAgain, base::ErrorCode::kDestinationRefused},
      {AckOf("AR", "A1"), Kind::kRefused, base::ErrorCode::kDestinationRefused},
      {AckOf("CR", "A1"), Kind::kRefused, base::ErrorCode::kDestinationRefused},
      {AckOf("AA", "A2"), Kind::kTryAgain, base::ErrorCode::kDestinationAnswerUnusable},
      {AckOf("AA", ""), Kind::kTryAgain, base::ErrorCode::kDestinationAnswerUnusable},
      {AckOf("XX", "A1"), Kind::kTryAgain, base::ErrorCode::kDestinationAnswerUnusable},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", Kind::kTryAgain,
       base::ErrorCode::kDestinationAnswerUnusable},
      {absl::StrCat("\x0B", std::string(100'000, 'x')), Kind::kTryAgain,
       base::ErrorCode::kDestinationAnswerUnusable},
      {"\x0BMSH|^~", Kind::kTryAgain, base::ErrorCode::kDestinationSilent},
      {"", Kind::kTryAgain, base::ErrorCode::kDestinationSilent},
  };
  for (const Case& one : cases) {
    const Delivered delivered = AnsweredWith(one.answer);
    EXPECT_EQ(delivered.kind, one.kind) << one.answer.substr(0, 80);
    EXPECT_TRUE(base::Is(delivered.why, one.code)) << delivered.why;
  }
}

TEST(MllpDestination, TellsTheReceiversCodeButNotItsText) {
  const std::string error = "ERR||PID^1^5|204^Unknown key^HL70357|E||||Yamada Taro is unknown\r";
  const Delivered delivered = AnsweredWith(AckOf("AR", "A1", error));
  const std::string what(delivered.why.message());
  EXPECT_NE(what.find("204"), std::string::npos) << what;
  EXPECT_EQ(what.find("Yamada"), std::string::npos) << what;
}

TEST(MllpDestination, ConnectsAnewWhenTheReceiverHasClosed) {
  std::vector<std::string> seen;
  {
    std::unique_ptr<MllpDestination> destination;
    Peer peer([&](PeerConnection& connection, int) {
      const std::string id = TakeMessage(connection);
      if (id.empty()) return;
      seen.push_back(id);
      connection.Write(AckOf("AA", id));
    });
    destination = To(peer.port());
    for (const char* id : {"A1", "A2", "A3"}) {
      EXPECT_EQ(destination->Deliver(MessagesOf({id}), Within(kLong)).kind, Kind::kDone);
    }
  }
  EXPECT_THAT(seen, testing::ElementsAre("A1", "A2", "A3"));
}

TEST(MllpDestination, ALateAnswerIsNotTakenForThatOfTheNextMessage) {
  std::vector<std::string> seen;
  absl::Notification given_up;
  {
    std::unique_ptr<MllpDestination> destination;
    Peer peer([&](PeerConnection& connection, int index) {
      const std::string id = TakeMessage(connection);
      seen.push_back(id);
      if (index == 0) given_up.WaitForNotification();
      connection.Write(AckOf("AA", id));
      connection.AwaitEnd();
    });
    destination = To(peer.port());
    const Delivered late = destination->Deliver(MessagesOf({"A1"}), Within(kLong));
    EXPECT_TRUE(base::Is(late.why, base::ErrorCode::kDestinationSilent));
    given_up.Notify();
    EXPECT_EQ(destination->Deliver(MessagesOf({"A2"}), Within(kLong)).kind, Kind::kDone);
    destination.reset();
  }
  EXPECT_THAT(seen, testing::ElementsAre("A1", "A2"));
}

TEST(MllpDestination, NobodyThereIsTriedAgain) {
  const auto destination = To(FreePort());
  const Delivered delivered = destination->Deliver(MessagesOf({"A1"}), Within(kLong));
  EXPECT_EQ(delivered.kind, Kind::kTryAgain);
  EXPECT_TRUE(base::Is(delivered.why, base::ErrorCode::kDestinationUnreachable));
  EXPECT_FALSE(destination->Probe(Within(kLong)).ok());
}

TEST(MllpDestination, StopsWhenTold) {
  Peer peer([](PeerConnection& connection, int) { connection.AwaitEnd(); });
  MllpConfig config{.host = "127.0.0.1", .port = peer.port()};
  config.answer_within = absl::Minutes(1);
  const auto destination = MllpDestination::Make(config).value();
  const Descriptor stop(eventfd(1, EFD_CLOEXEC));
  const absl::Time before = absl::Now();
  EXPECT_EQ(
      destination->Deliver(MessagesOf({"A1"}), {.deadline = before + kLong, .stop_fd = stop.get()})
          .kind,
      Kind::kTryAgain);
  EXPECT_LT(absl::Now() - before, absl::Seconds(10));
}

TEST(MllpDestination, RefusesWhatIsNoMessage) {
  const auto destination = To(FreePort());
  EXPECT_EQ(destination->Deliver(ParcelOf("{}"), Within(kLong)).kind, Kind::kRefused);
}

TEST(MllpConfig, IsChecked) {
  EXPECT_TRUE(MllpDestination::Make({.host = "emr.example", .port = 2575}).ok());
  EXPECT_FALSE(MllpDestination::Make({.host = "", .port = 2575}).ok());
  EXPECT_FALSE(MllpDestination::Make({.host = "a/b", .port = 2575}).ok());
  EXPECT_FALSE(MllpDestination::Make({.host = "a", .port = 0}).ok());
  EXPECT_FALSE(MllpDestination::Make({.host = "a", .port = 65536}).ok());
  EXPECT_FALSE(MllpDestination::Make({.host = "a", .port = 1, .tls = true}).ok());
  EXPECT_FALSE(
      MllpDestination::Make({.host = "a", .port = 1, .answer_within = absl::ZeroDuration()}).ok());
}

}  // namespace
}  // namespace madoguchi::adapters
