#include "adapters/route/runner.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <utility>

#include "agent/base/error.h"
#include "agent/base/log.h"

namespace madoguchi::adapters {
namespace {

// A cursor alone is written when there is nothing else to write: it saves listing once more.
constexpr absl::Duration kSaveCursorEvery = absl::Minutes(1);
// After an end of the watch that trying again at once would not mend.
constexpr absl::Duration kWatchAgain = absl::Seconds(10);

v1::WatchReceptionsRequest RequestOf(const Filter& filter, const std::string& cursor) {
  v1::WatchReceptionsRequest request;
  if (cursor.empty()) {
    request.set_today(true);
  } else {
    request.set_after_cursor(cursor);
  }
  for (const std::string& counter : filter.counters) request.add_counters(counter);
  return request;
}

std::function<double()> Random() {
  return [engine = std::mt19937(std::random_device{}())]() mutable {
    return std::uniform_real_distribution<double>(0, 1)(engine);
  };
}

}  // namespace

Runner::Runner(Route route, std::string folder, const kept::v1::RouteState& state,
               const std::shared_ptr<grpc::Channel>& channel, const crypto::KeyedHash& hash,
               base::Clock& clock)
    : route_(std::move(route)),
      folder_(std::move(folder)),
      hash_(hash),
      clock_(clock),
      source_(channel),
      watch_(channel, RequestOf(route_.filter, state.cursor())),
      stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      queue_(state, route_.policy, Random()) {}

Runner::~Runner() {
  Stop();
  if (watcher_.joinable()) watcher_.join();
  if (courier_.joinable()) courier_.join();
  ::close(stop_fd_);
}

void Runner::Start() {
  route_.destination->Start();
  watcher_ = std::thread([this] { Watch(); });
  courier_ = std::thread([this] { Deliver(); });
}

void Runner::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
    cv_.SignalAll();
  }
  ::eventfd_write(stop_fd_, 1);
  source_.Stop();
  watch_.Stop();
}

int Runner::Do(const Ask& ask) {
  absl::MutexLock lock(&mu_);
  const int count = ask.kind == Ask::Kind::kResend ? queue_.Resend(ask.reception_id, clock_.Now())
                                                   : queue_.Drop(ask.reception_id, clock_.Now());
  dirty_ = true;
  SaveIfDue(true);
  cv_.SignalAll();
  return count;
}

void Runner::Take(const v1::Reception& reception) {
  const bool fits = Fits(route_.filter, reception);
  const Stage stage = route_.filter.fetch ? Stage::kFetch : Stage::kReady;
  for (const v1::ExportWhat what : route_.filter.what) {
    const auto wish = fits ? WishOf(reception, what, stage, hash_) : std::optional<Wish>();
    if (wish.has_value()) {
      dirty_ |= queue_.Offer(*wish, route_.NeedsChart(), clock_.Now());
      continue;
    }
    // A medical record that waits is asked for nevertheless: the daemon says no, and writes it
    // down.
    if (what != v1::EXPORT_WHAT_RECEPTION && fits) continue;
    dirty_ |=
        queue_.Withdraw(reception.reception_id(), what,
                        base::MakeError(base::ErrorCode::kWrongState,
                                        {.state = v1::ReceptionState_Name(reception.state())}),
                        clock_.Now());
  }
}

bool Runner::Heard(const v1::WatchReceptionsResponse& message) {
  absl::MutexLock lock(&mu_);
  while (queue_.Full() && !stopped_) cv_.WaitWithTimeout(&mu_, absl::Seconds(1));
  if (stopped_) return false;
  dirty_ |= !lost_.empty();
  lost_.clear();
  if (message.has_reception()) Take(message.reception());
  queue_.set_cursor(message.cursor());
  if (message.caught_up()) {
    hearing_since_ = absl::InfiniteFuture();
  } else {
    hearing_since_ = std::min(hearing_since_, clock_.Now());
  }
  caught_up_ = message.caught_up();
  cv_.SignalAll();
  return true;
}

void Runner::Lost(const absl::Status& trouble) {
  base::LogWarning("daemon_lost", {{"route", route_.name}, {"error", NumberOf(trouble)}});
  absl::MutexLock lock(&mu_);
  lost_ = NumberOf(trouble);
  dirty_ = true;
  caught_up_ = false;
  hearing_since_ = absl::InfiniteFuture();
  cv_.SignalAll();
}

bool Runner::MayDeliver(absl::Time now) const {
  return caught_up_ || now >= hearing_since_ + kHearWithin;
}

void Runner::Watch() {
  while (true) {
    const absl::Status ended =
        watch_.Run([this](const v1::WatchReceptionsResponse& message) { return Heard(message); },
                   [this](const absl::Status& trouble) { Lost(trouble); });
    if (!ended.ok()) Lost(ended);
    absl::MutexLock lock(&mu_);
    if (stopped_ || ended.ok()) return;
    const absl::Time until = clock_.Now() + kWatchAgain;
    while (!stopped_ && clock_.Now() < until) clock_.Wait(mu_, cv_, until);
    if (stopped_) return;
  }
}

void Runner::SaveIfDue(bool now) {
  const absl::Time time = clock_.Now();
  if (!now && time < saved_ + (dirty_ ? kSaveEvery : kSaveCursorEvery)) return;
  saved_ = time;
  kept::v1::RouteState state = queue_.State(time);
  if (!lost_.empty()) state.set_trouble(lost_);
  const absl::Status saved = SaveState(folder_, state);
  // It goes on: what is delivered now is perhaps delivered again later, but nothing is lost.
  if (!saved.ok() && !save_failed_) {
    base::LogError("state_not_saved", {{"route", route_.name}, {"error", NumberOf(saved)}});
  }
  save_failed_ = !saved.ok();
  dirty_ = save_failed_;
}

void Runner::Deliver() {
  absl::MutexLock lock(&mu_);
  while (!stopped_) {
    const absl::Time now = clock_.Now();
    const auto item = MayDeliver(now) ? queue_.Next(now) : std::nullopt;
    if (!item.has_value()) {
      SaveIfDue(false);
      const absl::Time save = saved_ + (dirty_ ? kSaveEvery : kSaveCursorEvery);
      const absl::Time next = MayDeliver(now) ? queue_.NextTime() : hearing_since_ + kHearWithin;
      clock_.Wait(mu_, cv_, std::min(next, save));
      continue;
    }
    mu_.Unlock();
    const Outcome outcome =
        Carry(route_, source_, hash_, *item,
              {.deadline = now + route_.policy.deliver_within, .stop_fd = stop_fd_});
    mu_.Lock();
    // What was broken off because of the end says nothing; it is tried again by the next run.
    if (stopped_ && outcome.kind != Outcome::Kind::kDelivered) break;
    queue_.Settle(*item, outcome, clock_.Now());
    dirty_ = true;
    SaveIfDue(false);
    cv_.SignalAll();
    if (outcome.kind != Outcome::Kind::kDelivered) {
      base::LogWarning("not_delivered", {{"route", route_.name},
                                         {"reception", item->reception_id()},
                                         {"error", NumberOf(outcome.why)}});
    }
  }
  SaveIfDue(true);
}

}  // namespace madoguchi::adapters
