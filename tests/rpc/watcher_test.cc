#include "agent/rpc/watcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "agent/base/error.h"
#include "agent/base/executor.h"
#include "agent/rpc/watch_hub.h"

// The stream's turn-taking, without gRPC: a wire that answers from its own thread.
namespace madoguchi::rpc {
namespace {

// Says the numbers up to `*limit`, in order; every tenth has to be "read" first.
class CountingSource final : public WatchSource {
 public:
  explicit CountingSource(const std::atomic<int>* limit) : limit_(limit) {}
  Step Next(bool heartbeat) override {
    if (next_ <= limit_->load()) {
      if (next_ % 10 == 0 && !read_) return {Need::kRead, nullptr};
      if (next_ % 7 == 0 && !yielded_) {
        yielded_ = true;
        return {Need::kYield, nullptr};
      }
      read_ = yielded_ = false;
      return {Need::kSend, std::make_shared<const std::string>(absl::StrCat(next_++))};
    }
    if (heartbeat) return {Need::kSend, std::make_shared<const std::string>("heartbeat")};
    return {Need::kWait, nullptr};
  }
  absl::Status Read() override {
    read_ = true;
    return absl::OkStatus();
  }
  bool WantsEvents() const override { return true; }

 private:
  const std::atomic<int>* const limit_;
  int next_ = 1;
  bool read_ = false;
  bool yielded_ = false;
};

// Answers writes from a thread of its own, as gRPC does.
class FakeWire final : public WatchWire {
 public:
  explicit FakeWire(base::Executor& thread) : thread_(thread) {}

  void Write(WireMessage message) override {
    absl::MutexLock lock(&mu_);
    EXPECT_FALSE(writing_) << "two writes at a time";
    EXPECT_FALSE(finished_) << "a write after the end";
    writing_ = true;
    sent_.push_back(*message);
    if (!stuck_) Complete(true);
  }
  void Finish(const absl::Status& status) override {
    absl::MutexLock lock(&mu_);
    EXPECT_FALSE(writing_) << "finished during a write";
    EXPECT_FALSE(finished_) << "finished twice";
    finished_ = true;
    status_ = status;
    thread_.Post([this] {
      const auto watcher = watcher_;
      watcher->OnDone();
      absl::MutexLock inner(&mu_);
      done_ = true;
    });
  }
  void Abort() override {
    absl::MutexLock lock(&mu_);
    ++aborts_;
    thread_.Post([watcher = watcher_] { watcher->OnCancel(); });
    if (writing_ && stuck_) Complete(false);
  }

  void set_watcher(std::shared_ptr<Watcher> watcher) { watcher_ = std::move(watcher); }
  void SetStuck(bool stuck) {
    absl::MutexLock lock(&mu_);
    stuck_ = stuck;
  }
  bool WaitSent(size_t count) {
    const auto enough = [this, count]()
                            ABSL_SHARED_LOCKS_REQUIRED(mu_) { return sent_.size() >= count; };
    absl::MutexLock lock(&mu_);
    return mu_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(20));
  }
  bool WaitDone() {
    absl::MutexLock lock(&mu_);
    return mu_.AwaitWithTimeout(absl::Condition(&done_), absl::Seconds(20));
  }
  std::vector<std::string> sent() {
    absl::MutexLock lock(&mu_);
    return sent_;
  }
  absl::Status status() {
    absl::MutexLock lock(&mu_);
    return status_;
  }
  int aborts() {
    absl::MutexLock lock(&mu_);
    return aborts_;
  }

 private:
  void Complete(bool ok) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    thread_.Post([this, ok] {
      std::shared_ptr<Watcher> watcher;
      {
        absl::MutexLock lock(&mu_);
        writing_ = false;
        watcher = watcher_;
      }
      watcher->OnWriteDone(ok);
    });
  }

  base::Executor& thread_;
  std::shared_ptr<Watcher> watcher_;
  absl::Mutex mu_;
  bool stuck_ ABSL_GUARDED_BY(mu_) = false;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  bool done_ ABSL_GUARDED_BY(mu_) = false;
  int aborts_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> sent_ ABSL_GUARDED_BY(mu_);
};

class WatcherTest : public testing::Test {
 protected:
  // A waking may still be posted when a test ends: it looks at the hub.
  ~WatcherTest() override {
    read_.Stop();
    wake_.Stop();
  }

  std::shared_ptr<Watcher> Open(FakeWire& wire, const std::string& identity = "emr") {
    auto watcher = hub_.Open(identity, std::make_unique<CountingSource>(&limit_), &wire);
    if (!watcher.ok()) return nullptr;
    wire.set_watcher(*watcher);
    return *watcher;
  }

  std::atomic<int> limit_{0};
  base::ManualClock clock_{absl::FromUnixSeconds(1'770'000'000)};
  base::Executor wake_{"wake", clock_};
  base::Executor read_{"read", clock_};
  WatchHub hub_{WatchOptions{.per_identity = 3, .total = 5}, clock_, wake_, read_};
  base::Executor wire_thread_{"wire", clock_};
};

TEST_F(WatcherTest, SendsEverythingOnceInOrderWhileManyThreadsNotify) {
  FakeWire wires[3] = {FakeWire(wire_thread_), FakeWire(wire_thread_), FakeWire(wire_thread_)};
  for (FakeWire& wire : wires) Open(wire)->Start();
  constexpr size_t kEach = 500;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      for (size_t i = 0; i < kEach; ++i) {
        limit_.fetch_add(1);
        hub_.NotifyEvent();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (FakeWire& wire : wires) {
    ASSERT_TRUE(wire.WaitSent(4u * kEach)) << wire.sent().size();
    const auto sent = wire.sent();
    ASSERT_EQ(sent.size(), 4u * kEach);
    for (size_t i = 0; i < sent.size(); ++i) ASSERT_EQ(sent[i], absl::StrCat(i + 1));
  }
  EXPECT_TRUE(hub_.Stop(absl::Seconds(10)));
  for (FakeWire& wire : wires) {
    EXPECT_TRUE(wire.WaitDone());
    EXPECT_TRUE(base::Is(wire.status(), base::ErrorCode::kStopping));
  }
  EXPECT_EQ(hub_.Count(), 0);
}

TEST_F(WatcherTest, SendsAHeartbeatEveryFifteenSecondsOfSilence) {
  FakeWire wire(wire_thread_);
  Open(wire)->Start();
  clock_.Advance(absl::Seconds(14));
  limit_ = 1;
  hub_.NotifyEvent();
  ASSERT_TRUE(wire.WaitSent(1));
  // A write that has not ended yet at the next step of the clock would be no silence.
  ASSERT_TRUE(wire_thread_.RunAndWait([] {}));
  // 15 s after the start, but only 1 s after the last message.
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(wake_.RunAndWait([] {}));
  EXPECT_EQ(wire.sent().size(), 1u);
  clock_.Advance(absl::Seconds(14));
  ASSERT_TRUE(wire.WaitSent(2));
  ASSERT_TRUE(wire_thread_.RunAndWait([] {}));
  clock_.Advance(absl::Seconds(15));
  ASSERT_TRUE(wire.WaitSent(3));
  EXPECT_EQ(wire.sent(), (std::vector<std::string>{"1", "heartbeat", "heartbeat"}));
  EXPECT_TRUE(hub_.Stop(absl::Seconds(10)));
  EXPECT_TRUE(wire.WaitDone());
}

TEST_F(WatcherTest, CutsAStreamWhoseWriteIsStuckForAMinute) {
  FakeWire stuck(wire_thread_);
  FakeWire other(wire_thread_);
  stuck.SetStuck(true);
  Open(stuck)->Start();
  Open(other)->Start();
  limit_ = 1;
  hub_.NotifyEvent();
  ASSERT_TRUE(stuck.WaitSent(1));
  ASSERT_TRUE(other.WaitSent(1));
  for (int i = 0; i < 59; ++i) {
    // The other's writes end before the clock goes on, however busy the machine is.
    ASSERT_TRUE(wire_thread_.RunAndWait([] {}));
    clock_.Advance(absl::Seconds(1));
    ASSERT_TRUE(wake_.RunAndWait([] {}));
  }
  ASSERT_TRUE(wire_thread_.RunAndWait([] {}));
  EXPECT_EQ(stuck.aborts(), 0);
  EXPECT_EQ(hub_.Count(), 2);
  clock_.Advance(absl::Seconds(1));
  ASSERT_TRUE(stuck.WaitDone());
  EXPECT_EQ(stuck.aborts(), 1);
  EXPECT_TRUE(base::Is(stuck.status(), base::ErrorCode::kWatcherStuck));
  EXPECT_EQ(hub_.Count(), 1);
  EXPECT_EQ(other.aborts(), 0);
  EXPECT_TRUE(hub_.Stop(absl::Seconds(10)));
  EXPECT_TRUE(other.WaitDone());
}

TEST_F(WatcherTest, StopBreaksStreamsThatDoNotEnd) {
  FakeWire stuck(wire_thread_);
  stuck.SetStuck(true);
  Open(stuck)->Start();
  limit_ = 1;
  hub_.NotifyEvent();
  ASSERT_TRUE(stuck.WaitSent(1));
  EXPECT_TRUE(hub_.Stop(absl::Milliseconds(400)));
  EXPECT_EQ(stuck.aborts(), 1);
  EXPECT_TRUE(stuck.WaitDone());
}

TEST_F(WatcherTest, CountsStreamsPerClientAndInAll) {
  std::deque<FakeWire> wires;
  const auto open = [&](const std::string& identity) {
    wires.emplace_back(wire_thread_);
    const auto watcher = Open(wires.back(), identity);
    if (watcher != nullptr) watcher->Start();
    return watcher != nullptr;
  };
  EXPECT_TRUE(open("a"));
  EXPECT_TRUE(open("a"));
  EXPECT_TRUE(open("a"));
  EXPECT_FALSE(open("a"));
  EXPECT_TRUE(open("b"));
  EXPECT_TRUE(open("b"));
  EXPECT_FALSE(open("b")) << "five in all";
  // One that goes makes room.
  FakeWire& first = wires.front();
  first.Abort();
  ASSERT_TRUE(first.WaitDone());
  EXPECT_TRUE(open("a"));
  EXPECT_TRUE(hub_.Stop(absl::Seconds(10)));
  const auto refused = hub_.Open("a", std::make_unique<CountingSource>(&limit_), &first);
  EXPECT_TRUE(base::Is(refused.status(), base::ErrorCode::kStopping));
  // The wires' last words run before they go.
  wire_thread_.Stop();
}

TEST_F(WatcherTest, CancellationDuringEverythingEndsEachStreamOnce) {
  for (int round = 0; round < 50; ++round) {
    std::deque<FakeWire> wires;
    for (int i = 0; i < 3; ++i) {
      wires.emplace_back(wire_thread_);
      Open(wires.back())->Start();
    }
    std::thread notifier([this] {
      for (int i = 0; i < 50; ++i) {
        limit_.fetch_add(1);
        hub_.NotifyEvent();
      }
    });
    for (FakeWire& wire : wires) wire.Abort();
    for (FakeWire& wire : wires) EXPECT_TRUE(wire.WaitDone());
    notifier.join();
    // FakeWire checks that nothing is written or finished after the end.
    EXPECT_EQ(hub_.Count(), 0);
    ASSERT_TRUE(wire_thread_.RunAndWait([] {}));
  }
}

}  // namespace
}  // namespace madoguchi::rpc
