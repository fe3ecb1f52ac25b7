#include "agent/rpc/watcher.h"

#include <algorithm>

#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/rpc/watch_hub.h"

namespace madoguchi::rpc {

Watcher::Watcher(WatchHub& hub, std::string identity, std::unique_ptr<WatchSource> source,
                 WatchWire* wire)
    : hub_(hub), identity_(std::move(identity)), source_(std::move(source)), wire_(wire) {}

void Watcher::Start() {
  const absl::Time now = hub_.Now();
  {
    absl::MutexLock lock(&mu_);
    last_write_ = now;
  }
  ArmTimer(now + hub_.options().heartbeat);
  Run();
}

bool Watcher::TakeTurn() {
  if (state_ == State::kWaiting) {
    state_ = State::kTurn;
    return true;
  }
  again_ = true;
  return false;
}

void Watcher::Wake() {
  {
    absl::MutexLock lock(&mu_);
    if (!TakeTurn()) return;
  }
  Run();
}

void Watcher::End(const absl::Status& status) {
  {
    absl::MutexLock lock(&mu_);
    if (!end_.has_value()) end_ = status;
    if (!TakeTurn()) return;
  }
  Run();
}

void Watcher::Abort() {
  absl::MutexLock lock(&mu_);
  if (state_ == State::kDone || aborted_) return;
  aborted_ = true;
  wire_->Abort();
}

void Watcher::Tick() {
  const absl::Time now = hub_.Now();
  absl::Time next;
  bool run = false;
  {
    absl::MutexLock lock(&mu_);
    if (state_ == State::kFinishing || state_ == State::kDone) return;
    if (state_ == State::kWriting) {
      const absl::Time stuck_at = last_write_ + hub_.options().stuck;
      if (now >= stuck_at && !aborted_) {
        base::LogWarning(
            "watcher_stuck",
            {{"client", identity_}, {"error", base::ErrorNumber(base::ErrorCode::kWatcherStuck)}});
        if (!end_.has_value()) end_ = base::MakeError(base::ErrorCode::kWatcherStuck);
        aborted_ = true;
        wire_->Abort();
      }
      // Looks again before the next heartbeat would be late, should the write end meanwhile.
      next = now + hub_.options().heartbeat;
      if (stuck_at > now) next = std::min(next, stuck_at);
    } else if (now - last_write_ >= hub_.options().heartbeat) {
      heartbeat_ = true;
      run = TakeTurn();
      next = now + hub_.options().heartbeat;
    } else {
      next = last_write_ + hub_.options().heartbeat;
    }
  }
  ArmTimer(next);
  if (run) Run();
}

void Watcher::ArmTimer(absl::Time at) {
  hub_.PostAt(at, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Tick();
  });
}

void Watcher::Run() {
  for (;;) {
    if (FinishIfEnded()) return;
    bool heartbeat = false;
    {
      absl::MutexLock lock(&mu_);
      heartbeat = std::exchange(heartbeat_, false);
      again_ = false;
    }
    WatchSource::Step step = source_->Next(heartbeat);
    bool given_away = false;
    switch (step.need) {
      case WatchSource::Need::kSend:
        given_away = Send(std::move(step.message));
        break;
      case WatchSource::Need::kRead:
        given_away = Read();
        break;
      case WatchSource::Need::kYield:
        given_away = Yield();
        break;
      case WatchSource::Need::kWait:
        given_away = Wait();
        break;
    }
    if (given_away) return;
  }
}

bool Watcher::FinishIfEnded() {
  WatchWire* wire = nullptr;
  absl::Status status;
  {
    absl::MutexLock lock(&mu_);
    if (!end_.has_value()) return false;
    state_ = State::kFinishing;
    wire = wire_;
    status = *end_;
  }
  // Outside the lock: the wire stays because its OnDone can only follow this call.
  wire->Finish(status);
  return true;
}

bool Watcher::Send(WireMessage message) {
  WatchWire* wire = nullptr;
  const absl::Time now = hub_.Now();
  {
    absl::MutexLock lock(&mu_);
    state_ = State::kWriting;
    last_write_ = now;
    wire = wire_;
  }
  // Outside the lock: OnDone can only follow a Finish, and that the end of this write.
  wire->Write(std::move(message));
  return true;
}

bool Watcher::Read() {
  {
    absl::MutexLock lock(&mu_);
    state_ = State::kReading;
  }
  const bool posted = hub_.PostRead([self = shared_from_this()] {
    const absl::Status status = self->source_->Read();
    {
      absl::MutexLock lock(&self->mu_);
      self->state_ = State::kTurn;
      if (!status.ok() && !self->end_.has_value()) self->end_ = status;
    }
    self->Run();
  });
  if (posted) return true;
  absl::MutexLock lock(&mu_);
  state_ = State::kTurn;
  if (!end_.has_value()) end_ = base::MakeError(base::ErrorCode::kStopping);
  return false;
}

bool Watcher::Yield() {
  // The turn goes with the task.
  if (hub_.Post([self = shared_from_this()] { self->Run(); })) return true;
  absl::MutexLock lock(&mu_);
  if (!end_.has_value()) end_ = base::MakeError(base::ErrorCode::kStopping);
  return false;
}

bool Watcher::Wait() {
  absl::MutexLock lock(&mu_);
  if (again_ || end_.has_value()) return false;
  state_ = State::kWaiting;
  return true;
}

void Watcher::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mu_);
    state_ = State::kTurn;
    if (!ok && !end_.has_value()) end_ = absl::CancelledError();
  }
  Run();
}

void Watcher::OnCancel() { End(absl::CancelledError()); }

void Watcher::OnDone() {
  {
    absl::MutexLock lock(&mu_);
    state_ = State::kDone;
    wire_ = nullptr;
  }
  hub_.Remove(shared_from_this());
}

}  // namespace madoguchi::rpc
