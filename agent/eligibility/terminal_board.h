#ifndef MADOGUCHI_AGENT_ELIGIBILITY_TERMINAL_BOARD_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_TERMINAL_BOARD_H_

#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "agent/eligibility/folder.h"
#include "madoguchi/v1/error.pb.h"
#include "madoguchi/v1/system_service.pb.h"

namespace madoguchi::eligibility {

// What is known of a terminal, written by its thread and read by everybody. Thread-safe; never
// waits for the share.
class TerminalBoard {
 public:
  TerminalBoard(absl::string_view name, absl::string_view counter);

  // What can be wrong with a terminal, worst first; the first two make it OFFLINE.
  enum class Trouble { kFace, kNotMounted, kSpoolFull, kExtraFolder, kTooManyFiles };
  void SetTrouble(Trouble trouble, v1::ErrorDetail cause, absl::Time now);
  void ClearTrouble(Trouble trouble, absl::Time now);
  // The folders were seen in full.
  void Scanned(absl::Time now);
  void SetFileEvents(bool arrive);
  // A card read was taken; its file is no problem any more.
  void Taken(const std::string& file_name, absl::Time now);
  void Skipped(int leftovers);
  // `file_name`: printable. Replaces an older problem of the same file.
  void AddProblem(const std::string& file_name, v1::ErrorDetail problem, absl::Time now);
  void DropProblem(const std::string& file_name);
  void DropProblemsBefore(absl::Time time);
  void SetSkew(absl::Duration skew);
  // A call on the share took longer than allowed and is over.
  void HangEnded(absl::Time now);

  // Whether something changed that somebody should be told, since this was last asked.
  bool TakeChanged();

  // `lasting`: how long the thread's current call on the share has lasted.
  v1::ConnectionStatus Status(absl::Duration lasting, absl::Duration hang_after,
                              absl::Time now) const;
  absl::Duration skew() const;

 private:
  void Update(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable absl::Mutex mu_;
  // Everything but an overlay for a call that hangs right now.
  v1::ConnectionStatus status_ ABSL_GUARDED_BY(mu_);
  std::map<Trouble, v1::ErrorDetail> troubles_ ABSL_GUARDED_BY(mu_);
  absl::Duration skew_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();
  bool scanned_ ABSL_GUARDED_BY(mu_) = false;
  bool changed_ ABSL_GUARDED_BY(mu_) = false;
  // Since when the current hang is shown, so that repeated calls show the same time.
  mutable absl::Time hang_since_ ABSL_GUARDED_BY(mu_) = absl::InfiniteFuture();
  // When a hang that somebody was told of was seen to be over.
  mutable absl::Time answered_at_ ABSL_GUARDED_BY(mu_) = absl::InfinitePast();
};

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_TERMINAL_BOARD_H_
