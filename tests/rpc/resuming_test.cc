#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

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

// Watchers come and go while people tap and the server is restarted; each one that resumes has the
// last snapshot of every reception, in order.
TEST(ResumingTest, ResumingLosesNothingWhileEverybodyComesAndGoes) {
  Site site;
  constexpr int kWatchers = 8;
  constexpr int kTaps = 200;
  const std::string start = site.desk().MakeCursor(0);
  struct Seen {
    absl::Mutex mu;
    std::map<std::string, int> revisions ABSL_GUARDED_BY(mu);
    bool ordered ABSL_GUARDED_BY(mu) = true;
    std::string last ABSL_GUARDED_BY(mu);
  };
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
    threads.emplace_back([&, i] {
      const absl::Status ended = watches[i]->Run(
          [&, i](const Message& message) {
            if (!message.has_reception()) return true;
            absl::MutexLock lock(&seen[i].mu);
            int& revision = seen[i].revisions[message.reception().reception_id()];
            if (message.reception().revision() <= revision) seen[i].ordered = false;
            revision = message.reception().revision();
            return true;
          },
          [&](const absl::Status&) { troubles.fetch_add(1); });
      EXPECT_TRUE(ended.ok()) << ended;
    });
  }
  // Two more that are killed and come back by hand, in the middle of whatever they were doing.
  std::atomic<bool> enough{false};
  std::thread visitor([&] {
    std::string cursor = start;
    while (!enough.load()) {
      auto stub = v1::ReceptionService::NewStub(site.Channel());
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(100));
      auto reader = stub->WatchReceptions(&context, After(cursor));
      Message message;
      while (reader->Read(&message)) cursor = message.cursor();
      reader->Finish();
    }
  });
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
    const auto complete = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      for (const auto& reception : wanted) {
        const auto found = seen[i].revisions.find(reception.reception_id());
        if (found == seen[i].revisions.end() || found->second != reception.revision()) {
          return false;
        }
      }
      return true;
    };
    absl::MutexLock lock(&seen[i].mu);
    EXPECT_TRUE(seen[i].mu.AwaitWithTimeout(absl::Condition(&complete), absl::Seconds(30)))
        << "watcher " << i << " has " << seen[i].revisions.size() << " of " << wanted.size();
    EXPECT_TRUE(seen[i].ordered) << i;
  }
  EXPECT_EQ(wanted.size(), static_cast<size_t>(kTaps));
  EXPECT_GT(troubles.load(), 0);
  for (auto& watch : watches) watch->Stop();
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace madoguchi::rpc
