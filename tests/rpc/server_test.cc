#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "agent/client/channel.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"
#include "tests/rpc/site.h"

namespace madoguchi::rpc {
namespace {

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
}

// One call with any bytes for a body.
grpc::Status Raw(const Site& site, const std::string& path, const std::string& bytes,
                 std::string* answer = nullptr) {
  grpc::GenericStub stub(site.Channel());
  grpc::ClientContext context;
  SetDeadline(context);
  grpc::CompletionQueue queue;
  grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  grpc::Status status;
  auto call = stub.PrepareUnaryCall(&context, path, request, &queue);
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  grpc::Slice whole;
  if (answer != nullptr && status.ok() && response.DumpToSingleSlice(&whole).ok()) {
    answer->assign(reinterpret_cast<const char*>(whole.begin()), whole.size());
  }
  return status;
}

TEST(ServerTest, AnswersHealthUntilItStops) {
  Site site;
  // grpc.health.v1: field 1 of the request is the service, field 1 of the answer the state.
  for (const std::string service : {"", "madoguchi.v1.ReceptionService"}) {
    const std::string request =
        service.empty() ? "" : absl::StrCat("\x0A", std::string(1, char(service.size())), service);
    std::string answer;
    const grpc::Status status = Raw(site, "/grpc.health.v1.Health/Check", request, &answer);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(answer, "\x08\x01") << "SERVING";
  }
}

TEST(ServerTest, NamesTheFieldWhoseBytesAreNotUtf8) {
  Site site;
  const std::string method = "/madoguchi.v1.ReceptionService/";
  // patient_id in CP932.
  const grpc::Status sjis =
      Raw(site, method + "ExpectPatient", std::string("\x12\x05") + "front" + "\x1A\x02\x89\xC8");
  EXPECT_EQ(sjis.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailIn(sjis).field(), "patient_id");
  for (const char* name : {"GetReception", "ListReceptions", "CancelReception"}) {
    const grpc::Status status = Raw(site, method + name, "\xFF\xFF\xFF");
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << name;
    EXPECT_EQ(DetailIn(status).number(), "MDG-1001") << name;
  }
  const grpc::Status large = Raw(site, method + "GetReception", std::string(100'000, 'x'));
  EXPECT_EQ(large.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST(ServerTest, KnowsRemoteClientsByTheirCertificate) {
  Site::Options options;
  options.tcp = true;
  Site site(options);
  const v1::Reception tapped = site.Tap(1);
  v1::GetReceptionRequest request;
  request.set_reception_id(tapped.reception_id());
  const auto get = [&](const client::Target& target) {
    const auto channel = client::Dial(target);
    if (!channel.ok()) return channel.status();
    grpc::ClientContext context;
    SetDeadline(context);
    v1::GetReceptionResponse response;
    return client::FromGrpc(
        v1::ReceptionService::NewStub(*channel)->GetReception(&context, request, &response));
  };
  const absl::Status known = get(site.RemoteTarget("emr-1"));
  EXPECT_TRUE(known.ok()) << known;
  const absl::Status unknown = get(site.RemoteTarget("emr-2"));
  EXPECT_EQ(unknown.code(), absl::StatusCode::kPermissionDenied) << unknown;
  EXPECT_TRUE(absl::StrContains(unknown.message(), "MDG-1101"));

  const auto listener = site.server().TcpListener();
  EXPECT_EQ(listener.address(), site.server().TcpAddress());
  EXPECT_GT(listener.certificate_expires().seconds(), absl::ToUnixSeconds(absl::Now()));
  EXPECT_EQ(site.server().UnixListener().address(), site.Target());
}

TEST(ServerTest, AThousandWatchersAllHear) {
  Site site;
  constexpr int kStreams = 1000;
  constexpr int kChannels = 8;
  constexpr int kTaps = 5;
  struct Watcher final : grpc::ClientReadReactor<v1::WatchReceptionsResponse> {
    grpc::ClientContext context;
    v1::WatchReceptionsRequest request;
    v1::WatchReceptionsResponse message;
    absl::Mutex* mu = nullptr;
    int* standing = nullptr;
    int* heard = nullptr;
    int* done = nullptr;
    bool stands = false;
    void OnReadDone(bool ok) override {
      if (!ok) return;
      {
        absl::MutexLock lock(mu);
        if (message.has_reception()) {
          ++*heard;
        } else if (!std::exchange(stands, true)) {  // later ones are heartbeats
          ++*standing;
        }
      }
      StartRead(&message);
    }
    void OnDone(const grpc::Status& /*status*/) override {
      absl::MutexLock lock(mu);
      ++*done;
    }
  };
  absl::Mutex mu;
  int standing = 0;
  int heard = 0;
  int done = 0;
  const auto reaches = [&mu](int& value, int wanted) {
    const auto enough = [&] { return value >= wanted; };
    absl::MutexLock lock(&mu);
    return mu.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(60));
  };
  std::vector<std::unique_ptr<v1::ReceptionService::Stub>> stubs;
  stubs.reserve(kChannels);
  for (int i = 0; i < kChannels; ++i) {
    stubs.push_back(v1::ReceptionService::NewStub(site.Channel()));
  }
  std::vector<std::unique_ptr<Watcher>> watchers;
  // However the test ends, no stream may outlive what its callbacks use.
  const absl::Cleanup end = [&] {
    for (const auto& watcher : watchers) watcher->context.TryCancel();
    EXPECT_TRUE(reaches(done, static_cast<int>(watchers.size())));
  };
  for (int i = 0; i < kStreams; ++i) {
    auto watcher = std::make_unique<Watcher>();
    watcher->mu = &mu;
    watcher->standing = &standing;
    watcher->heard = &heard;
    watcher->done = &done;
    watcher->request.set_now(true);
    // A busy machine may be slow to connect: that is not what this is about.
    watcher->context.set_wait_for_ready(true);
    stubs[i % kChannels]->async()->WatchReceptions(&watcher->context, &watcher->request,
                                                   watcher.get());
    watcher->StartRead(&watcher->message);
    watcher->StartCall();
    watchers.push_back(std::move(watcher));
  }
  ASSERT_TRUE(reaches(standing, kStreams));
  EXPECT_EQ(site.server().Watchers(), kStreams);
  std::string times;
  for (int tap = 1; tap <= kTaps; ++tap) {
    const absl::Time began = absl::Now();
    site.Tap(tap);
    ASSERT_TRUE(reaches(heard, tap * kStreams));
    absl::StrAppend(&times, absl::ToInt64Milliseconds(absl::Now() - began), " ");
  }
  RecordProperty("milliseconds_until_all_heard", times);
  site.server().Stop(absl::Seconds(10));
  ASSERT_TRUE(reaches(done, kStreams));
  EXPECT_EQ(heard, kTaps * kStreams);
  EXPECT_EQ(site.server().Watchers(), 0);
}

}  // namespace
}  // namespace madoguchi::rpc
