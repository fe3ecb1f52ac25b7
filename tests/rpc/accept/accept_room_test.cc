#include "agent/rpc/accept/accept_room.h"

#include <grpcpp/grpcpp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "gtest/gtest.h"
#include "tests/rpc/accept/test_server.h"

namespace madoguchi::rpc {
namespace {

using base::ErrorCode;

class AcceptRoomTest : public testing::Test {
 protected:
  AcceptOptions UnixOnly() { return {.unix_path = folder_ / "m.sock"}; }
  AcceptOptions Both() {
    pki_ = std::make_unique<TestPki>(folder_);
    identity_ = TlsIdentity::Load(pki_->Files()).value();
    return {.unix_path = folder_ / "m.sock", .tcp_address = "127.0.0.1:0", .tls = identity_};
  }

  TemporaryFolder folder_;
  std::unique_ptr<TestPki> pki_;
  std::shared_ptr<TlsIdentity> identity_;
};

TEST_F(AcceptRoomTest, TellsWhoCallsOnTheUnixSocket) {
  const TestServer server(UnixOnly());
  const Answer answer = Call(server.Unix(), "/test/Who");
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.text, absl::StrCat("uid ", ::getuid(), " pid ", ::getpid()));
}

TEST_F(AcceptRoomTest, TellsWhoCallsOverTls) {
  const TestServer server(Both());
  const auto channel = server.Tcp(pki_->Credentials(pki_->Client("emr-1")));
  EXPECT_EQ(Call(channel, "/test/Who").text, "cn emr-1");
  EXPECT_EQ(server.room->Status().unproven, 0);
  EXPECT_EQ(server.room->Status().tcp_connections, 1);
}

}  // namespace
}  // namespace madoguchi::rpc
