#include "agent/reader/room.h"

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/reader/visit.h"
#include "agent/reader/worker.h"

namespace madoguchi::reader {
namespace {

using base::ErrorCode;
using Job = ReaderWorker::Job;

// A job whose answer is `result` of `work`, or `refusal` of why it was not done.
template <typename Done, typename Work, typename Refusal>
Job MakeJob(const Done& done, Work work, Refusal refusal) {
  return {.work =
              [done, work = std::move(work)](ReaderWorker& worker) {
                auto result = work(worker);
                return std::function<void()>(
                    [done, result = std::move(result)] { done(std::move(result)); });
              },
          .refuse = [done, refusal](const absl::Status& why) { done(refusal(why)); }};
}

}  // namespace

class ReaderRoom::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(RoomOptions options, const base::Clock& clock, std::function<void()> on_change,
       OnLost on_lost)
      : shared_(std::make_shared<RoomShared>(std::move(options), clock, std::move(on_change),
                                             std::move(on_lost))) {}

  void Start();
  bool Stop(absl::Duration patience);
  RoomState State() const;
  void Add(const std::string& reader, const Job& job);

 private:
  using Workers = std::map<std::string, std::shared_ptr<ReaderWorker>>;

  // On the monitor's thread.
  void Take(const ReaderList& list);
  void TakeReader(const ReaderFacts& facts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Retire(Workers::iterator worker, const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Why there is no worker.
  absl::Status Missing(const std::string& reader) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Looks after calls that hang, and answers what no worker can.
  void Watch();
  void Wake();
  bool EndWorkers(absl::Time until);

  const std::shared_ptr<RoomShared> shared_;
  std::unique_ptr<ReaderMonitor> monitor_;
  std::thread watch_;
  bool started_ = false;
  bool clean_ = true;

  mutable absl::Mutex mu_;
  absl::CondVar woken_ ABSL_GUARDED_BY(mu_);
  bool wake_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool watch_over_ ABSL_GUARDED_BY(mu_) = false;
  ReaderList list_ ABSL_GUARDED_BY(mu_);
  // By stable name.
  Workers workers_ ABSL_GUARDED_BY(mu_);
  // Of readers that are gone, until their threads have ended.
  std::vector<std::shared_ptr<ReaderWorker>> retired_ ABSL_GUARDED_BY(mu_);
  // Answers for the watch's thread.
  std::deque<std::function<void()>> answers_ ABSL_GUARDED_BY(mu_);
};

void ReaderRoom::Core::Start() {
  if (std::exchange(started_, true)) return;
  // Whoever is left behind at the end may still come here.
  const std::weak_ptr<Core> weak = weak_from_this();
  shared_->wake = [weak] {
    if (const std::shared_ptr<Core> self = weak.lock()) self->Wake();
  };
  watch_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "reader watch");
    Watch();
  });
  monitor_ = std::make_unique<ReaderMonitor>(
      MonitorOptions{.rules = shared_->options.rules, .retry = shared_->options.retry},
      [weak](const ReaderList& list) {
        if (const std::shared_ptr<Core> self = weak.lock()) self->Take(list);
      });
  monitor_->Start();
}

bool ReaderRoom::Core::Stop(absl::Duration patience) {
  {
    absl::MutexLock lock(&mu_);
    if (!started_ || std::exchange(stopping_, true)) return clean_;
  }
  const absl::Time until = SteadyNow() + patience;
  {
    absl::MutexLock lock(&mu_);
    while (!workers_.empty()) Retire(workers_.begin(), base::MakeError(ErrorCode::kStopping));
  }
  clean_ = monitor_->Stop(patience);
  clean_ = EndWorkers(until) && clean_;
  {
    absl::MutexLock lock(&mu_);
    watch_over_ = true;
  }
  Wake();
  watch_.join();
  shared_->out.Cut();
  return clean_;
}

bool ReaderRoom::Core::EndWorkers(absl::Time until) {
  std::vector<std::shared_ptr<ReaderWorker>> workers;
  {
    absl::MutexLock lock(&mu_);
    workers = retired_;
  }
  bool clean = true;
  for (const std::shared_ptr<ReaderWorker>& worker : workers) {
    if (worker->Join(until)) continue;
    clean = false;
    worker->LeaveBehind();
  }
  return clean;
}

RoomState ReaderRoom::Core::State() const {
  RoomState state;
  absl::MutexLock lock(&mu_);
  state.service = list_.service;
  for (const ReaderFacts& facts : list_.readers) {
    RoomReader reader;
    reader.facts = facts;
    if (const auto worker = workers_.find(facts.name); worker != workers_.end()) {
      reader.stuck = worker->second->stuck();
      reader.holder = worker->second->holder();
    }
    state.readers.push_back(std::move(reader));
  }
  return state;
}

absl::Status ReaderRoom::Core::Missing(const std::string& reader) const {
  if (!list_.service.ok()) return list_.service;
  const bool known = std::any_of(list_.readers.begin(), list_.readers.end(),
                                 [&](const ReaderFacts& facts) { return facts.name == reader; });
  return base::MakeError(ErrorCode::kReaderNotFound,
                         {.what = absl::StrCat(base::Printable(reader),
                                               known ? " belongs to no counter" : " is not there"),
                          .field = "reader"});
}

void ReaderRoom::Core::Add(const std::string& reader, const Job& job) {
  absl::Status refused;
  bool here = false;
  std::shared_ptr<ReaderWorker> worker;
  {
    absl::MutexLock lock(&mu_);
    here = stopping_ || !started_;
    const auto found = workers_.find(reader);
    if (found != workers_.end()) worker = found->second;
    if (here) refused = base::MakeError(ErrorCode::kStopping);
    if (refused.ok() && worker == nullptr) refused = Missing(reader);
  }
  if (refused.ok()) refused = worker->Add(job);
  if (refused.ok()) return;
  if (here) {
    job.refuse(refused);
    return;
  }
  {
    absl::MutexLock lock(&mu_);
    answers_.push_back([refuse = job.refuse, refused] { refuse(refused); });
  }
  Wake();
}

void ReaderRoom::Core::Retire(Workers::iterator worker, const absl::Status& why) {
  worker->second->End(why);
  retired_.push_back(worker->second);
  workers_.erase(worker);
}

void ReaderRoom::Core::TakeReader(const ReaderFacts& facts) {
  auto known = workers_.find(facts.name);
  if (known != workers_.end() && known->second->service_name() != facts.service_name) {
    Retire(known, Missing(facts.name));
    known = workers_.end();
  }
  if (known != workers_.end()) {
    known->second->Take(facts);
  } else if (!facts.counter.empty()) {
    const auto worker = std::make_shared<ReaderWorker>(shared_, facts);
    worker->Start();
    workers_.emplace(facts.name, worker);
  }
}

void ReaderRoom::Core::Take(const ReaderList& list) {
  {
    absl::MutexLock lock(&mu_);
    if (stopping_) return;
    list_ = list;
    for (auto worker = workers_.begin(); worker != workers_.end();) {
      const auto here = worker++;
      const bool there =
          std::any_of(list.readers.begin(), list.readers.end(),
                      [&](const ReaderFacts& facts) { return facts.name == here->first; });
      if (!there) Retire(here, Missing(here->first));
    }
    for (const ReaderFacts& facts : list.readers) TakeReader(facts);
    // Those that have ended are joined without waiting.
    std::erase_if(retired_, [](const std::shared_ptr<ReaderWorker>& worker) {
      return worker->has_ended() && worker->Join(SteadyNow());
    });
  }
  shared_->out.Call(shared_->on_change);
}

void ReaderRoom::Core::Wake() {
  absl::MutexLock lock(&mu_);
  wake_ = true;
  woken_.SignalAll();
}

void ReaderRoom::Core::Watch() {
  absl::Time next = SteadyNow();
  for (;;) {
    std::deque<std::function<void()>> answers;
    std::vector<std::shared_ptr<ReaderWorker>> workers;
    {
      absl::MutexLock lock(&mu_);
      while (!wake_ && SteadyNow() < next) woken_.WaitWithTimeout(&mu_, next - SteadyNow());
      wake_ = false;
      answers = std::exchange(answers_, {});
      if (watch_over_ && answers.empty()) return;
      workers = retired_;
      for (const auto& [name, worker] : workers_) workers.push_back(worker);
    }
    for (const std::function<void()>& answer : answers) shared_->out.Call(answer);
    const absl::Time now = SteadyNow();
    next = absl::InfiniteFuture();
    for (const auto& worker : workers) next = std::min(next, worker->Look(now));
  }
}

ReaderRoom::ReaderRoom(RoomOptions options, const base::Clock& clock,
                       std::function<void()> on_change, OnLost on_lost)
    : core_(std::make_shared<Core>(std::move(options), clock, std::move(on_change),
                                   std::move(on_lost))) {}

ReaderRoom::~ReaderRoom() { Stop(absl::Seconds(2)); }

void ReaderRoom::Start() { core_->Start(); }

bool ReaderRoom::Stop(absl::Duration patience) { return core_->Stop(patience); }

RoomState ReaderRoom::State() const { return core_->State(); }

void ReaderRoom::Open(const std::string& reader, const std::string& holder, const OpenDone& done,
                      OpenOptions options) {
  core_->Add(
      reader,
      MakeJob(
          done, [holder, options](ReaderWorker& worker) { return worker.Open(holder, options); },
          [](const absl::Status& why) { return absl::StatusOr<CardFacts>(why); }));
}

void ReaderRoom::Authenticate(const std::string& reader, const std::string& holder, Pin pin,
                              bool spend_last, const LoginChallenge& challenge,
                              const AuthenticateDone& done) {
  // A job can be copied, a PIN cannot.
  const auto shared_pin = std::make_shared<Pin>(std::move(pin));
  core_->Add(reader, MakeJob(
                         done,
                         [=](ReaderWorker& worker) {
                           return worker.Authenticate(holder, [&](CardVisit& visit) {
                             return visit.Authenticate(std::move(*shared_pin), spend_last,
                                                       challenge);
                           });
                         },
                         [](const absl::Status& why) { return AuthenticateResult{.proof = why}; }));
}

void ReaderRoom::AuthenticateOnPad(const std::string& reader, const std::string& holder,
                                   bool spend_last, const LoginChallenge& challenge,
                                   const AuthenticateDone& done) {
  core_->Add(reader, MakeJob(
                         done,
                         [=](ReaderWorker& worker) {
                           return worker.Authenticate(holder, [&](CardVisit& visit) {
                             return visit.AuthenticateOnPad(spend_last, challenge);
                           });
                         },
                         [](const absl::Status& why) { return AuthenticateResult{.proof = why}; }));
}

void ReaderRoom::Close(const std::string& reader, const std::string& holder,
                       const std::function<void()>& done) {
  core_->Add(reader, {.work =
                          [holder, done](ReaderWorker& worker) {
                            worker.Close(holder);
                            return done;
                          },
                      .refuse = [done](const absl::Status&) { done(); }});
}

}  // namespace madoguchi::reader
