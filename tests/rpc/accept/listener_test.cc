#include "agent/rpc/accept/listener.h"

#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/rpc/accept/accept_room.h"
#include "agent/rpc/accept/number_pool.h"
#include "gtest/gtest.h"
#include "tests/rpc/accept/test_server.h"

namespace madoguchi::rpc {
namespace {

using base::ErrorCode;

class UnixListenerTest : public testing::Test {
 protected:
  bool Exists() const {
    struct stat info {};
    return ::lstat(path_.c_str(), &info) == 0;
  }
  TemporaryFolder folder_;
  const std::string path_ = folder_ / "m.sock";
};

TEST_F(UnixListenerTest, HasItsModeWhateverTheMask) {
  const mode_t mask = ::umask(0077);
  const UnixListener listener = UnixListener::Open(path_, 0660).value();
  ::umask(mask);
  struct stat info {};
  ASSERT_EQ(::lstat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0660U);
}

TEST_F(UnixListenerTest, ReplacesASocketNobodyAnswersOn) {
  {
    // As a daemon that was killed leaves it.
    const Fd killed(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, path_.size());
    ASSERT_EQ(::bind(killed.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ASSERT_TRUE(Exists());
  auto listener = UnixListener::Open(path_, 0600);
  ASSERT_TRUE(listener.ok()) << listener.status();
  const Fd client(ConnectUnix(path_));
  EXPECT_TRUE(client.valid());
  listener->Close();
  EXPECT_FALSE(Exists());
}

TEST_F(UnixListenerTest, NeverTakesALiveDaemonsPlace) {
  const UnixListener first = UnixListener::Open(path_, 0600).value();
  const auto second = UnixListener::Open(path_, 0600);
  EXPECT_TRUE(base::Is(second.status(), ErrorCode::kAlreadyRunning)) << second.status();
  const Fd client(ConnectUnix(path_));
  EXPECT_TRUE(client.valid());
}

TEST_F(UnixListenerTest, NeverRemovesWhatIsNotASocket) {
  std::ofstream(path_) << "precious";
  const auto listener = UnixListener::Open(path_, 0600);
  EXPECT_TRUE(base::Is(listener.status(), ErrorCode::kCannotListen)) << listener.status();
  EXPECT_TRUE(Exists());
  EXPECT_FALSE(UnixListener::Open("", 0600).ok());
  EXPECT_FALSE(UnixListener::Open(folder_ / std::string(108, 'x'), 0600).ok());
  EXPECT_FALSE(UnixListener::Open(folder_ / "no/such/folder.sock", 0600).ok());
}

TEST_F(UnixListenerTest, LeavesASuccessorsSocketAlone) {
  UnixListener first = UnixListener::Open(path_, 0600).value();
  ASSERT_EQ(::rename(path_.c_str(), (path_ + ".moved").c_str()), 0);
  const UnixListener successor = UnixListener::Open(path_, 0600).value();
  first.Close();
  EXPECT_TRUE(Exists());
  const Fd client(ConnectUnix(path_));
  EXPECT_TRUE(client.valid());
}

TEST(TcpListener, TakesAPortForItselfAlone) {
  const TcpListener first = OpenTcp("127.0.0.1:0").value();
  EXPECT_EQ(first.host, "127.0.0.1");
  ASSERT_GT(first.port, 0);
  const auto second = OpenTcp(absl::StrCat("127.0.0.1:", first.port));
  EXPECT_TRUE(base::Is(second.status(), ErrorCode::kCannotListen));
}

TEST(TcpListener, NamesWhatIsExpected) {
  for (const char* address : {"", "50051", ":50051", "host:", "127.0.0.1:65536", "127.0.0.1:-1",
                              "::1:50051", "[]:1", "127.0.0.1:http", "no.such.host.invalid:1"}) {
    const auto listener = OpenTcp(address);
    EXPECT_TRUE(base::Is(listener.status(), ErrorCode::kCannotListen)) << address;
  }
}

TEST(AddressKey, IsTheSameForTheSocketAndForGrpc) {
  EXPECT_EQ(AddressKeyOfPeer("ipv4:192.0.2.1:77"), AddressKey({"192.0.2.1", 77}));
  EXPECT_EQ(AddressKeyOfPeer("ipv6:%5B2001:db8::1%5D:77"), AddressKey({"2001:db8::1", 77}));
  EXPECT_EQ(AddressKeyOfPeer("ipv6:[2001:db8::1]:77"), AddressKey({"2001:db8::1", 77}));
  EXPECT_EQ(AddressKeyOfPeer("ipv6:%5Bfe80::1%25eth0%5D:77"), AddressKey({"fe80::1", 77}));
  for (const char* other : {"", "fd:7", "unix:", "unix:/run/m.sock", "inproc", "ipv4:nothing"}) {
    EXPECT_EQ(AddressKeyOfPeer(other), "") << other;
  }
}

TEST(AcceptLimits, LeaveRoomForTheRest) {
  for (const int descriptors : {256, 1024, 4096, 16'384, 1'048'576}) {
    const AcceptLimits limits = AcceptLimits::For(descriptors);
    EXPECT_LE(limits.total * 2 + 160, descriptors);
    EXPECT_GE(limits.total, 40);
    EXPECT_LE(limits.first_number + limits.numbers, descriptors);
    // One uid may use its whole share of connections and still change them.
    EXPECT_LT(limits.per_owner, limits.numbers / 2);
    EXPECT_LT(limits.per_owner, limits.total);
  }
}

constexpr absl::Duration kRest = absl::Seconds(5);

TEST(NumberPool, NobodyInheritsANumberBeforeItRested) {
  NumberPool pool(100, 4, kRest);
  const absl::Duration start = absl::Seconds(1000);
  const int number = pool.Take(1, start).value();
  pool.Release(number, 1, start);
  // The others are used up first, and a resting number is not given to another uid.
  for (int i = 0; i < 3; ++i) {
    const std::optional<int> given = pool.Take(static_cast<uid_t>(10 + i), start);
    ASSERT_TRUE(given.has_value());
    EXPECT_NE(*given, number);
  }
  EXPECT_FALSE(pool.Take(2, start + kRest - absl::Milliseconds(1)).has_value());
  EXPECT_EQ(pool.Take(2, start + kRest), number);
}

TEST(NumberPool, OneUidKeepsHalfOfTheNumbersForOthers) {
  NumberPool pool(100, 8, kRest);
  absl::Duration now = absl::Seconds(1000);
  // A thousand connections of one uid, far quicker than numbers rest: it goes on with its own.
  for (int i = 0; i < 1000; ++i) {
    const std::optional<int> number = pool.Take(1, now);
    ASSERT_TRUE(number.has_value()) << i;
    pool.Release(*number, 1, now);
  }
  for (uid_t uid = 2; uid < 6; ++uid) EXPECT_TRUE(pool.Take(uid, now).has_value()) << uid;
  // With all its numbers in use it must wait.
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(pool.Take(1, now).has_value());
  EXPECT_FALSE(pool.Take(1, now).has_value());
}

TEST(NumberPool, APutBackNumberWasNobodys) {
  NumberPool pool(100, 2, kRest);
  const absl::Duration now = absl::Seconds(1000);
  EXPECT_EQ(pool.Take(1, now), 100);
  pool.PutBack(100, 1);
  EXPECT_EQ(pool.Take(1, now), 101);
  EXPECT_EQ(pool.Take(2, now), 100);
}

}  // namespace
}  // namespace madoguchi::rpc
