#include "agent/reader/worker.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/log.h"

namespace madoguchi::reader {
namespace {

using base::ErrorCode;
using State = ReaderFacts::State;

// Between attempts to connect to a card that is not powered yet; a failed one costs little.
constexpr absl::Duration kConnectAgain = absl::Milliseconds(25);

// Both wait in the service as long as another program has a transaction.
bool IsTaking(CallWatch::Call call) {
  return call == CallWatch::Call::kConnect || call == CallWatch::Call::kTransaction;
}

}  // namespace

void WayOut::Call(const std::function<void()>& function) {
  {
    absl::MutexLock lock(&mu_);
    if (cut_) return;
    ++inside_;
  }
  function();
  absl::MutexLock lock(&mu_);
  --inside_;
}

void WayOut::Cut() {
  const auto empty = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return inside_ == 0; };
  absl::MutexLock lock(&mu_);
  cut_ = true;
  mu_.Await(absl::Condition(&empty));
}

absl::Time SteadyNow() {
  return absl::UnixEpoch() + absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

ReaderWorker::ReaderWorker(std::shared_ptr<RoomShared> shared, ReaderFacts facts)
    : shared_(std::move(shared)), service_name_(facts.service_name), facts_(std::move(facts)) {}

void ReaderWorker::Start() {
  thread_ = std::thread([self = shared_from_this()] {
    pthread_setname_np(pthread_self(), "reader");
    self->Run();
    self->ended_.Notify();
  });
}

absl::Status ReaderWorker::Add(Job job) {
  absl::MutexLock lock(&mu_);
  if (!end_.ok()) return end_;
  if (!given_up_.ok()) return given_up_;
  jobs_.push_back(std::move(job));
  changed_.SignalAll();
  return absl::OkStatus();
}

void ReaderWorker::Take(const ReaderFacts& facts) {
  absl::MutexLock lock(&mu_);
  facts_ = facts;
  changed_.SignalAll();
}

void ReaderWorker::End(absl::Status why) {
  absl::MutexLock lock(&mu_);
  if (end_.ok()) end_ = std::move(why);
  changed_.SignalAll();
}

bool ReaderWorker::stuck() const {
  absl::MutexLock lock(&mu_);
  return !given_up_.ok();
}

std::string ReaderWorker::holder() const {
  absl::MutexLock lock(&mu_);
  return holder_;
}

absl::Status ReaderWorker::Lost() const {
  if (holder_.empty()) return absl::OkStatus();
  if (!end_.ok()) return end_;
  const bool there = facts_.state == State::kCard || facts_.state == State::kBusy;
  if (there && facts_.card == card_) return absl::OkStatus();
  return base::MakeError(ErrorCode::kCardLost,
                         {.what = there ? "another card lies there" : "it went while it waited"});
}

void ReaderWorker::PowerOffFirst() {
  {
    absl::MutexLock lock(&mu_);
    if (facts_.state != State::kCard) return;
    busy_ = true;
  }
  shared_->wake();
  absl::StatusOr<std::unique_ptr<CardSession>> session = Connect();
  if (session.ok()) {
    (*session)->PowerOffAtEnd();
    session->reset();
  }
  base::LogInfo("card_powered_off", {{"reader", base::Printable(service_name_)},
                                     {"done", session.ok() ? "yes" : "no"}});
  ComeBack();
}

void ReaderWorker::Run() {
  PowerOffFirst();
  for (;;) {
    absl::Status end;
    std::optional<Job> job;
    std::deque<Job> refused;
    bool lost = false;
    {
      absl::MutexLock lock(&mu_);
      busy_ = false;
      while (end_.ok() && jobs_.empty() && Lost().ok()) changed_.Wait(&mu_);
      busy_ = true;
      end = end_;
      lost = !Lost().ok();
      if (!end.ok()) {
        refused = std::exchange(jobs_, {});
      } else if (!lost) {
        job = std::move(jobs_.front());
        jobs_.pop_front();
        running_ = job->refuse;
      }
    }
    shared_->wake();
    // A room that stops need not be told of it.
    if (lost && !base::Is(end, ErrorCode::kStopping)) TellLost();
    for (const Job& one : refused) shared_->out.Call([&] { one.refuse(end); });
    if (!end.ok()) break;
    if (job.has_value()) RunJob(*std::move(job));
    ComeBack();
  }
  EndVisit();
  context_.reset();
}

void ReaderWorker::RunJob(Job job) {
  const std::function<void()> answer = job.work(*this);
  job = {};
  bool answered = false;
  {
    absl::MutexLock lock(&mu_);
    answered = std::exchange(running_, nullptr) == nullptr;
  }
  Changed();
  if (!answered) shared_->out.Call(answer);
}

void ReaderWorker::ComeBack() {
  // Whoever waited has been answered.
  if (visit_ != nullptr && visit_->over()) EndVisit();
  if (!stuck()) return;
  EndVisit();
  {
    absl::MutexLock lock(&mu_);
    given_up_ = absl::OkStatus();
  }
  base::LogInfo("reader_came_back", {{"reader", base::Printable(service_name_)}});
  Changed();
}

void ReaderWorker::TellLost() {
  std::string holder;
  absl::Status why;
  {
    absl::MutexLock lock(&mu_);
    why = Lost();
    holder = std::exchange(holder_, "");
  }
  // What is left of a session with a card that is not there anybody may wait for, but not its
  // holder.
  shared_->out.Call([&] { shared_->on_lost(holder, why); });
  Changed();
  EndVisit();
}

void ReaderWorker::EndVisit() {
  visit_.reset();
  absl::MutexLock lock(&mu_);
  holder_.clear();
}

void ReaderWorker::EndSession() {
  if (visit_ != nullptr && !visit_->over()) {
    EndVisit();
    return;
  }
  absl::MutexLock lock(&mu_);
  holder_.clear();
}

absl::StatusOr<std::unique_ptr<CardSession>> ReaderWorker::ConnectOnce() {
  const bool fresh = !context_.has_value();
  if (fresh) {
    absl::StatusOr<PcscContext> context = PcscContext::Establish();
    if (!context.ok()) return context.status();
    context_ = *std::move(context);
  }
  absl::StatusOr<std::unique_ptr<CardSession>> session =
      CardSession::Open(*context_, service_name_, this);
  if (base::Is(session.status(), ErrorCode::kCardServiceDown)) {
    // A connection does not survive a restart of the service.
    context_.reset();
    if (!fresh) return ConnectOnce();
  }
  return session;
}

absl::StatusOr<std::unique_ptr<CardSession>> ReaderWorker::Connect() {
  const absl::Time until = SteadyNow() + shared_->options.connect_within;
  for (;;) {
    absl::StatusOr<std::unique_ptr<CardSession>> session = ConnectOnce();
    if (session.ok() || base::Is(session.status(), ErrorCode::kReaderNotFound) ||
        base::Is(session.status(), ErrorCode::kReaderStuck) || !WaitToConnect(until)) {
      return session;
    }
  }
}

bool ReaderWorker::WaitToConnect(absl::Time until) {
  const absl::Time next = std::min(until, SteadyNow() + kConnectAgain);
  absl::MutexLock lock(&mu_);
  while (end_.ok() && given_up_.ok() && facts_.state != State::kEmpty) {
    if (SteadyNow() >= next) return next < until;
    changed_.WaitWithTimeout(&mu_, next - SteadyNow());
  }
  return false;
}

absl::StatusOr<CardFacts> ReaderWorker::Open(const std::string& holder, OpenOptions options) {
  uint32_t card = 0;
  {
    absl::MutexLock lock(&mu_);
    if (!holder_.empty()) {
      return base::MakeError(ErrorCode::kReaderBusy,
                             {.what = absl::StrCat("held by ", base::Printable(holder_))});
    }
    if (facts_.state == State::kEmpty) return base::MakeError(ErrorCode::kNoCard);
    card = facts_.card;
  }
  absl::StatusOr<std::unique_ptr<CardSession>> session = Connect();
  if (!session.ok()) return session.status();
  visit_ = std::make_unique<CardVisit>(*std::move(session), memory_, shared_->options.trust);
  absl::StatusOr<CardFacts> facts = visit_->Read(options, shared_->clock);
  {
    absl::MutexLock lock(&mu_);
    holder_ = holder;
    card_ = card;
    // Swapped meanwhile without an exchange that failed: whose certificate that is nobody knows.
    if (facts.ok() && given_up_.ok() && !Lost().ok()) facts = Lost();
    if (facts.ok() && given_up_.ok()) return facts;
  }
  EndSession();
  return facts;
}

AuthenticateResult ReaderWorker::Authenticate(
    const std::string& holder, const std::function<AuthenticateResult(CardVisit&)>& authenticate) {
  {
    absl::MutexLock lock(&mu_);
    if (holder_.empty() || holder_ != holder) {
      return {.proof = base::MakeError(
                  holder_.empty() ? ErrorCode::kCardLost : ErrorCode::kReaderBusy,
                  {.what = holder_.empty() ? std::string("no card is open on this reader")
                                           : absl::StrCat("held by ", base::Printable(holder_))})};
    }
  }
  AuthenticateResult result = authenticate(*visit_);
  if (!result.open) EndSession();
  return result;
}

void ReaderWorker::Close(const std::string& holder) {
  if (this->holder() == holder) EndVisit();
}

void ReaderWorker::Begins(Call call, absl::Duration longer) {
  absl::MutexLock lock(&mu_);
  call_ = call;
  const absl::Duration within =
      IsTaking(call) ? shared_->options.connect_within : shared_->options.exchange_within;
  call_until_ = SteadyNow() + within + longer;
}

bool ReaderWorker::Ends() {
  absl::MutexLock lock(&mu_);
  call_.reset();
  call_until_ = absl::InfiniteFuture();
  return given_up_.ok();
}

absl::Status ReaderWorker::StuckError() const {
  if (call_.has_value() && IsTaking(*call_)) {
    return base::MakeError(ErrorCode::kReaderBusy, {.what = "it does not let go of the reader"});
  }
  return base::MakeError(ErrorCode::kReaderStuck);
}

absl::Time ReaderWorker::Look(absl::Time now) {
  Refuse running;
  std::deque<Job> jobs;
  absl::Status first;
  absl::Status others;
  {
    absl::MutexLock lock(&mu_);
    if (!busy_ || !given_up_.ok()) return absl::InfiniteFuture();
    if (!call_.has_value()) {
      // A call that begins later ends later than that.
      return now + std::min(shared_->options.exchange_within, shared_->options.connect_within);
    }
    if (now < call_until_) return call_until_;
    others = StuckError();
    first = call_ == Call::kPinExchange
                ? base::MakeError(ErrorCode::kVerifyInterrupted, {.what = "the reader hangs"})
                : others;
    given_up_ = others;
    holder_.clear();
    running = std::exchange(running_, nullptr);
    jobs = std::exchange(jobs_, {});
  }
  base::LogWarning("reader_stuck", {{"reader", base::Printable(service_name_)},
                                    {"error", base::DetailOf(first)->number()}});
  Changed();
  if (running != nullptr) shared_->out.Call([&] { running(first); });
  for (const Job& job : jobs) shared_->out.Call([&] { job.refuse(others); });
  return absl::InfiniteFuture();
}

bool ReaderWorker::Join(absl::Time until) {
  const absl::Duration left = std::max(until - SteadyNow(), absl::ZeroDuration());
  if (!ended_.WaitForNotificationWithTimeout(left)) return false;
  thread_.join();
  return true;
}

void ReaderWorker::LeaveBehind() {
  // Nothing that hangs here is past its time yet, perhaps; the room does not wait for that.
  {
    absl::MutexLock lock(&mu_);
    busy_ = true;
    call_until_ = absl::InfinitePast();
    if (!call_.has_value()) call_ = Call::kExchange;
  }
  Look(SteadyNow());
  thread_.detach();
}

}  // namespace madoguchi::reader
