#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "agent/base/japan_time.h"
#include "agent/client/channel.h"
#include "agent/client/resuming_watch.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"
#include "tests/rpc/site.h"

namespace madoguchi::rpc {
namespace {

using Request = v1::WatchReceptionsRequest;
using Message = v1::WatchReceptionsResponse;

// One open stream of the test's.
class Stream {
 public:
  Stream(const Site& site, const Request& request)
      : stub_(v1::ReceptionService::NewStub(site.Channel())) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    reader_ = stub_->WatchReceptions(&context_, request);
    // The server sends these at once: the stream stands.
    reader_->WaitForInitialMetadata();
  }
  ~Stream() {
    if (reader_ != nullptr) End();
  }
  Message Next() {
    Message message;
    EXPECT_TRUE(reader_->Read(&message));
    return message;
  }
  grpc::Status End() {
    context_.TryCancel();
    return Finish();
  }
  // Reads what is left, then how it ended.
  grpc::Status Finish() {
    Message message;
    while (reader_->Read(&message)) {
    }
    grpc::Status status = reader_->Finish();
    reader_.reset();
    return status;
  }

 private:
  std::unique_ptr<v1::ReceptionService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<Message>> reader_;
};

Request Now() {
  Request request;
  request.set_now(true);
  return request;
}
Request Today() {
  Request request;
  request.set_today(true);
  return request;
}
Request After(const std::string& cursor) {
  Request request;
  request.set_after_cursor(cursor);
  return request;
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> DialSite(const Site& site) {
  client::Target target;
  target.address = site.Target();
  return client::Dial(target);
}

grpc::Status Refusal(const Site& site, const Request& request) {
  return Stream(site, request).Finish();
}

TEST(WatchTest, NowSaysAtOnceWhereItStandsAndThenWhatIsNew) {
  Site site;
  site.Tap(1);
  Stream stream(site, Now());
  const Message first = stream.Next();
  EXPECT_FALSE(first.has_reception());
  EXPECT_TRUE(first.caught_up());
  EXPECT_NE(first.cursor(), "");
  const v1::Reception tapped = site.Tap(2);
  const Message second = stream.Next();
  EXPECT_EQ(second.reception().reception_id(), tapped.reception_id());
  EXPECT_TRUE(second.caught_up());
  EXPECT_NE(second.cursor(), first.cursor());
}

TEST(WatchTest, ARequestWithoutStartIsNow) {
  Site site;
  site.Tap(1);
  Stream stream(site, Request());
  EXPECT_FALSE(stream.Next().has_reception());
}

TEST(WatchTest, TodayGivesTodaysInOrderOfTheirLastChangeThenTheNew) {
  base::ManualClock clock(base::JapanDayStart(absl::CivilDay(2026, 2, 2)) + absl::Hours(23));
  Site::Options options;
  options.clock = &clock;
  Site site(options);
  site.Tap(1);
  clock.Advance(absl::Hours(10));
  const v1::Reception a = site.Tap(2);
  const v1::Reception b = site.Tap(3);
  // The first of today changes, so it comes last.
  v1::CancelReceptionRequest cancel;
  cancel.set_reception_id(a.reception_id());
  grpc::ClientContext context;
  v1::CancelReceptionResponse cancelled;
  const grpc::Status status =
      v1::ReceptionService::NewStub(site.Channel())->CancelReception(&context, cancel, &cancelled);
  ASSERT_TRUE(status.ok()) << status.error_message();
  Stream stream(site, Today());
  const Message first = stream.Next();
  EXPECT_EQ(first.reception().reception_id(), b.reception_id());
  EXPECT_FALSE(first.caught_up());
  const Message second = stream.Next();
  EXPECT_EQ(second.reception().reception_id(), a.reception_id());
  EXPECT_EQ(second.reception().state(), v1::RECEPTION_STATE_CANCELLED);
  const v1::Reception c = site.Tap(4);
  Message third = stream.Next();
  // Whether the tail was reached in between is a matter of time.
  if (!third.has_reception()) third = stream.Next();
  EXPECT_EQ(third.reception().reception_id(), c.reception_id());
}

TEST(WatchTest, TodayWithoutAnybodySaysSoAtOnce) {
  Site site;
  Stream stream(site, Today());
  const Message message = stream.Next();
  EXPECT_FALSE(message.has_reception());
  EXPECT_TRUE(message.caught_up());
}

TEST(WatchTest, ACursorGoesOnBehindWhatWasSeen) {
  Site site;
  std::string cursor;
  {
    Stream stream(site, Now());
    cursor = stream.Next().cursor();
    site.Tap(1);
    cursor = stream.Next().cursor();
  }
  std::vector<std::string> missed;
  for (int i = 2; i < 7; ++i) missed.push_back(site.Tap(i).reception_id());
  for (const bool restart : {false, true}) {
    if (restart) site.Restart();
    Stream stream(site, After(cursor));
    for (const std::string& id : missed) EXPECT_EQ(stream.Next().reception().reception_id(), id);
  }
}

TEST(WatchTest, ACursorOfAnotherStoreAndOneThatIsNoneAreToldApart) {
  Site site;
  Site other;
  const grpc::Status foreign = Refusal(site, After(other.desk().MakeCursor(0)));
  EXPECT_EQ(foreign.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(DetailIn(foreign).number(), "MDG-1003");
  const grpc::Status ahead = Refusal(site, After(site.desk().MakeCursor(99)));
  EXPECT_EQ(ahead.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  const grpc::Status none = Refusal(site, After("rubbish"));
  EXPECT_EQ(none.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailIn(none).field(), "after_cursor");
  Request request = Now();
  request.add_counters("garage");
  EXPECT_EQ(DetailIn(Refusal(site, request)).field(), "counters[0]");
}

TEST(WatchTest, ACursorOlderThanWhatIsKeptIsOutOfRangeAndTheListGoesOn) {
  base::ManualClock clock(base::JapanDayStart(absl::CivilDay(2026, 2, 2)) + absl::Hours(10));
  Site::Options options;
  options.clock = &clock;
  Site site(options);
  const std::string cursor = site.desk().MakeCursor(0);
  site.Tap(1);
  // Kept for 14 days after its day, and then deleted, at the latest at the next start.
  clock.Advance(absl::Hours(24 * 20));
  site.Restart();
  absl::Mutex mu;
  const auto gone = [&] { return !site.desk().ParseCursor(cursor).ok(); };
  for (int i = 0; i < 500 && !gone(); ++i) {
    clock.Advance(absl::Minutes(10));
    absl::MutexLock lock(&mu);
    mu.AwaitWithTimeout(absl::Condition::kTrue, absl::Milliseconds(1));
    site.desk().board().Head();
    std::this_thread::yield();
  }
  const grpc::Status old = Refusal(site, After(cursor));
  EXPECT_EQ(old.error_code(), grpc::StatusCode::OUT_OF_RANGE);

  // The client of the house does by itself what the error says.
  const v1::Reception tapped = site.Tap(2);
  const auto channel = DialSite(site);
  ASSERT_TRUE(channel.ok());
  client::ResumingWatch watch(*channel, After(cursor));
  std::string got;
  const absl::Status ended = watch.Run(
      [&](const Message& message) {
        if (!message.has_reception()) return true;
        got = message.reception().reception_id();
        return false;
      },
      nullptr);
  EXPECT_TRUE(ended.ok()) << ended;
  EXPECT_EQ(got, tapped.reception_id());
}

TEST(WatchTest, FiltersByCounterAndState) {
  Site::Options options;
  options.counters = {"back"};
  Site site(options);
  Request answered = Now();
  answered.add_states(v1::RECEPTION_STATE_CANCELLED);
  Stream cancelled(site, answered);
  Stream mine(site, Now());
  EXPECT_FALSE(cancelled.Next().has_reception());
  EXPECT_FALSE(mine.Next().has_reception());
  site.Tap(1, "front");
  const v1::Reception back = site.Tap(2, "back");
  EXPECT_EQ(mine.Next().reception().reception_id(), back.reception_id());
  v1::CancelReceptionRequest cancel;
  cancel.set_reception_id(back.reception_id());
  grpc::ClientContext context;
  v1::CancelReceptionResponse response;
  ASSERT_TRUE(v1::ReceptionService::NewStub(site.Channel())
                  ->CancelReception(&context, cancel, &response)
                  .ok());
  EXPECT_EQ(cancelled.Next().reception().state(), v1::RECEPTION_STATE_CANCELLED);
  EXPECT_EQ(mine.Next().reception().state(), v1::RECEPTION_STATE_CANCELLED);
}

TEST(WatchTest, AHeartbeatMovesTheCursorPastWhatDoesNotMatch) {
  base::ManualClock clock(base::JapanDayStart(absl::CivilDay(2026, 2, 2)) + absl::Hours(10));
  Site::Options options;
  options.clock = &clock;
  Site site(options);
  Request request = Now();
  request.add_counters("back");
  Stream stream(site, request);
  const Message first = stream.Next();
  for (int i = 0; i < 3; ++i) site.Tap(i, "front");
  clock.Advance(absl::Seconds(15));
  const Message heartbeat = stream.Next();
  EXPECT_FALSE(heartbeat.has_reception());
  EXPECT_TRUE(heartbeat.caught_up());
  EXPECT_EQ(heartbeat.cursor(), site.desk().MakeCursor(site.desk().board().Head()));
  EXPECT_NE(heartbeat.cursor(), first.cursor());
}

TEST(WatchTest, StopEndsOpenStreamsWithAReason) {
  Site site;
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(std::make_unique<Stream>(site, Now()));
    streams.back()->Next();
  }
  EXPECT_EQ(site.server().Watchers(), 20);
  const absl::Time began = absl::Now();
  std::thread stopper([&] { site.server().Stop(absl::Seconds(5)); });
  for (auto& stream : streams) {
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(DetailIn(status).number(), "MDG-1004");
  }
  stopper.join();
  EXPECT_LT(absl::Now() - began, absl::Seconds(4));
}

TEST(WatchTest, LimitsStreamsPerClient) {
  Site::Options options;
  options.watch.per_identity = 2;
  Site site(options);
  Stream a(site, Now());
  Stream b(site, Now());
  a.Next();
  b.Next();
  const grpc::Status refused = Refusal(site, Now());
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailIn(refused).number(), "MDG-1007");
}

TEST(WatchTest, AWatcherThatTakesNothingIsCutAndGoesOnLater) {
  base::ManualClock clock(base::JapanDayStart(absl::CivilDay(2026, 2, 2)) + absl::Hours(10));
  Site::Options options;
  options.clock = &clock;
  options.padding = 16'384;
  Site site(options);
  auto stub = v1::ReceptionService::NewStub(site.Channel());
  grpc::ClientContext context;
  auto reader = stub->WatchReceptions(&context, Now());
  reader->WaitForInitialMetadata();
  Message message;
  ASSERT_TRUE(reader->Read(&message));
  const std::string cursor = message.cursor();
  // Nothing is read any more until flow control holds a write up.
  constexpr int kTaps = 60;
  std::vector<std::string> ids;
  ids.reserve(kTaps);
  for (int i = 0; i < kTaps; ++i) ids.push_back(site.Tap(i).reception_id());
  for (int i = 0; i < 200 && site.server().Watchers() > 0; ++i) {
    clock.Advance(absl::Seconds(1));
    absl::Mutex mu;
    absl::MutexLock lock(&mu);
    absl::CondVar cv;
    cv.WaitWithTimeout(&mu, absl::Milliseconds(5));
  }
  EXPECT_EQ(site.server().Watchers(), 0);
  std::string last = cursor;
  size_t got = 0;
  while (reader->Read(&message)) {
    last = message.cursor();
    if (message.has_reception()) ++got;
  }
  EXPECT_FALSE(reader->Finish().ok());
  EXPECT_LT(got, ids.size()) << "flow control never held anything up";
  Stream stream(site, After(last));
  for (size_t i = got; i < ids.size(); ++i) {
    const Message next = stream.Next();
    ASSERT_TRUE(next.has_reception());
    ASSERT_EQ(next.reception().reception_id(), ids[i]);
  }
}

}  // namespace
}  // namespace madoguchi::rpc
