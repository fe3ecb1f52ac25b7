#include "agent/rpc/accept/server_options.h"

#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/rpc/accept/test_server.h"

namespace madoguchi::rpc {
namespace {

class ServerOptionsTest : public testing::Test {
 protected:
  // Sends `size` equal bytes, compressed or not.
  grpc::Status Send(size_t size, grpc_compression_algorithm algorithm,
                    const std::string& extra_header = "") {
    grpc::GenericStub stub(server_.Unix());
    grpc::ClientContext context;
    context.set_compression_algorithm(algorithm);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    if (!extra_header.empty()) context.AddMetadata("x-extra", extra_header);
    const grpc::Slice slice(std::string(size, 'x'));
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer reply;
    grpc::Status status;
    absl::Notification done;
    stub.UnaryCall(&context, "/test/Echo", {}, &request, &reply, [&](grpc::Status s) {
      status = std::move(s);
      done.Notify();
    });
    done.WaitForNotification();
    return status;
  }

  TemporaryFolder folder_;
  TestServer server_{{.unix_path = folder_ / "m.sock"}};
};

TEST_F(ServerOptionsTest, RefusesCompressedMessages) {
  EXPECT_TRUE(Send(100'000, GRPC_COMPRESS_NONE).ok());
  for (const grpc_compression_algorithm algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    const grpc::Status status = Send(100'000, algorithm);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << status.error_message();
  }
  EXPECT_TRUE(Send(100'000, GRPC_COMPRESS_NONE).ok());
}

TEST_F(ServerOptionsTest, RefusesLargeMessagesAndHeaders) {
  EXPECT_TRUE(Send(kMaxReceiveBytes - 100, GRPC_COMPRESS_NONE).ok());
  EXPECT_EQ(Send(kMaxReceiveBytes + 1, GRPC_COMPRESS_NONE).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Send(1, GRPC_COMPRESS_NONE, std::string(8'000, 'h')).ok());
  EXPECT_FALSE(Send(1, GRPC_COMPRESS_NONE, std::string(40'000, 'h')).ok());
  EXPECT_TRUE(Send(1, GRPC_COMPRESS_NONE).ok());
}

// In a process of its own: the log function holds for the whole process.
TEST(GrpcLogDeathTest, IsEscapedCutAndBounded) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto flood = [] {
    RouteGrpcLog();
    const std::string hostile = std::string("a\x1b[31mb\n") + std::string(5000, 'y');
    gpr_log(GPR_INFO, "information");
    for (int i = 0; i < 500; ++i) gpr_log(GPR_ERROR, "%s", hostile.c_str());
    std::exit(0);
  };
  EXPECT_EXIT(flood(), testing::ExitedWithCode(0), "a.x1b.31mb.x0a");
  EXPECT_EXIT(flood(), testing::ExitedWithCode(0), testing::Not(testing::HasSubstr("information")));
  EXPECT_EXIT(flood(), testing::ExitedWithCode(0),
              testing::ResultOf([](const std::string& text) { return text.size(); },
                                testing::AllOf(testing::Gt(1000U), testing::Lt(20'000U))));
}

TEST(Environment, LosesWhatWouldChangeTheProgram) {
  const std::vector<std::string> bad = {"GRPC_TRACE",    "GRPC_VERBOSITY", "http_proxy",
                                        "HTTPS_PROXY",   "no_proxy",       "grpc_proxy",
                                        "SSLKEYLOGFILE", "OPENSSL_CONF",   "OPENSSL_MODULES",
                                        "SSL_CERT_FILE", "SSL_CERT_DIR",   "RES_OPTIONS"};
  const std::vector<std::string> good = {"MADOGUCHI_TARGET", "PATH", "NOTIFY_SOCKET", "TZ"};
  std::vector<std::pair<std::string, std::optional<std::string>>> before;
  for (const std::string& name : bad) ::setenv(name.c_str(), "x", 1);
  for (const std::string& name : good) {
    const char* const value = std::getenv(name.c_str());
    before.emplace_back(name, value == nullptr ? std::nullopt : std::optional<std::string>(value));
    if (value == nullptr) ::setenv(name.c_str(), "kept", 1);
  }
  DropDangerousEnvironment();
  for (const std::string& name : bad) EXPECT_EQ(std::getenv(name.c_str()), nullptr) << name;
  for (const auto& [name, value] : before) {
    EXPECT_STREQ(std::getenv(name.c_str()), value.value_or("kept").c_str()) << name;
    if (!value.has_value()) ::unsetenv(name.c_str());
  }
}

}  // namespace
}  // namespace madoguchi::rpc
