#ifndef MADOGUCHI_TESTS_READER_TEST_ROOM_H_
#define MADOGUCHI_TESTS_READER_TEST_ROOM_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/reader/room.h"
#include "tests/reader/fake_pcsc.h"
#include "tests/reader/test_card.h"

namespace madoguchi::reader {

// How long a test waits for what should happen at once.
inline constexpr absl::Duration kRoomPatience = absl::Seconds(20);
inline constexpr char kFront[] = "Front";
inline constexpr char kBack[] = "Back";

// A room with the readers Front and Back of a counter, and Other of nobody; each with the card of a
// person of its own, that is asked under a lock.
class RoomTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Starts over with these options; call before Start().
  void Make(absl::Duration exchange_within, absl::Duration connect_within = absl::Seconds(2));
  // And waits until the room knows its readers.
  void Start();

  // The whole call, to its answer.
  absl::StatusOr<CardFacts> Open(const std::string& reader = kFront,
                                 const std::string& holder = "R1", OpenOptions options = {});
  AuthenticateResult Authenticate(const std::string& pin = "1234", bool spend_last = false,
                                  const std::string& reader = kFront,
                                  const std::string& holder = "R1");
  void Close(const std::string& reader = kFront, const std::string& holder = "R1");
  // Only asks; the answer comes into the future.
  template <typename Answer>
  struct Asked {
    absl::Notification there;
    std::unique_ptr<Answer> answer;
    const Answer& Wait() {
      EXPECT_TRUE(there.WaitForNotificationWithTimeout(kRoomPatience));
      return *answer;
    }
  };
  template <typename Answer>
  static std::function<void(Answer)> Into(const std::shared_ptr<Asked<Answer>>& asked) {
    return [asked](Answer answer) {
      // A second answer fails here.
      asked->answer = std::make_unique<Answer>(std::move(answer));
      asked->there.Notify();
    };
  }
  std::shared_ptr<Asked<absl::StatusOr<CardFacts>>> AskOpen(const std::string& reader = kFront,
                                                            const std::string& holder = "R1");
  std::shared_ptr<Asked<AuthenticateResult>> AskAuthenticate(const std::string& reader = kFront,
                                                             const std::string& holder = "R1");

  // Waits until State() is as wanted.
  void WaitFor(const std::function<bool(const RoomState&)>& wanted);
  void WaitForReader(const std::string& name, const std::function<bool(const RoomReader&)>& wanted);
  // What on_lost said, when it has said so much.
  std::vector<std::pair<std::string, std::string>> WaitForLost(size_t count);
  std::vector<std::pair<std::string, std::string>> LostSoFar();

  // Of the card that is on a reader.
  TestCard LookAt(TestCard& card) {
    absl::MutexLock lock(&cards_mu_);
    return card;
  }
  void Put(const std::string& reader, TestCard& card);
  // And waits until the room knows it.
  void PutAnew(const std::string& reader, TestCard& card);
  static std::vector<DWORD> Dispositions(const std::string& reader);
  static std::string Number(const absl::Status& status) {
    return status.ok() ? "OK" : base::DetailOf(status)->number();
  }

  absl::Mutex cards_mu_;
  TestCard front_;
  TestCard back_;
  const base::SystemClock clock_;
  const LoginChallenge challenge_{.institution = "9910000017",
                                  .center = "sim",
                                  .nonce = "nonce",
                                  .time = absl::FromUnixSeconds(1'800'000'000)};
  // When set, a command that it wants waits here until it is let go.
  struct Gate {
    std::function<bool(const std::string& command)> holds;
    absl::Notification held;
    absl::Notification let_go;
  };
  std::shared_ptr<Gate> HoldOn(const std::string& reader, TestCard& card,
                               std::function<bool(const std::string& command)> holds);
  std::unique_ptr<ReaderRoom> room_;

  RoomTest();

 private:
  absl::Mutex mu_;
  int changes_ = 0;
  std::vector<std::pair<std::string, std::string>> lost_;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_TESTS_READER_TEST_ROOM_H_
