#include "agent/eligibility/line_board.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/eligibility/problems.h"

namespace madoguchi::eligibility {
namespace {

// So many questions in a row without an answer: nobody should be sent into the dark any more.
constexpr int kMissesOffline = 2;

}  // namespace

void LineBoard::Update(absl::Time now) {
  v1::ConnectionState state = v1::CONNECTION_STATE_UNSPECIFIED;
  status_.clear_cause();
  if (unreachable_) {
    state = v1::CONNECTION_STATE_OFFLINE;
    *status_.mutable_cause() = trouble_;
  } else if (misses_ > 0) {
    state =
        misses_ >= kMissesOffline ? v1::CONNECTION_STATE_OFFLINE : v1::CONNECTION_STATE_DEGRADED;
    *status_.mutable_cause() =
        base::MakeDetail(miss_, {.what = absl::StrCat(misses_, " in a row without an answer")});
  } else if (seen_) {
    state = v1::CONNECTION_STATE_ONLINE;
  }
  if (state != status_.state()) {
    status_.set_state(state);
    *status_.mutable_since() = base::ToProto(now);
    base::LogInfo("line", {{"terminal", terminal_},
                           {"state", v1::ConnectionState_Name(state)},
                           {"number", status_.cause().number()}});
  }
  changed_ = true;
}

void LineBoard::Reachable(absl::Time now) {
  absl::MutexLock lock(&mu_);
  if (seen_ && !unreachable_) return;
  seen_ = true;
  unreachable_ = false;
  Update(now);
}

void LineBoard::Unreachable(v1::ErrorDetail cause, absl::Time now) {
  absl::MutexLock lock(&mu_);
  if (unreachable_ && trouble_.number() == cause.number() &&
      trouble_.text_en() == cause.text_en()) {
    return;
  }
  unreachable_ = true;
  trouble_ = std::move(cause);
  Update(now);
}

bool LineBoard::reachable() const {
  absl::MutexLock lock(&mu_);
  return seen_ && !unreachable_;
}

void LineBoard::Queued() {
  absl::MutexLock lock(&mu_);
  // The thread counts anew when it looks; until then Ready knows of it.
  status_.set_queued(status_.queued() + 1);
}

void LineBoard::Asked() {
  absl::MutexLock lock(&mu_);
  status_.set_asked(status_.asked() + 1);
  changed_ = true;
}

void LineBoard::Answered(absl::Time now) {
  absl::MutexLock lock(&mu_);
  status_.set_answered(status_.answered() + 1);
  *status_.mutable_last_answer() = base::ToProto(now);
  misses_ = 0;
  Update(now);
}

void LineBoard::Unanswered(absl::Time now, absl::Duration mono, base::ErrorCode why) {
  absl::MutexLock lock(&mu_);
  status_.set_unanswered(status_.unanswered() + 1);
  ++misses_;
  miss_ = why;
  last_miss_ = mono;
  Update(now);
}

void LineBoard::SetCounts(int queued, int in_flight) {
  absl::MutexLock lock(&mu_);
  if (status_.queued() == queued && status_.in_flight() == in_flight) return;
  status_.set_queued(queued);
  status_.set_in_flight(in_flight);
  changed_ = true;
}

void LineBoard::AddProblem(const std::string& file_name, v1::ErrorDetail problem, absl::Time now) {
  absl::MutexLock lock(&mu_);
  base::LogWarning("line_file_problem", {{"terminal", terminal_},
                                         {"file", file_name},
                                         {"number", problem.number()},
                                         {"field", problem.field()}});
  PutNewest(*status_.mutable_problems(), file_name, std::move(problem), now);
  changed_ = true;
}

bool LineBoard::TakeChanged() {
  absl::MutexLock lock(&mu_);
  return std::exchange(changed_, false);
}

v1::LineStatus LineBoard::Status(absl::Duration lasting, absl::Time now) const {
  absl::MutexLock lock(&mu_);
  v1::LineStatus status = status_;
  if (lasting <= rules_.hang_after) return status;
  *status.mutable_cause() = base::MakeDetail(
      base::ErrorCode::kShareHangs,
      {.what = absl::StrCat("a call has not answered for ", absl::ToInt64Seconds(lasting), " s")});
  if (status.state() != v1::CONNECTION_STATE_OFFLINE) {
    status.set_state(v1::CONNECTION_STATE_OFFLINE);
    *status.mutable_since() = base::ToProto(now - (lasting - rules_.hang_after));
  }
  return status;
}

bool LineBoard::Ready(absl::Duration lasting, absl::Duration mono) const {
  absl::MutexLock lock(&mu_);
  if (lasting > rules_.hang_after || unreachable_) return false;
  if (misses_ < kMissesOffline) return true;
  return status_.in_flight() == 0 && status_.queued() == 0 &&
         mono - last_miss_ >= rules_.try_again_after;
}

}  // namespace madoguchi::eligibility
