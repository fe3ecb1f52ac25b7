#include "agent/eligibility/terminal_board.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/eligibility/problems.h"

namespace madoguchi::eligibility {
TerminalBoard::TerminalBoard(absl::string_view name, absl::string_view counter) {
  absl::MutexLock lock(&mu_);
  status_.set_name(std::string(name));
  status_.set_counter(std::string(counter));
}

void TerminalBoard::SetTrouble(Trouble trouble, v1::ErrorDetail cause, absl::Time now) {
  absl::MutexLock lock(&mu_);
  v1::ErrorDetail& known = troubles_[trouble];
  if (known.number() == cause.number() && known.text_en() == cause.text_en() &&
      known.field() == cause.field()) {
    return;
  }
  known = std::move(cause);
  base::LogWarning("terminal_trouble", {{"terminal", status_.name()},
                                        {"number", known.number()},
                                        {"what", known.text_en()},
                                        {"field", known.field()}});
  Update(now);
}

void TerminalBoard::ClearTrouble(Trouble trouble, absl::Time now) {
  absl::MutexLock lock(&mu_);
  const auto found = troubles_.find(trouble);
  if (found == troubles_.end()) return;
  base::LogInfo("terminal_trouble_over",
                {{"terminal", status_.name()}, {"number", found->second.number()}});
  troubles_.erase(found);
  Update(now);
}

void TerminalBoard::Update(absl::Time now) {
  v1::ConnectionState state = v1::CONNECTION_STATE_UNSPECIFIED;
  if (!troubles_.empty()) {
    const auto& [worst, cause] = *troubles_.begin();
    state = worst <= Trouble::kNotMounted ? v1::CONNECTION_STATE_OFFLINE
                                          : v1::CONNECTION_STATE_DEGRADED;
    *status_.mutable_cause() = cause;
  } else {
    status_.clear_cause();
    if (scanned_) state = v1::CONNECTION_STATE_ONLINE;
  }
  if (state != status_.state()) {
    status_.set_state(state);
    *status_.mutable_since() = base::ToProto(now);
  }
  changed_ = true;
}

void TerminalBoard::Scanned(absl::Time now) {
  absl::MutexLock lock(&mu_);
  *status_.mutable_last_scan() = base::ToProto(now);
  if (std::exchange(scanned_, true)) return;
  Update(now);
}

void TerminalBoard::SetFileEvents(bool arrive) {
  absl::MutexLock lock(&mu_);
  if (status_.file_events() == arrive) return;
  status_.set_file_events(arrive);
  changed_ = true;
}

void TerminalBoard::Taken(const std::string& file_name, absl::Time now) {
  {
    absl::MutexLock lock(&mu_);
    *status_.mutable_last_answer() = base::ToProto(now);
    status_.set_last_file(file_name);
    status_.set_files_taken(status_.files_taken() + 1);
    changed_ = true;
  }
  DropProblem(file_name);
}

void TerminalBoard::Skipped(int leftovers) {
  absl::MutexLock lock(&mu_);
  status_.set_leftovers_skipped(status_.leftovers_skipped() + leftovers);
  changed_ = true;
}

void TerminalBoard::AddProblem(const std::string& file_name, v1::ErrorDetail problem,
                               absl::Time now) {
  absl::MutexLock lock(&mu_);
  base::LogWarning("terminal_file_problem", {{"terminal", status_.name()},
                                             {"file", file_name},
                                             {"number", problem.number()},
                                             {"field", problem.field()}});
  PutNewest(*status_.mutable_problems(), file_name, std::move(problem), now);
  changed_ = true;
}

void TerminalBoard::DropProblem(const std::string& file_name) {
  absl::MutexLock lock(&mu_);
  auto* problems = status_.mutable_problems();
  const auto keep = std::remove_if(problems->begin(), problems->end(), [&](const auto& problem) {
    return problem.file_name() == file_name;
  });
  if (keep == problems->end()) return;
  problems->erase(keep, problems->end());
  changed_ = true;
}

void TerminalBoard::DropProblemsBefore(absl::Time time) {
  absl::MutexLock lock(&mu_);
  auto* problems = status_.mutable_problems();
  const auto keep = std::remove_if(problems->begin(), problems->end(), [&](const auto& problem) {
    return base::FromProto(problem.at()) < time;
  });
  if (keep == problems->end()) return;
  problems->erase(keep, problems->end());
  changed_ = true;
}

void TerminalBoard::SetSkew(absl::Duration skew) {
  absl::MutexLock lock(&mu_);
  skew_ = skew;
  changed_ = true;
}

void TerminalBoard::HangEnded(absl::Time now) {
  absl::MutexLock lock(&mu_);
  hang_since_ = absl::InfiniteFuture();
  *status_.mutable_since() = base::ToProto(now);
  changed_ = true;
}

bool TerminalBoard::TakeChanged() {
  absl::MutexLock lock(&mu_);
  return std::exchange(changed_, false);
}

v1::ConnectionStatus TerminalBoard::Status(absl::Duration lasting, absl::Duration hang_after,
                                           absl::Time now) const {
  absl::MutexLock lock(&mu_);
  v1::ConnectionStatus status = status_;
  if (lasting <= hang_after) {
    // The worker notes the end of a hang when it has been through the folders; who asks before that
    // must not be told the time from before the hang.
    if (hang_since_ != absl::InfiniteFuture()) answered_at_ = now;
    hang_since_ = absl::InfiniteFuture();
    if (answered_at_ > base::FromProto(status.since())) {
      *status.mutable_since() = base::ToProto(answered_at_);
    }
    return status;
  }
  hang_since_ = std::min(hang_since_, now - (lasting - hang_after));
  *status.mutable_cause() = base::MakeDetail(
      base::ErrorCode::kShareHangs,
      {.what = absl::StrCat("a call has not answered for ", absl::ToInt64Seconds(lasting), " s")});
  // OFFLINE for another reason before: that is when it began.
  if (status.state() != v1::CONNECTION_STATE_OFFLINE) {
    status.set_state(v1::CONNECTION_STATE_OFFLINE);
    *status.mutable_since() = base::ToProto(hang_since_);
  }
  return status;
}

absl::Duration TerminalBoard::skew() const {
  absl::MutexLock lock(&mu_);
  return skew_;
}

}  // namespace madoguchi::eligibility
