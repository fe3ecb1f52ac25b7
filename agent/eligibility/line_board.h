#ifndef MADOGUCHI_AGENT_ELIGIBILITY_LINE_BOARD_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_LINE_BOARD_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/base/error.h"
#include "madoguchi/v1/error.pb.h"
#include "madoguchi/v1/system_service.pb.h"

namespace madoguchi::eligibility {

// What is known of a line, written by its thread and read by everybody. Thread-safe; never waits
// for the share. `mono` are times of Monotonic().
class LineBoard {
 public:
  // What a line is judged by.
  struct Rules {
    absl::Duration hang_after;
    absl::Duration try_again_after;
  };
  LineBoard(std::string terminal, Rules rules) : terminal_(std::move(terminal)), rules_(rules) {}

  // The folders could be used, or could not.
  void Reachable(absl::Time now);
  void Unreachable(v1::ErrorDetail cause, absl::Time now);
  bool reachable() const;

  // A question was left for the line's thread.
  void Queued();
  void Asked();
  void Answered(absl::Time now);
  void Unanswered(absl::Time now, absl::Duration mono,
                  base::ErrorCode why = base::ErrorCode::kLineSilent);
  void SetCounts(int queued, int in_flight);
  // `file_name`: printable. Replaces an older problem of the same file.
  void AddProblem(const std::string& file_name, v1::ErrorDetail problem, absl::Time now);

  // Whether something changed that somebody should be told, since this was last asked.
  bool TakeChanged();

  // `lasting`: how long the thread's current call on the share has lasted.
  v1::LineStatus Status(absl::Duration lasting, absl::Time now) const;
  bool Ready(absl::Duration lasting, absl::Duration mono) const;

 private:
  void Update(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string terminal_;
  const Rules rules_;
  mutable absl::Mutex mu_;
  // Everything but an overlay for a call that hangs right now.
  v1::LineStatus status_ ABSL_GUARDED_BY(mu_);
  bool seen_ ABSL_GUARDED_BY(mu_) = false;
  bool unreachable_ ABSL_GUARDED_BY(mu_) = false;
  v1::ErrorDetail trouble_ ABSL_GUARDED_BY(mu_);
  // Unanswered since the last answer.
  int misses_ ABSL_GUARDED_BY(mu_) = 0;
  base::ErrorCode miss_ ABSL_GUARDED_BY(mu_) = base::ErrorCode::kLineSilent;
  absl::Duration last_miss_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
  bool changed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_LINE_BOARD_H_
