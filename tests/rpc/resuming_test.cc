#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "agent/client/channel.h"
#include "agent/client/resuming_watch.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"
#include "tests/rpc/site.h"

namespace madoguchi::rpc {
namespace {

using Message = v1::WatchReceptionsResponse;

v1::WatchReceptionsRequest After(const std::string& cursor) {
  v1::WatchReceptionsRequest request;
  request.set_after_cursor(cursor);
  return request;
}

// What one watcher was given.
class Seen {
 public:
  bool Take(const Message& message) {
    if (!message.has_reception()) return true;
    absl::MutexLock lock(&mu_);
    int& revision = revisions_[message.reception().reception_id()];
    if (message.reception().revision() <= revision) ordered_ = false;
    revision = message.reception().revision();
    return true;
  }
  // Waits until it has the newest revision of each of `wanted`.
  bool WaitFor(const std::vector<v1::Reception>& wanted) {
    const auto complete = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return std::all_of(wanted.begin(), wanted.end(),
                         [this](const v1::Reception& one) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                           const auto found = revisions_.find(one.reception_id());
                           return found != revisions_.end() && found->second == one.revision();
                         });
    };
    absl::MutexLock lock(&mu_);
    return mu_.AwaitWithTimeout(absl::Condition(&complete), absl::Seconds(30));
  }
  bool ordered() {
    absl::MutexLock lock(&mu_);
    return ordered_;
  }

 private:
  absl::Mutex mu_;
  std::map<std::string, int> revisions_ ABSL_GUARDED_BY(mu_);
  bool ordered_ ABSL_GUARDED_BY(mu_) = true;
};

// Comes again and again from `cursor` on and is killed in the middle of whatever it is doing.
void Visit(Site& site, std::string cursor, const std::atomic<bool>& enough) {
  while (!enough.load()) {
    auto stub = v1::ReceptionService::NewStub(site.Channel());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
    auto reader = stub->WatchReceptions(&context, After(cursor));
    Message message;
    while (reader->Read(&message)) cursor = message.cursor();
    reader->Finish();
  }
}

// Watchers come and go while people tap and the server is restarted; each one that resumes has the
// last snapshot of every reception, in order.
TEST(ResumingTest, ResumingLosesNothingWhileEverybodyComesAndGoes) {
  Site site;
  constexpr int kWatchers = 8;
  constexpr int kTaps = 200;
  const std::string start = site.desk().MakeCursor(0);
  std::vector<Seen> seen(kWatchers);
  std::vector<std::unique_ptr<client::ResumingWatch>> watches;
  std::vector<std::thread> threads;
  std::atomic<int> troubles{0};
  client::Target target;
  target.address = site.Target();
  for (int i = 0; i < kWatchers; ++i) {
    const auto channel = client::Dial(target);
    ASSERT_TRUE(channel.ok());
    watches.push_back(std::make_unique<client::ResumingWatch>(*channel, After(start)));
    // Not by way of the list, which grows meanwhile.
    threads.emplace_back([&, i, watch = watches.back().get()] {
      const absl::Status ended =
          watch->Run([&, i](const Message& message) { return seen[i].Take(message); },
                     [&](const absl::Status&) { troubles.fetch_add(1); });
      EXPECT_TRUE(ended.ok()) << ended;
    });
  }
  std::atomic<bool> enough{false};
  std::thread visitor([&] { Visit(site, start, enough); });
  for (int i = 0; i < kTaps; ++i) {
    site.Tap(i % 50);
    if (i % 60 == 30) {
      site.StopServer();
      site.StartServer();
    }
  }
  enough = true;
  visitor.join();
  const auto wanted = site.Receptions();
  for (int i = 0; i < kWatchers; ++i) {
    EXPECT_TRUE(seen[i].WaitFor(wanted)) << "watcher " << i;
    EXPECT_TRUE(seen[i].ordered()) << i;
  }
  EXPECT_EQ(wanted.size(), static_cast<size_t>(kTaps));
  EXPECT_GT(troubles.load(), 0);
  for (auto& watch : watches) watch->Stop();
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace madoguchi::rpc
