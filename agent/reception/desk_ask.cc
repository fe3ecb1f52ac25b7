#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/reception/desk_audit.h"
#include "agent/reception/desk_impl.h"

// What clients ask of OQS. What a call led to is kept as a word: `r` and the id of a reception, or
// `e` and the id of an exchange without one.
namespace madoguchi::reception {
namespace {

using Response = absl::StatusOr<v1::ConfirmEligibilityResponse>;

absl::Status NotAsked(const std::vector<eligibility::Line*>& lines) {
  std::string what =
      lines.empty() ? "no terminal has `req` and `res`, and there is no [center]" : "";
  for (const eligibility::Line* line : lines) {
    absl::StrAppend(&what, what.empty() ? "" : ", ", line->about().name, " ",
                    line->Status().cause().number());
  }
  return base::MakeError(base::ErrorCode::kNotAsked, {.what = std::move(what)});
}

}  // namespace

void Desk::Impl::Confirm(const Caller& caller, const CallKey& call,
                         const v1::ConfirmEligibilityRequest& request, absl::Time until,
                         ConfirmDone done) {
  const absl::StatusOr<std::optional<std::string>> kept = FindResult(call);
  if (!kept.ok()) return done(kept.status());
  if (kept->has_value()) {
    const auto over = AnswerKept(caller, **kept);
    if (over.has_value()) {
      if (over->ok() || !base::Is(over->status(), base::ErrorCode::kTookTooLong)) {
        return done(*over);
      }
      return AnswerOrWait(caller, **kept, until, std::move(done));
    }
  }
  const absl::StatusOr<std::string> begun = BeginConfirm(caller, call, request);
  if (!begun.ok()) return done(begun.status());
  AnswerOrWait(caller, *begun, until, std::move(done));
}

std::optional<Response> Desk::Impl::AnswerKept(const Caller& caller, const std::string& what) {
  const std::string id = what.substr(1);
  if (absl::StartsWith(what, "r")) {
    const absl::StatusOr<ReceptionPtr> reception = FindFor(caller, id);
    if (!reception.ok()) return Response(reception.status());
    if ((*reception)->state() == v1::RECEPTION_STATE_ASKING) {
      return Response(base::MakeError(base::ErrorCode::kTookTooLong, {.reception_id = id}));
    }
    return Response(ResultOf(**reception));
  }
  const auto open = exchanges_.find(id);
  if (open != exchanges_.end()) {
    if (!caller.MaySee(open->second.body.counter())) {
      return Response(base::MakeError(base::ErrorCode::kConfirmationNotFound));
    }
    if (open->second.waits_for_answer()) {
      return Response(base::MakeError(base::ErrorCode::kTookTooLong));
    }
    return ResultOf(open->second);
  }
  absl::StatusOr<std::optional<store::ExchangeRow>> row = store_.FindExchange(id);
  if (!row.ok()) return Response(row.status());
  if (!row->has_value()) return Response(base::MakeError(base::ErrorCode::kResultDeleted));
  const absl::StatusOr<OpenExchange> over = ParseExchange(**std::move(row));
  if (!over.ok()) return Response(over.status());
  if (over->step() == ExchangeStep::kNotSent) return std::nullopt;
  if (!caller.MaySee(over->body.counter())) {
    return Response(base::MakeError(base::ErrorCode::kConfirmationNotFound));
  }
  return ResultOf(*over);
}

void Desk::Impl::AnswerOrWait(const Caller& caller, const std::string& what, absl::Time until,
                              ConfirmDone done) {
  const std::string id = what.substr(1);
  const bool by_reception = absl::StartsWith(what, "r");
  const auto waited_for =
      std::find_if(exchanges_.begin(), exchanges_.end(), [&](const auto& entry) {
        return entry.second.waits_for_answer() && !entry.second.about_records() &&
               (by_reception ? entry.second.row.reception_id : entry.first) == id;
      });
  if (waited_for != exchanges_.end() && until > clock_.Now()) {
    waited_for->second.waiters.push_back({until, std::move(done)});
    return WatchExchanges();
  }
  std::optional<Response> now = AnswerKept(caller, what);
  if (!now.has_value()) return done(NotAsked(lines_));
  // With a reception, that it is being asked about is an answer.
  if (by_reception && base::Is(now->status(), base::ErrorCode::kTookTooLong)) {
    const absl::StatusOr<ReceptionPtr> reception = FindFor(caller, id);
    return done(reception.ok() ? Response(ResultOf(**reception)) : Response(reception.status()));
  }
  done(*std::move(now));
}

// Those that nobody waits for any longer may be many, after a day without a line.
int Desk::Impl::Questions() const {
  return static_cast<int>(std::count_if(exchanges_.begin(), exchanges_.end(), [](const auto& one) {
    return one.second.waits_for_answer();
  }));
}

const std::string& Desk::Impl::CounterOf(const v1::ConfirmEligibilityRequest& request) const {
  return request.counter().empty() ? options_.counters.front() : request.counter();
}

std::string Desk::Impl::FindEqual(const Caller& caller, const CallKey& call) const {
  for (const auto& [id, exchange] : exchanges_) {
    if (exchange.body.flight() == call.fingerprint && exchange.waits_for_answer() &&
        caller.MaySee(exchange.body.counter())) {
      const std::string& reception = exchange.row.reception_id;
      return reception.empty() ? "e" + id : "r" + reception;
    }
  }
  return "";
}

absl::StatusOr<std::string> Desk::Impl::BeginConfirm(const Caller& caller, const CallKey& call,
                                                     const v1::ConfirmEligibilityRequest& request) {
  store::Changes changes;
  const auto remember = [&](const std::string& what) {
    if (!call.key.empty()) changes.request = MakeResult(call, what);
    return what;
  };
  if (std::string what = FindEqual(caller, call); !what.empty()) {
    remember(what);
    if (changes.request.has_value()) MDG_RETURN_IF_ERROR(Save({}, std::move(changes), caller));
    return what;
  }
  if (Questions() >= kMostQuestions) {
    return base::MakeError(base::ErrorCode::kTooManyQuestions);
  }
  std::string counter = CounterOf(request);
  if (!request.reception_id().empty()) {
    const absl::StatusOr<ReceptionPtr> before = FindFor(caller, request.reception_id());
    if (!before.ok()) return before.status();
    counter = (*before)->counter();
  }
  eligibility::Line* line = ChooseLine(counter, eligibility::Topic::kIdentifiers, {});
  if (line != nullptr && !CanAsk(NoteOf(request.query(), {}))) {
    return base::MakeError(base::ErrorCode::kIdentifiersIncomplete, {.field = "query"});
  }
  const absl::StatusOr<v1::Reception> reception = ReceptionFor(caller, request, counter, line);
  if (!reception.ok()) return reception.status();
  const std::string& reception_id = reception->reception_id();
  Receptions receptions;
  if (!reception_id.empty()) receptions.push_back(*reception);
  if (line == nullptr) {
    std::string what = remember("r" + reception_id);
    MDG_RETURN_IF_ERROR(Save(std::move(receptions), std::move(changes), caller));
    WatchExchanges();
    return what;
  }
  absl::StatusOr<OpenExchange> exchange =
      MakeExchange(QuestionOf(request.query()), reception_id, counter, *line);
  if (!exchange.ok()) return exchange.status();
  exchange->body.set_patient_id(request.patient_id());
  exchange->body.set_flight(call.fingerprint);
  changes.exchanges.push_back(exchange->Row());
  std::string what = remember(reception_id.empty() ? "e" + exchange->row.id : "r" + reception_id);
  MDG_RETURN_IF_ERROR(Save(std::move(receptions), std::move(changes), caller,
                           {EntryOf(request.query(), request.patient_id(), reception_id, caller)}));
  Send(*std::move(exchange), *line);
  return what;
}

absl::StatusOr<v1::Reception> Desk::Impl::ReceptionFor(const Caller& caller,
                                                       const v1::ConfirmEligibilityRequest& request,
                                                       const std::string& counter,
                                                       const eligibility::Line* line) const {
  const absl::Time now = clock_.Now();
  const v1::PendingNote note = NoteOf(request.query(), request.note());
  const std::string terminal = line == nullptr ? "" : line->about().name;
  if (request.open_reception()) {
    return OpenAsked({.reception_id = crypto::NewId(now),
                      .counter = counter,
                      .medical_institution_code = options_.medical_institution_code,
                      .terminal = terminal,
                      .note = note},
                     now);
  }
  if (request.reception_id().empty()) {
    return line == nullptr ? absl::StatusOr<v1::Reception>(NotAsked(lines_)) : v1::Reception();
  }
  const absl::StatusOr<ReceptionPtr> before = FindFor(caller, request.reception_id());
  if (!before.ok()) return before.status();
  if ((*before)->state() != v1::RECEPTION_STATE_PENDING) {
    if (line == nullptr) return NotAsked(lines_);
    return Apply(**before, reception::Correct{.terminal = terminal, .note = note}, now);
  }
  absl::StatusOr<v1::Reception> noted = Apply(**before, reception::Note{note}, now);
  if (!noted.ok() || line == nullptr) return noted;
  return Apply(*noted, reception::Ask{terminal}, now);
}

absl::StatusOr<v1::Reception> Desk::Impl::Retry(const Caller& caller, const CallKey& call,
                                                const v1::RetryReceptionRequest& request) {
  const absl::StatusOr<ReceptionPtr> before = FindFor(caller, request.reception_id());
  if (!before.ok()) return before.status();
  v1::Reception after;
  MDG_RETURN_IF_ERROR(AskAgain(caller, **before, call, after));
  return after;
}

absl::Status Desk::Impl::AskAgain(const Caller& caller, const v1::Reception& before,
                                  const CallKey& call, v1::Reception& after) {
  eligibility::Line* line = ChooseLine(before.counter(), eligibility::Topic::kIdentifiers, {});
  absl::StatusOr<v1::Reception> asked =
      Apply(before, reception::Ask{line == nullptr ? "" : line->about().name}, clock_.Now());
  if (!asked.ok()) return asked.status();
  if (line == nullptr) return NotAsked(lines_);
  // As it was asked before, the parts that no note has among them.
  v1::EligibilityQuery query = QueryOf(before.pending_note());
  std::string patient_id;
  for (const auto& [id, exchange] : exchanges_) {
    if (exchange.row.reception_id != before.reception_id() ||
        !exchange.body.question().has_query()) {
      continue;
    }
    if (NoteOf(exchange.body.question().query(), before.pending_note()).SerializeAsString() !=
        before.pending_note().SerializeAsString()) {
      continue;
    }
    query = exchange.body.question().query();
    patient_id = exchange.body.patient_id();
  }
  absl::StatusOr<OpenExchange> exchange =
      MakeExchange(QuestionOf(query), before.reception_id(), before.counter(), *line);
  if (!exchange.ok()) return exchange.status();
  exchange->body.set_patient_id(patient_id);
  store::Changes changes;
  changes.exchanges.push_back(exchange->Row());
  if (!call.key.empty()) changes.request = MakeResult(call, asked->SerializeAsString());
  after = *asked;
  MDG_RETURN_IF_ERROR(Save({*std::move(asked)}, std::move(changes), caller,
                           {EntryOf(query, patient_id, before.reception_id(), caller)}));
  Send(*std::move(exchange), *line);
  return absl::OkStatus();
}

void Desk::Impl::AskPending() {
  const absl::Time now = clock_.Now();
  if (waiting_for_line_.empty() || now < asked_pending_at_ + options_.pending_pause) return;
  const std::string id = waiting_for_line_.begin()->second;
  const ReceptionPtr oldest = board_.Find(id);
  if (oldest == nullptr) {
    waiting_for_line_.erase(waiting_for_line_.begin());
    waiting_since_.erase(id);
    return;
  }
  const eligibility::Line* line =
      ChooseLine(oldest->counter(), eligibility::Topic::kIdentifiers, {});
  if (line == nullptr || Questions() >= kMostQuestions) return;
  if (base::FromProto(line->Status().since()) + options_.line_settles > now) return;
  asked_pending_at_ = now;
  v1::Reception after;
  if (const absl::Status asked = AskAgain({}, *oldest, {}, after); !asked.ok()) {
    base::LogWarning("pending_not_asked",
                     {{"reception", id}, {"why", std::string(asked.message())}});
  }
}

void Desk::Impl::AskRecord(const std::string& reception_id, v1::OqsMessage question,
                           RecordDone done) {
  const ReceptionPtr reception = board_.Find(reception_id);
  if (reception == nullptr) {
    return done(base::MakeError(base::ErrorCode::kReceptionNotFound));
  }
  if (Questions() >= kMostQuestions) {
    return done(base::MakeError(base::ErrorCode::kTooManyQuestions));
  }
  eligibility::Line* line = ChooseLine(reception->counter(), eligibility::Topic::kRecords, {});
  if (line == nullptr) return done(NotAsked(lines_));
  absl::StatusOr<OpenExchange> exchange =
      MakeExchange(std::move(question), reception_id, reception->counter(), *line);
  if (!exchange.ok()) return done(exchange.status());
  store::Changes changes;
  changes.exchanges.push_back(exchange->Row());
  if (const absl::Status saved = Save({}, std::move(changes)); !saved.ok()) return done(saved);
  exchange->on_record = std::move(done);
  Send(*std::move(exchange), *line);
}

void Desk::Impl::StopWaiting() {
  for (auto& [key, waiting] : std::exchange(awaiting_, {})) {
    executor_.Cancel(waiting.timer);
    waiting.done(base::MakeError(base::ErrorCode::kStopping));
  }
  for (auto& [id, exchange] : exchanges_) {
    for (ExchangeWaiter& waiter : std::exchange(exchange.waiters, {})) {
      waiter.done(base::MakeError(base::ErrorCode::kStopping));
    }
    if (exchange.on_record == nullptr) continue;
    std::exchange(exchange.on_record, nullptr)(base::MakeError(base::ErrorCode::kStopping));
  }
}

}  // namespace madoguchi::reception
