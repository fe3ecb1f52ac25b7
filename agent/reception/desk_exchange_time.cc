#include <algorithm>
#include <utility>
#include <vector>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/reception/desk_impl.h"

// What becomes of questions in time, and after a restart.
namespace madoguchi::reception {
namespace {

// How often it is looked whether a line hangs, or one that was down is back.
constexpr absl::Duration kLook = absl::Seconds(1);
// What an earlier run asked is looked for at least this long before nobody waits for it.
constexpr absl::Duration kAfterStart = absl::Seconds(5);

}  // namespace

void Desk::Impl::OnLineChanged() {
  on_event_();
  if (!waiting_for_line_.empty()) WatchExchanges();
}

void Desk::Impl::GiveUp(OpenExchange& exchange) {
  eligibility::Line* line = FindLine(exchange.row.terminal);
  if (exchange.step() == ExchangeStep::kPrepared) {
    if (line != nullptr) line->Drop(exchange.row.id);
    return EndNotSent(exchange, base::MakeError(base::ErrorCode::kNotAsked,
                                                {.what = "its turn did not come in time"}));
  }
  Receptions receptions = Move(exchange, NoAnswer{});
  if (!receptions.empty() && !Save(std::move(receptions), {}).ok()) return RetrySoon();
  exchange.given_up = true;
  if (line != nullptr) line->GiveUp(exchange.row.id);
  Tell(exchange);
}

absl::Status Desk::Impl::LoadExchanges() {
  absl::StatusOr<std::vector<store::ExchangeRow>> rows = store_.ReadOpenExchanges();
  if (!rows.ok()) return rows.status();
  const absl::Time now = clock_.Now();
  // Oldest first.
  std::vector<std::string> ids;
  for (store::ExchangeRow& row : *rows) {
    absl::StatusOr<OpenExchange> parsed = ParseExchange(std::move(row));
    if (!parsed.ok()) return parsed.status();
    ids.push_back(parsed->row.id);
    exchanges_[ids.back()] = *std::move(parsed);
  }
  // The question a reception waits for is the last about it.
  std::map<std::string, std::string> last;
  for (const std::string& id : ids) {
    if (!exchanges_[id].about_records()) last[exchanges_[id].row.reception_id] = id;
  }
  for (const std::string& id : ids) {
    OpenExchange& exchange = exchanges_[id];
    exchange.deadline =
        std::max(exchange.row.opened_at + options_.answer_within, now + kAfterStart);
    exchange.given_up = NobodyWaits(exchange, now) || (!exchange.row.reception_id.empty() &&
                                                       last[exchange.row.reception_id] != id);
    // What was not sent for somebody who is gone is not sent any more; a card's challenge is over.
    if (exchange.topic() != eligibility::Topic::kIdentifiers &&
        exchange.step() == ExchangeStep::kPrepared) {
      EndNotSent(exchange, base::MakeError(base::ErrorCode::kStopping));
      continue;
    }
    // A terminal that is not configured any more: its time runs out like that of any other.
    if (eligibility::Line* line = FindLine(exchange.row.terminal); line != nullptr) {
      line->Ask(OutgoingOf(exchange));
    }
  }
  FindLostQuestions(now);
  EndLostQuestions();
  return absl::OkStatus();
}

bool Desk::Impl::NobodyWaits(const OpenExchange& exchange, absl::Time now) const {
  // Its reply is only cleared away.
  if (exchange.about_records()) return true;
  if (exchange.row.reception_id.empty()) {
    return exchange.row.opened_at + options_.answer_within <= now;
  }
  const ReceptionPtr reception = board_.Find(exchange.row.reception_id);
  return reception == nullptr || reception->state() != v1::RECEPTION_STATE_ASKING;
}

// As a reception is to be, when what it waits for went with an earlier run; as it is otherwise.
absl::StatusOr<v1::Reception> Desk::Impl::WithoutLost(const v1::Reception& reception,
                                                      absl::Time now) const {
  if (IsAtReader(reception)) {
    return Apply(reception, Abandon{base::MakeDetail(base::ErrorCode::kEndedByRestart)}, now);
  }
  // Not one that says it is being asked about without a question that could be answered.
  if (reception.state() == v1::RECEPTION_STATE_ASKING) {
    const bool is_asked = std::any_of(exchanges_.begin(), exchanges_.end(), [&](const auto& one) {
      return one.second.row.reception_id == reception.reception_id() && !one.second.about_records();
    });
    return is_asked ? reception : Apply(reception, NoAnswer{}, now);
  }
  v1::Reception after = reception;
  for (const v1::RecordStatus& status : reception.records()) {
    if (status.state() != v1::RECORD_STATE_FETCHING) continue;
    v1::RecordStatus fresh;
    fresh.set_category(status.category());
    fresh.set_state(v1::RECORD_STATE_NOT_FETCHED);
    absl::StatusOr<v1::Reception> moved = Apply(after, RecordMoved{std::move(fresh)}, now);
    if (moved.ok()) after = *std::move(moved);
  }
  // One event for all of it.
  if (after.revision() != reception.revision()) after.set_revision(reception.revision() + 1);
  return after;
}

void Desk::Impl::FindLostQuestions(absl::Time now) {
  for (const Event& event : board_.All()) {
    absl::StatusOr<v1::Reception> after = WithoutLost(*event.reception, now);
    if (after.ok() && after->revision() != event.reception->revision()) {
      lost_.push_back(*std::move(after));
    }
  }
}

void Desk::Impl::EndLostQuestions() {
  // What has changed since is not lost any more.
  std::erase_if(lost_, [&](const v1::Reception& after) {
    const ReceptionPtr now = board_.Find(after.reception_id());
    return now == nullptr || now->revision() + 1 != after.revision();
  });
  if (lost_.empty()) return;
  if (!Save(lost_, {}).ok()) return RetrySoon();
  lost_.clear();
}

void Desk::Impl::CloseOldExchanges(absl::CivilDay today) {
  std::vector<std::string> over;
  store::Changes changes;
  for (auto& [id, exchange] : exchanges_) {
    const int days = exchange.row.reception_id.empty() ? 0 : options_.undecided_days;
    const bool decided = exchange.given_up || exchange.step() == ExchangeStep::kAnswered;
    if (!decided || base::JapanDay(exchange.row.opened_at) + days >= today) continue;
    store::ExchangeRow row = exchange.Row();
    row.open = false;
    if (exchange.step() != ExchangeStep::kAnswered) {
      row.step = static_cast<int>(ExchangeStep::kEnded);
      kept::v1::ExchangeBody body;
      body.set_counter(exchange.body.counter());
      *body.mutable_ended_because() = base::MakeDetail(base::ErrorCode::kOutcomeUnknown);
      row.body = body.SerializeAsString();
    }
    changes.exchanges.push_back(std::move(row));
    over.push_back(id);
  }
  if (over.empty()) return;
  if (!Save({}, std::move(changes)).ok()) return RetrySoon();
  for (const std::string& id : over) {
    const auto exchange = exchanges_.find(id);
    if (eligibility::Line* line = FindLine(exchange->second.row.terminal); line != nullptr) {
      line->Drop(id);
    }
    exchanges_.erase(exchange);
  }
  std::erase_if(numbers_, [&](const auto& entry) { return entry.first.second < today - 1; });
}

void Desk::Impl::WatchExchanges() {
  const absl::Time now = clock_.Now();
  // By id: each of these may end an exchange.
  std::vector<std::string> ids;
  for (const auto& [id, exchange] : exchanges_) ids.push_back(id);
  for (const std::string& id : ids) WatchExchange(id, now);
  AskPending();

  absl::Time next = absl::InfiniteFuture();
  for (const auto& [id, exchange] : exchanges_) {
    if (exchange.waits_for_answer()) {
      next = std::min(next, exchange.deadline);
      if (exchange.step() == ExchangeStep::kPrepared) next = std::min(next, now + kLook);
    }
    if (!exchange.not_sent.ok()) next = std::min(next, now + kLook);
    for (const ExchangeWaiter& waiter : exchange.waiters) next = std::min(next, waiter.until);
  }
  if (!waiting_for_line_.empty()) {
    next = std::min(next, now + std::min(kLook, options_.pending_pause));
  }
  if (watch_timer_ != 0) executor_.Cancel(watch_timer_);
  watch_timer_ = 0;
  if (next == absl::InfiniteFuture()) return;
  watch_timer_ = executor_.PostAt(std::max(next, now + absl::Milliseconds(1)), [this] {
    watch_timer_ = 0;
    WatchExchanges();
  });
}

void Desk::Impl::WatchExchange(const std::string& id, absl::Time now) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  OpenExchange& exchange = found->second;
  if (!exchange.not_sent.ok()) return EndNotSent(exchange, absl::Status(exchange.not_sent));
  // Whoever does not wait any longer hears what is known; the question goes on.
  std::vector<ExchangeWaiter> late;
  std::erase_if(exchange.waiters, [&](ExchangeWaiter& waiter) {
    if (waiter.until > now) return false;
    late.push_back(std::move(waiter));
    return true;
  });
  for (ExchangeWaiter& waiter : late) {
    const ReceptionPtr reception = board_.Find(exchange.row.reception_id);
    if (reception != nullptr) {
      waiter.done(ResultOf(*reception));
    } else {
      waiter.done(base::MakeError(base::ErrorCode::kTookTooLong));
    }
  }
  if (!exchange.waits_for_answer()) return;
  if (exchange.deadline <= now) return GiveUp(exchange);
  // A thread that hangs in its share cannot hand it back. What is only prepared is taken from it:
  // it cannot go on without the journal.
  eligibility::Line* line = FindLine(exchange.row.terminal);
  if (exchange.step() == ExchangeStep::kPrepared && (line == nullptr || line->Hangs())) {
    if (line != nullptr) line->Drop(id);
    FailOver(exchange, base::MakeError(base::ErrorCode::kNotAsked,
                                       {.what = exchange.row.terminal + " does not answer"}));
  }
}

}  // namespace madoguchi::reception
