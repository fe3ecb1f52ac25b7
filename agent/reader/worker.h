#ifndef MADOGUCHI_AGENT_READER_WORKER_H_
#define MADOGUCHI_AGENT_READER_WORKER_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "agent/reader/card_session.h"
#include "agent/reader/room.h"
#include "agent/reader/visit.h"

// Inside reader/ only: it includes winscard.
namespace madoguchi::reader {

// The way out of the room: to functions that others gave, until it is cut.
class WayOut {
 public:
  // Unless it is cut.
  void Call(const std::function<void()>& function);
  // Afterwards nothing is called any more, and nothing is under way. Not from within Call().
  void Cut();

 private:
  absl::Mutex mu_;
  int inside_ ABSL_GUARDED_BY(mu_) = 0;
  bool cut_ ABSL_GUARDED_BY(mu_) = false;
};

// Time that no setting of a clock moves.
absl::Time SteadyNow();

// What the workers of a room have in common.
struct RoomShared {
  RoomShared(RoomOptions given, const base::Clock& time, std::function<void()> changed,
             ReaderRoom::OnLost lost)
      : options(std::move(given)),
        clock(time),
        on_change(std::move(changed)),
        on_lost(std::move(lost)) {}

  const RoomOptions options;
  const base::Clock& clock;
  const std::function<void()> on_change;
  const ReaderRoom::OnLost on_lost;
  WayOut out;
  // Has the room look after hanging calls sooner than planned.
  std::function<void()> wake;
};

// One reader, as long as it is there: its thread, its connection to the card service, what was
// learnt of it, and at most one session. A call that does not come back holds only this thread:
// Look() answers those who wait, and when it does come back the thread ends the session and works
// on. Thread-safe but for Start(), Join() and LeaveBehind().
class ReaderWorker : public std::enable_shared_from_this<ReaderWorker>, private CallWatch {
 public:
  using Refuse = std::function<void(const absl::Status&)>;
  struct Job {
    // On the worker's thread; what it returns answers the caller.
    std::function<std::function<void()>(ReaderWorker&)> work;
    // Answers the caller instead.
    Refuse refuse;
  };

  ReaderWorker(std::shared_ptr<RoomShared> shared, ReaderFacts facts);

  void Start();
  // In order; refused at once by the caller's thread when this is false (MDG-2120, or why it ends).
  absl::Status Add(Job job);
  // What the monitor says of this reader now.
  void Take(const ReaderFacts& facts);
  // Ends: the reader is gone (MDG-2101, 2102) or the room stops (MDG-1004). The session is ended
  // first; what waits is refused with that.
  void End(absl::Status why);
  // Gives up what hangs at `now`; when to look again. Times are SteadyNow().
  absl::Time Look(absl::Time now);
  // Joins the thread when it ends until then.
  bool Join(absl::Time until);
  bool has_ended() const { return ended_.HasBeenNotified(); }
  // Gives up what is under way and never waits for the thread.
  void LeaveBehind();

  const std::string& service_name() const { return service_name_; }
  bool stuck() const;
  std::string holder() const;

  // For jobs, on the worker's thread.
  absl::StatusOr<CardFacts> Open(const std::string& holder, OpenOptions options);
  // `authenticate` has the holder's card.
  AuthenticateResult Authenticate(
      const std::string& holder, const std::function<AuthenticateResult(CardVisit&)>& authenticate);
  void Close(const std::string& holder);

 private:
  void Run();
  // The card that lies there when the reader is first seen: somebody may have verified a PIN on it.
  void PowerOffFirst();
  void RunJob(Job job);
  absl::StatusOr<std::unique_ptr<CardSession>> Connect();
  absl::StatusOr<std::unique_ptr<CardSession>> ConnectOnce();
  // Whether trying again may help.
  bool WaitToConnect(absl::Time until);
  void EndVisit();
  // For its holder; one that is over is ended by ComeBack().
  void EndSession();
  // After something that Look() may have given up.
  void ComeBack();
  // Tells the holder of a session that went while nothing was under way.
  void TellLost();
  absl::Status Lost() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status StuckError() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Changed() { shared_->out.Call(shared_->on_change); }

  void Begins(Call call, absl::Duration longer) override;
  bool Ends() override;

  const std::shared_ptr<RoomShared> shared_;
  const std::string service_name_;
  std::thread thread_;
  absl::Notification ended_;

  mutable absl::Mutex mu_;
  absl::CondVar changed_ ABSL_GUARDED_BY(mu_);
  ReaderFacts facts_ ABSL_GUARDED_BY(mu_);
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mu_);
  // Why this ends.
  absl::Status end_ ABSL_GUARDED_BY(mu_);
  // Whose session is open, with which card.
  std::string holder_ ABSL_GUARDED_BY(mu_);
  uint32_t card_ ABSL_GUARDED_BY(mu_) = 0;
  // The thread does something.
  bool busy_ ABSL_GUARDED_BY(mu_) = false;
  // For the job that is under way and not answered yet.
  Refuse running_ ABSL_GUARDED_BY(mu_);
  // Of the call under way.
  std::optional<Call> call_ ABSL_GUARDED_BY(mu_);
  absl::Time call_until_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
  // Set by Look(), until the call has come back and the session is ended: why.
  absl::Status given_up_ ABSL_GUARDED_BY(mu_);

  // Of the thread alone. The connection outlives the session.
  std::optional<PcscContext> context_;
  ReaderMemory memory_;
  std::unique_ptr<CardVisit> visit_;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_WORKER_H_
