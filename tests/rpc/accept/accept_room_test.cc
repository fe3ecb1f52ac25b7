#include "agent/rpc/accept/accept_room.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/rpc/accept/listener.h"
#include "gtest/gtest.h"
#include "tests/rpc/accept/helper_process.h"
#include "tests/rpc/accept/test_server.h"

namespace madoguchi::rpc {
namespace {

class AcceptRoomTest : public testing::Test {
 protected:
  AcceptOptions UnixOnly() { return {.unix_path = folder_ / "m.sock"}; }
  AcceptOptions Limited(int total, int per_owner) {
    AcceptOptions options = UnixOnly();
    options.limits = AcceptLimits::For(1024);
    options.limits->total = total;
    options.limits->per_owner = per_owner;
    options.limits->unproven = total;
    return options;
  }
  AcceptOptions Both() {
    pki_ = std::make_unique<TestPki>(folder_);
    return {.unix_path = folder_ / "m.sock",
            .tcp_address = "127.0.0.1:0",
            .tls = TlsIdentity::Load(pki_->Files()).value()};
  }

  TemporaryFolder folder_;
  std::unique_ptr<TestPki> pki_;
};

TEST_F(AcceptRoomTest, TellsWhoCallsOnTheUnixSocket) {
  const TestServer server(UnixOnly());
  const Answer answer = Call(server.Unix(), "/test/Who");
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.text, absl::StrCat("uid ", ::getuid(), " pid ", ::getpid()));
}

TEST_F(AcceptRoomTest, TellsOtherUsersApart) {
  AcceptOptions options = UnixOnly();
  options.unix_mode = 0666;
  const TestServer server(options);
  folder_.LetOthersIn();
  // As root another user can be tried; otherwise at least the process differs.
  const uid_t uid = ::getuid() == 0 ? 65534 : ::getuid();
  const auto own = server.Unix();
  EXPECT_EQ(Call(own, "/test/Who").text, absl::StrCat("uid ", ::getuid(), " pid ", ::getpid()));
  for (int i = 0; i < 3; ++i) {
    HelperProcess caller({"call", absl::StrCat(uid), server.room->UnixPath()});
    const pid_t pid = caller.pid();
    EXPECT_EQ(caller.ReadLine(), absl::StrCat(pid, " uid ", uid, " pid ", pid));
  }
  EXPECT_EQ(Call(own, "/test/Who").text, absl::StrCat("uid ", ::getuid(), " pid ", ::getpid()));
}

TEST_F(AcceptRoomTest, EveryKindOfCallProvesAConnection) {
  const TestServer server(Both());
  const std::vector<std::string> methods = {
      "/test/Echo", "/grpc.health.v1.Health/Check",
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "/no.such/Method"};
  for (const std::string& method : methods) {
    for (const bool tcp : {false, true}) {
      const auto channel =
          tcp ? server.Tcp(pki_->Credentials(pki_->Client("emr-1"))) : server.Unix();
      const Answer answer = Call(channel, method);
      EXPECT_TRUE(answer.status.ok()) << method << answer.status.error_message();
      EXPECT_EQ(server.room->Status().unproven, 0) << method;
      const int open =
          tcp ? server.room->Status().tcp_connections : server.room->Status().unix_connections;
      EXPECT_GE(open, 1) << method;
    }
  }
}

TEST_F(AcceptRoomTest, CutsWhoeverStaysSilentAndNobodyElse) {
  AcceptOptions options = Both();
  options.limits = AcceptLimits::For(1024);
  options.limits->unproven_unix = absl::Milliseconds(200);
  options.limits->unproven_tcp = absl::Milliseconds(100);
  const TestServer server(options);
  const auto caller = server.Unix();
  ASSERT_TRUE(Call(caller, "/test/Echo").status.ok());
  const int local = ConnectUnix(server.room->UnixPath());
  const int remote = ConnectTcp(server.room->TcpPort());
  EXPECT_TRUE(ClosedByPeer(remote, absl::Seconds(5)));
  EXPECT_TRUE(ClosedByPeer(local, absl::Seconds(5)));
  EXPECT_TRUE(Until([&] { return server.room->Status().cut_silent == 2; }));
  // The same connection still serves the one who called.
  EXPECT_TRUE(Call(caller, "/test/Echo").status.ok());
  EXPECT_EQ(server.room->Status().accepted, 3U);
  EXPECT_EQ(server.room->Status().unix_connections, 1);
  ::close(local);
  ::close(remote);
}

TEST_F(AcceptRoomTest, TheOldestUnprovenMakesRoom) {
  const TestServer server(Limited(8, 8));
  const auto caller = server.Unix();
  ASSERT_TRUE(Call(caller, "/test/Echo").status.ok());
  std::vector<int> idle;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(ConnectUnix(server.room->UnixPath()));
    ASSERT_GE(idle.back(), 0);
  }
  ASSERT_TRUE(Until([&] { return server.room->Status().accepted == 21; }));
  for (size_t i = 0; i < 13; ++i) EXPECT_TRUE(ClosedByPeer(idle[i], absl::Seconds(5))) << i;
  EXPECT_EQ(server.room->Status().cut_for_room, 13U);
  EXPECT_EQ(server.room->Status().unix_connections, 8);
  // A newcomer gets in, and the one who called was never touched.
  EXPECT_TRUE(Call(server.Unix(), "/test/Echo").status.ok());
  EXPECT_TRUE(Call(caller, "/test/Echo").status.ok());
  EXPECT_EQ(server.room->Status().accepted, 22U);
  EXPECT_EQ(server.room->Status().refused, 0U);
  for (const int fd : idle) ::close(fd);
}

TEST_F(AcceptRoomTest, OneOwnerCannotTakeTheShareOfAnother) {
  AcceptOptions options = Both();
  options.limits = AcceptLimits::For(1024);
  options.limits->total = 8;
  options.limits->per_owner = 4;
  options.limits->unproven = 8;
  const TestServer server(options);
  std::vector<std::shared_ptr<grpc::Channel>> busy;
  for (int i = 0; i < 4; ++i) {
    busy.push_back(server.Unix());
    ASSERT_TRUE(Call(busy.back(), "/test/Echo").status.ok());
  }
  // This uid has its share, all of it proven: refused. Another owner is not.
  EXPECT_EQ(Call(server.Unix(), "/test/Echo").status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_GE(server.room->Status().refused, 1U);
  EXPECT_TRUE(Call(server.Tcp(pki_->Credentials(pki_->Client("emr-1"))), "/test/Echo").status.ok());
  // What is given back can be used again.
  busy.pop_back();
  EXPECT_TRUE(Until([&] { return server.room->Status().unix_connections == 3; }));
  EXPECT_TRUE(Call(server.Unix(), "/test/Echo").status.ok());
}

TEST_F(AcceptRoomTest, CutsAConnectionWithTooManyCalls) {
  AcceptOptions options = UnixOnly();
  options.limits = AcceptLimits::For(1024);
  options.limits->calls_per_second = 20;
  const TestServer server(options);
  const auto modest = server.Unix();
  const auto excessive = server.Unix();
  ASSERT_TRUE(Call(modest, "/test/Echo").status.ok());
  bool cut = false;
  for (int i = 0; i < 100 && !cut; ++i) cut = !Call(excessive, "/test/Echo").status.ok();
  EXPECT_TRUE(cut);
  EXPECT_GE(server.room->Status().cut_excessive, 1U);
  EXPECT_TRUE(Call(modest, "/test/Echo").status.ok());
}

TEST_F(AcceptRoomTest, CutAllEndsALiveStream) {
  const TestServer server(Both());
  std::vector<std::thread> callers;
  std::atomic<int> unavailable{0};
  for (const auto& channel :
       {server.Unix(), server.Tcp(pki_->Credentials(pki_->Client("emr-1")))}) {
    callers.emplace_back([&unavailable, channel] {
      const Answer answer = Call(channel, "/test/Hold", absl::Seconds(60));
      if (answer.status.error_code() == grpc::StatusCode::UNAVAILABLE) ++unavailable;
    });
  }
  ASSERT_TRUE(Until([&] { return server.service->held == 2; }));
  server.room->CutAll();
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(unavailable, 2);
  EXPECT_TRUE(Until([&] { return server.service->held == 0; }));
}

TEST_F(AcceptRoomTest, StopsWithOpenConnections) {
  auto server = std::make_unique<TestServer>(Both());
  const std::string path = server->room->UnixPath();
  const int port = server->room->TcpPort();
  const int idle = ConnectUnix(path);
  const auto channel = server->Unix();
  std::thread caller([&] { Call(channel, "/test/Hold", absl::Seconds(60)); });
  ASSERT_TRUE(Until([&] { return server->service->held == 1; }));

  server->room->StopListening();
  struct stat info {};
  EXPECT_NE(::lstat(path.c_str(), &info), 0);
  EXPECT_EQ(ConnectUnix(path), -1);
  EXPECT_EQ(ConnectTcp(port), -1);
  // Whoever is in may finish.
  EXPECT_TRUE(Call(channel, "/test/Echo").status.ok());

  const absl::Time start = absl::Now();
  server.reset();
  EXPECT_LT(absl::Now() - start, absl::Seconds(2));
  EXPECT_TRUE(ClosedByPeer(idle, absl::Seconds(1)));
  caller.join();
  ::close(idle);
}

TEST_F(AcceptRoomTest, AClientThatDialsBeforeStartIsServed) {
  AcceptOptions options = UnixOnly();
  auto room = AcceptRoom::Open(options).value();
  const int early = ConnectUnix(options.unix_path);
  EXPECT_GE(early, 0);
  ::close(early);
  room->Stop();
  room->Stop();
}

TEST_F(AcceptRoomTest, KnowsIpv6Callers) {
  AcceptOptions options = Both();
  options.tcp_address = "[::1]:0";
  auto probe = OpenTcp("[::1]:0");
  if (!probe.ok()) GTEST_SKIP() << "this machine has no IPv6 loopback";
  probe->fd.Reset();
  const TestServer server(options);
  EXPECT_EQ(server.room->TcpAddress(), absl::StrCat("[::1]:", server.room->TcpPort()));
  const auto channel = server.Tcp(pki_->Credentials(pki_->Client("emr-1")));
  EXPECT_EQ(Call(channel, "/test/Who").text, "cn emr-1");
  EXPECT_EQ(server.room->Status().tcp_connections, 1);
  EXPECT_EQ(server.room->Status().unproven, 0);
}

TEST_F(AcceptRoomTest, TcpWithoutTlsIsNeverOpened) {
  EXPECT_FALSE(AcceptRoom::Open({.tcp_address = "127.0.0.1:0"}).ok());
}

// Numbers of descriptors come round again: nobody may get the name of who had it before.
TEST_F(AcceptRoomTest, NumbersAreUsedAgainAfterTheirRest) {
  AcceptOptions options = UnixOnly();
  options.limits = AcceptLimits::For(1024);
  options.limits->numbers = 16;
  options.limits->first_number = 900;
  options.limits->quarantine = absl::Milliseconds(50);
  const TestServer server(options);
  const std::string expected = absl::StrCat("uid ", ::getuid(), " pid ", ::getpid());
  for (int i = 0; i < 60; ++i) EXPECT_EQ(Call(server.Unix(), "/test/Who").text, expected) << i;
  EXPECT_EQ(server.room->Status().accepted, 60U);
}

}  // namespace
}  // namespace madoguchi::rpc
