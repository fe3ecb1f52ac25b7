#include "agent/client/channel.h"

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/strings/match.h"
#include "absl/synchronization/notification.h"
#include "agent/base/error.h"
#include "agent/client/resuming_watch.h"

namespace madoguchi::client {
namespace {

Target At(const std::string& address) {
  Target target;
  target.address = address;
  return target;
}

TEST(DialTest, RefusesTcpWithoutTls) {
  for (const char* address : {"127.0.0.1:7443", "localhost:7443", "[::1]:7443"}) {
    const auto channel = Dial(At(address));
    EXPECT_TRUE(base::Is(channel.status(), base::ErrorCode::kCannotReach)) << address;
    EXPECT_TRUE(absl::StrContains(channel.status().message(), "--cert")) << channel.status();
  }
}

TEST(DialTest, RefusesWhatIsNoTarget) {
  for (const char* address : {"", "here", ":7443", "http://127.0.0.1:7443", "dns:///x:1"}) {
    EXPECT_TRUE(base::Is(Dial(At(address)).status(), base::ErrorCode::kCannotReach)) << address;
  }
}

TEST(DialTest, NamesTheFileThatCannotBeRead) {
  Target target = At("127.0.0.1:7443");
  target.certificate = "/nowhere/client.pem";
  target.key = "/nowhere/client.key";
  target.ca = "/nowhere/ca.pem";
  const auto status = Dial(target).status();
  EXPECT_TRUE(base::Is(status, base::ErrorCode::kCertificateProblem));
  EXPECT_EQ(base::DetailOf(status)->field(), "--cert");
}

TEST(FromGrpcTest, AnErrorWithoutDetailIsThatNobodyWasReached) {
  const absl::Status status =
      FromGrpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, "failed to connect"));
  EXPECT_TRUE(base::Is(status, base::ErrorCode::kCannotReach));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  // What is no google.rpc.Status is not believed either.
  EXPECT_TRUE(base::Is(FromGrpc(grpc::Status(grpc::StatusCode::INTERNAL, "x", "\xFF\xFFnonsense")),
                       base::ErrorCode::kCannotReach));
}

TEST(ResumingWatchTest, KeepsTryingUntilItIsStopped) {
  const auto channel = Dial(At("unix:/tmp/nobody-listens-here.sock"));
  ASSERT_TRUE(channel.ok());
  v1::WatchReceptionsRequest request;
  request.set_now(true);
  ResumingWatch watch(*channel, request);
  absl::Notification twice;
  int troubles = 0;
  absl::Status ended = absl::InternalError("not yet");
  std::thread thread([&] {
    ended = watch.Run([](const v1::WatchReceptionsResponse&) { return true; },
                      [&](const absl::Status& status) {
                        EXPECT_TRUE(base::Is(status, base::ErrorCode::kCannotReach));
                        if (++troubles == 2) twice.Notify();
                      });
  });
  EXPECT_TRUE(twice.WaitForNotificationWithTimeout(absl::Seconds(20)));
  watch.Stop();
  watch.Stop();
  thread.join();
  EXPECT_TRUE(ended.ok()) << ended;
}

TEST(ResumingWatchTest, StoppedBeforeItRunsItEndsAtOnce) {
  const auto channel = Dial(At("unix:/tmp/nobody-listens-here.sock"));
  ASSERT_TRUE(channel.ok());
  ResumingWatch watch(*channel, {});
  watch.Stop();
  EXPECT_TRUE(watch.Run([](const v1::WatchReceptionsResponse&) { return true; }, nullptr).ok());
}

}  // namespace
}  // namespace madoguchi::client
