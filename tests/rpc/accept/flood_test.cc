// The accept room when descriptors run short: hardening against what stops gRPC's own listeners.
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/rpc/accept/helper_process.h"
#include "tests/rpc/accept/test_server.h"

namespace madoguchi::rpc {
namespace {

class FloodTest : public testing::Test {
 protected:
  void SetUp() override {
    if (RaiseDescriptorLimit(8192) < 4500) GTEST_SKIP() << "this machine allows too few sockets";
  }

  // A server in its own process, under `descriptors`.
  void Serve(int descriptors, int total = 0) {
    helper_ = std::make_unique<HelperProcess>(std::vector<std::string>{
        "serve", absl::StrCat(descriptors), absl::StrCat(total), folder_ / ""});
    port_ = static_cast<int>(NumberAfter(helper_->ReadLine(), "ready"));
    ASSERT_GT(port_, 0);
  }

  // How long a new client waits for an answer; InfiniteDuration when there is none.
  absl::Duration Unix() const {
    return Timed(grpc::CreateCustomChannel("unix:" + (folder_ / "m.sock"),
                                           grpc::InsecureChannelCredentials(), Own()));
  }
  absl::Duration Tcp() const {
    return Timed(grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port_),
                                           pki_.Credentials(client_), Own()));
  }

  // With a `first` word, each connection reaches gRPC.
  void Flood(int count, bool tcp, const std::string& first = "") {
    for (int i = 0; i < count; ++i) {
      open_.push_back(tcp ? ConnectTcp(port_) : ConnectUnix(folder_ / "m.sock"));
      if (!first.empty()) ::send(open_.back(), first.data(), first.size(), MSG_NOSIGNAL);
    }
  }
  void EndFlood() {
    for (const int fd : open_) {
      if (fd >= 0) ::close(fd);
    }
    open_.clear();
  }
  void TearDown() override {
    EndFlood();
    if (helper_ != nullptr) {
      EXPECT_EQ(helper_->Finish(), 0);
    }
  }

  TemporaryFolder folder_;
  TestPki pki_{folder_};
  const crypto::KeyPair client_ = pki_.Client("emr-1");
  std::unique_ptr<HelperProcess> helper_;
  int port_ = 0;
  std::vector<int> open_;

 private:
  static grpc::ChannelArguments Own() {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return arguments;
  }
  static absl::Duration Timed(const std::shared_ptr<grpc::Channel>& channel) {
    const absl::Time start = absl::Now();
    const Answer answer = Call(channel, "/test/Who");
    return answer.status.ok() ? absl::Now() - start : absl::InfiniteDuration();
  }
};

constexpr absl::Duration kASecond = absl::Seconds(1);

TEST_F(FloodTest, IdleConnectionsLockNobodyOut) {
  Serve(1024);
  for (const bool tcp : {true, false}) {
    Flood(1500, tcp);
    EXPECT_LT(Unix(), kASecond) << (tcp ? "TCP flood" : "UNIX flood");
    EXPECT_LT(Tcp(), kASecond) << (tcp ? "TCP flood" : "UNIX flood");
    const std::string figures = helper_->Ask();
    // Every one of them was let in, and the descriptors kept for files were never touched.
    EXPECT_EQ(NumberAfter(figures, "refused"), 0) << figures;
    EXPECT_GE(NumberAfter(figures, "accepted"), 1502) << figures;
    EXPECT_LT(NumberAfter(figures, "descriptors"), 1024 - 64) << figures;
  }
}

TEST_F(FloodTest, HalfBegunHandshakesLockNobodyOut) {
  Serve(1024);
  int64_t accepted = 0;
  for (const bool tcp : {true, false}) {
    // The first byte of a TLS record, and of HTTP/2: then nothing more.
    Flood(1500, tcp, tcp ? "\x16" : "P");
    accepted += 1500;
    // gRPC makes a transport for each; the queue before the newcomer is not what is tried here.
    ASSERT_TRUE(Until([&] { return NumberAfter(helper_->Ask(), "accepted") >= accepted; }));
    EXPECT_LT(Unix(), kASecond) << (tcp ? "TCP flood" : "UNIX flood");
    EXPECT_LT(Tcp(), kASecond) << (tcp ? "TCP flood" : "UNIX flood");
    accepted += 2;
    const std::string figures = helper_->Ask();
    EXPECT_EQ(NumberAfter(figures, "refused"), 0) << figures;
    EXPECT_LT(NumberAfter(figures, "descriptors"), 1024 - 64) << figures;
  }
}

TEST_F(FloodTest, ChurnLeavesNothingBehind) {
  Serve(1024);
  ASSERT_LT(Unix(), kASecond);
  ASSERT_LT(Tcp(), kASecond);
  const int64_t before = NumberAfter(helper_->Ask(), "descriptors");
  for (int i = 0; i < 3 * 1024; ++i) {
    for (const int fd : {ConnectUnix(folder_ / "m.sock"), ConnectTcp(port_)}) {
      ASSERT_GE(fd, 0);
      ::close(fd);
    }
  }
  EXPECT_LT(Unix(), kASecond);
  EXPECT_LT(Tcp(), kASecond);
  std::string figures;
  EXPECT_TRUE(Until([&] {
    figures = helper_->Ask();
    return NumberAfter(figures, "descriptors") <= before;
  })) << figures;
}

// UBSan looks at pointers through a pipe of its own and takes a failing pipe for a bad pointer.
#ifndef __SANITIZE_ADDRESS__
// The limits are wrong for the machine, or another part of the program took all descriptors.
TEST_F(FloodTest, SurvivesRunningOutOfDescriptors) {
  Serve(64, 1000);
  Flood(300, true);
  Flood(300, false);
  const int64_t cpu_before = NumberAfter(helper_->Ask(), "cpu_ms");
  EXPECT_LT(Tcp(), absl::Seconds(5));
  EXPECT_LT(Unix(), absl::Seconds(5));
  const int64_t cpu = NumberAfter(helper_->Ask(), "cpu_ms") - cpu_before;
  EXPECT_LT(cpu, 2000);
  EndFlood();
  EXPECT_TRUE(Until([&] { return Unix() < kASecond && Tcp() < kASecond; }));
}

#endif

}  // namespace
}  // namespace madoguchi::rpc
