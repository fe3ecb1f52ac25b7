#include "agent/rpc/reception_source.h"

#include <algorithm>
#include <utility>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"

namespace madoguchi::rpc {
namespace {

// Events read from the store at a time.
constexpr int kPage = 64;
// Events looked at before others get their turn.
constexpr int kMostLooked = 1000;

}  // namespace

WireMessage EventMessages::OfEvent(const reception::Event& event, bool caught_up) {
  {
    absl::MutexLock lock(&mu_);
    if (number_ == event.number && caught_up_ == caught_up) return message_;
  }
  v1::WatchReceptionsResponse response;
  response.set_cursor(desk_.MakeCursor(event.number));
  *response.mutable_reception() = *event.reception;
  response.set_caught_up(caught_up);
  auto message = std::make_shared<const std::string>(response.SerializeAsString());
  absl::MutexLock lock(&mu_);
  number_ = event.number;
  caught_up_ = caught_up;
  message_ = message;
  return message;
}

WireMessage EventMessages::OfPosition(int64_t number) {
  v1::WatchReceptionsResponse response;
  response.set_cursor(desk_.MakeCursor(number));
  response.set_caught_up(true);
  return std::make_shared<const std::string>(response.SerializeAsString());
}

reception::Filter FilterOf(const reception::Caller& caller,
                           const v1::WatchReceptionsRequest& request) {
  reception::Filter filter;
  filter.counters.assign(request.counters().begin(), request.counters().end());
  if (filter.counters.empty()) filter.counters = caller.counters;
  for (const int state : request.states()) {
    filter.states.push_back(static_cast<v1::ReceptionState>(state));
  }
  return filter;
}

ReceptionSource::ReceptionSource(const reception::Desk& desk, EventMessages& messages,
                                 reception::Filter filter)
    : desk_(desk), messages_(messages), filter_(std::move(filter)) {}

absl::StatusOr<std::unique_ptr<ReceptionSource>> ReceptionSource::Make(
    const reception::Desk& desk, EventMessages& messages, const reception::Caller& caller,
    const v1::WatchReceptionsRequest& request, absl::Time now) {
  auto source = std::unique_ptr<ReceptionSource>(
      new ReceptionSource(desk, messages, FilterOf(caller, request)));
  switch (request.start_case()) {
    case v1::WatchReceptionsRequest::kToday:
      source->today_ = base::JapanDay(now);
      source->today_until_ = desk.board().Head();
      break;
    case v1::WatchReceptionsRequest::kAfterCursor: {
      const auto number = desk.ParseCursor(request.after_cursor());
      if (base::Is(number.status(), base::ErrorCode::kInvalidField)) {
        return base::MakeError(
            base::ErrorCode::kInvalidField,
            {.what = "it must be a cursor that the daemon returned", .field = "after_cursor"});
      }
      if (!number.ok()) return number.status();
      source->cursor_ = *number;
      break;
    }
    case v1::WatchReceptionsRequest::kNow:
    case v1::WatchReceptionsRequest::START_NOT_SET:
      source->cursor_ = desk.board().Head();
      break;
  }
  return source;
}

bool ReceptionSource::Wanted(const reception::Event& event) const {
  if (!filter_.Matches(*event.reception)) return false;
  return event.number > today_until_ ||
         base::JapanDay(base::FromProto(event.reception->opened_at())) == today_;
}

WatchSource::Step ReceptionSource::Send(const reception::Event& event) {
  caught_up_ = page_.empty() && desk_.board().Head() <= event.number;
  return {Need::kSend, messages_.OfEvent(event, caught_up_)};
}

WatchSource::Step ReceptionSource::AtTail(int64_t head, bool heartbeat) {
  cursor_ = std::max(cursor_, head);
  if (caught_up_ && !heartbeat) return {Need::kWait, nullptr};
  caught_up_ = true;
  return {Need::kSend, messages_.OfPosition(cursor_)};
}

WatchSource::Step ReceptionSource::Next(bool heartbeat) {
  const reception::Board& board = desk_.board();
  for (int looked = 0; looked < kMostLooked; ++looked) {
    reception::Event event;
    if (!page_.empty()) {
      event = std::move(page_.front());
      page_.pop_front();
    } else {
      cursor_ = std::max(cursor_, page_until_);
      // Head before Next, so that nothing is passed over; Floor after it, because it may rise while
      // we look, and then what Next said may leave something out.
      const int64_t head = board.Head();
      auto next = board.Next(cursor_);
      if (board.Floor() > cursor_) return {Need::kRead, nullptr};
      if (!next.has_value()) return AtTail(head, heartbeat);
      event = *std::move(next);
    }
    cursor_ = event.number;
    if (Wanted(event)) return Send(event);
  }
  return {Need::kYield, nullptr};
}

absl::Status ReceptionSource::Read() {
  const bool todays = cursor_ < today_until_;
  const int64_t head = desk_.board().Head();
  auto page = todays ? desk_.ReadDay(today_, cursor_, filter_, "", kPage)
                     : desk_.ReadEvents(cursor_, filter_, kPage);
  if (!page.ok()) return page.status();
  int64_t until = page->looked_through;
  if (!page->events.empty()) until = std::max(until, page->events.back().number);
  // Nothing found and nothing passed: there is nothing, and asking again would not end.
  if (until <= cursor_) until = std::max(cursor_, head);
  // A day's page leaves out other days' receptions, which are wanted from today_until_ on.
  if (todays) until = std::min(until, today_until_);
  for (reception::Event& event : page->events) {
    if (event.number <= until) page_.push_back(std::move(event));
  }
  page_until_ = until;
  return absl::OkStatus();
}

}  // namespace madoguchi::rpc
