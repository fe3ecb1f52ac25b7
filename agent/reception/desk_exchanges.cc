#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/reception/desk_impl.h"

// Questions on their way, and what lines tell of them.
namespace madoguchi::reception {
namespace {

// As somebody who was expected would be tied to the chart: only with equal identifiers and birth
// date.
v1::Assignment AssignmentOf(const OpenExchange& exchange, const v1::Confirmation& answer,
                            absl::Time now) {
  std::vector<Expectation> expected;
  if (!exchange.body.patient_id().empty()) {
    v1::ExpectPatientRequest request;
    request.set_counter(exchange.body.counter());
    request.set_patient_id(exchange.body.patient_id());
    *request.mutable_insured() = exchange.body.question().query().insured();
    *request.mutable_birth_date() = exchange.body.question().query().birth_date();
    expected.push_back(
        {.id = exchange.row.id, .until = absl::InfiniteFuture(), .request = std::move(request)});
  }
  return DecideAssignment(answer, exchange.body.counter(), expected, now).assignment;
}

// What is left is what a reply is known by: whom it was about has no place in the journal any more.
void ForgetPerson(OpenExchange& exchange) {
  v1::OqsMessage& question = *exchange.body.mutable_question();
  if (exchange.about_records()) {
    v1::InformationQuery head;
    head.set_medical_institution_code(question.information_query().medical_institution_code());
    head.set_arbitrary_file_identifier(question.information_query().arbitrary_file_identifier());
    *question.mutable_information_query() = std::move(head);
  } else {
    question.clear_query();
  }
  exchange.body.clear_card();
  exchange.body.clear_patient_id();
  exchange.body.clear_flight();
}

}  // namespace

eligibility::Line* Desk::Impl::FindLine(absl::string_view terminal) const {
  const auto found = std::find_if(lines_.begin(), lines_.end(), [&](const eligibility::Line* line) {
    return line->about().name == terminal;
  });
  return found == lines_.end() ? nullptr : *found;
}

eligibility::Line* Desk::Impl::ChooseLine(absl::string_view counter, eligibility::Topic topic,
                                          const std::set<std::string>& tried) const {
  eligibility::Line* chosen = nullptr;
  int best = -1;
  for (eligibility::Line* line : lines_) {
    const eligibility::LineAbout& about = line->about();
    if (!about.Answers(counter, topic) || tried.count(about.name) > 0) continue;
    const int rank = about.first ? 2 : about.counter == counter ? 1 : 0;
    if (rank <= best || !line->Ready()) continue;
    chosen = line;
    best = rank;
  }
  return chosen;
}

absl::StatusOr<int> Desk::Impl::NextNumber(const std::string& terminal, absl::CivilDay day) {
  const eligibility::Line* line = FindLine(terminal);
  if (line == nullptr) return base::MakeError(base::ErrorCode::kNotAsked);
  const eligibility::SuffixRange& range = line->about().range;
  const auto [next, added] = numbers_.try_emplace({terminal, day}, range.first);
  if (added) {
    const absl::StatusOr<std::optional<int>> highest = store_.HighestNumber(terminal, day);
    if (!highest.ok()) {
      numbers_.erase(next);
      return highest.status();
    }
    if (highest->has_value()) next->second = std::max(next->second, **highest + 1);
  }
  if (next->second > range.last) {
    return base::MakeError(
        base::ErrorCode::kTooManyQuestions,
        {.what = absl::StrCat("the numbers of today up to ", range.last, " are used up")});
  }
  return next->second++;
}

v1::OqsMessage Desk::Impl::QuestionOf(const v1::EligibilityQuery& query) const {
  v1::OqsMessage question;
  question.set_family(v1::MESSAGE_FAMILY_OQSSIQUC01);
  question.set_role(v1::MESSAGE_ROLE_REQUEST);
  *question.mutable_query() = query;
  *question.mutable_request_header()->mutable_confirmation_date() =
      query.has_day() ? query.day() : base::ToDate(base::JapanDay(clock_.Now()));
  return question;
}

absl::StatusOr<OpenExchange> Desk::Impl::MakeExchange(v1::OqsMessage question,
                                                      const std::string& reception_id,
                                                      const std::string& counter,
                                                      const eligibility::Line& line) {
  const absl::Time now = clock_.Now();
  OpenExchange exchange;
  store::ExchangeRow& row = exchange.row;
  row.id = crypto::NewId(now);
  row.reception_id = reception_id;
  row.terminal = line.about().name;
  row.day = base::JapanDay(now);
  const absl::StatusOr<int> number = NextNumber(row.terminal, row.day);
  if (!number.ok()) return number.status();
  row.number = *number;
  row.step = static_cast<int>(ExchangeStep::kPrepared);
  row.opened_at = now;
  const auto sign = [&](auto& head) {
    head.set_medical_institution_code(options_.medical_institution_code);
    head.set_arbitrary_file_identifier(row.id);
  };
  if (question.has_information_query()) {
    sign(*question.mutable_information_query());
  } else {
    sign(*question.mutable_request_header());
  }
  *exchange.body.mutable_question() = std::move(question);
  exchange.body.set_counter(counter);
  exchange.deadline = now + options_.answer_within;
  return exchange;
}

void Desk::Impl::Send(OpenExchange exchange, eligibility::Line& line) {
  line.Ask(OutgoingOf(exchange));
  exchanges_.insert_or_assign(exchange.row.id, std::move(exchange));
  WatchExchanges();
}

OpenExchange* Desk::Impl::FindExchange(const eligibility::Ticket& ticket) {
  const auto found = exchanges_.find(ticket.id);
  return found != exchanges_.end() && found->second.ticket() == ticket ? &found->second : nullptr;
}

Desk::Impl::Receptions Desk::Impl::Move(const OpenExchange& exchange, const Input& input) const {
  Receptions moved;
  if (exchange.about_records()) return moved;
  const ReceptionPtr before = board_.Find(exchange.row.reception_id);
  if (before == nullptr) return moved;
  absl::StatusOr<v1::Reception> after = Apply(*before, input, clock_.Now());
  // One that was cancelled, corrected or answered by another question stays as it is.
  if (after.ok() && after->revision() != before->revision()) moved.push_back(*std::move(after));
  return moved;
}

absl::Status Desk::Impl::OnStep(const eligibility::Ticket& ticket, eligibility::JournalStep step) {
  OpenExchange* exchange = FindExchange(ticket);
  if (exchange == nullptr || !exchange->not_sent.ok()) {
    return base::MakeError(base::ErrorCode::kNotAsked, {.what = "it was taken back"});
  }
  store::ExchangeRow row = exchange->Row();
  row.step = static_cast<int>(StepOf(step));
  store::Changes changes;
  changes.exchanges.push_back(row);
  MDG_RETURN_IF_ERROR(Save({}, std::move(changes)));
  exchange->row.step = row.step;
  return absl::OkStatus();
}

absl::StatusOr<int> Desk::Impl::OnNameTaken(const eligibility::Ticket& ticket) {
  OpenExchange* exchange = FindExchange(ticket);
  if (exchange == nullptr || !exchange->not_sent.ok()) {
    return base::MakeError(base::ErrorCode::kNotAsked, {.what = "it was taken back"});
  }
  const absl::StatusOr<int> number = NextNumber(ticket.terminal, ticket.day);
  if (!number.ok()) {
    EndNotSent(*exchange, number.status());
    return number.status();
  }
  store::ExchangeRow row = exchange->Row();
  row.number = *number;
  row.step = static_cast<int>(ExchangeStep::kPrepared);
  store::Changes changes;
  changes.exchanges.push_back(row);
  if (const absl::Status saved = Save({}, std::move(changes)); !saved.ok()) {
    EndNotSent(*exchange, saved);
    return saved;
  }
  exchange->row.number = row.number;
  exchange->row.step = row.step;
  return *number;
}

void Desk::Impl::OnNotSent(const eligibility::Ticket& ticket, const absl::Status& why) {
  OpenExchange* exchange = FindExchange(ticket);
  if (exchange == nullptr || !exchange->not_sent.ok()) return;
  FailOver(*exchange, why);
}

void Desk::Impl::OnNoAnswer(const eligibility::Ticket& ticket, const absl::Status& why) {
  OpenExchange* exchange = FindExchange(ticket);
  if (exchange == nullptr || !exchange->waits_for_answer()) return;
  base::LogWarning("question_without_answer",
                   {{"exchange", ticket.id}, {"number", base::DetailOf(why)->number()}});
  GiveUp(*exchange);
}

void Desk::Impl::FailOver(OpenExchange& exchange, const absl::Status& why) {
  exchange.tried.insert(exchange.row.terminal);
  eligibility::Line* next = ChooseLine(exchange.body.counter(), exchange.topic(), exchange.tried);
  if (next == nullptr || exchange.given_up) return EndNotSent(exchange, why);
  store::ExchangeRow row = exchange.Row();
  row.terminal = next->about().name;
  row.day = base::JapanDay(clock_.Now());
  row.step = static_cast<int>(ExchangeStep::kPrepared);
  const absl::StatusOr<int> number = NextNumber(row.terminal, row.day);
  if (!number.ok()) return EndNotSent(exchange, number.status());
  row.number = *number;
  Receptions receptions = Move(exchange, NotSent{});
  if (!receptions.empty()) {
    absl::StatusOr<v1::Reception> asked =
        Apply(receptions.front(), reception::Ask{row.terminal}, clock_.Now());
    if (!asked.ok()) return EndNotSent(exchange, why);
    receptions.front() = *std::move(asked);
  }
  store::Changes changes;
  changes.exchanges.push_back(row);
  if (!Save(std::move(receptions), std::move(changes)).ok()) return EndNotSent(exchange, why);
  row.body.clear();
  exchange.row = std::move(row);
  base::LogInfo("question_fails_over",
                {{"exchange", exchange.row.id}, {"terminal", exchange.row.terminal}});
  next->Ask(OutgoingOf(exchange));
}

void Desk::Impl::EndNotSent(OpenExchange& exchange, const absl::Status& why) {
  // From here on no step of it is journaled, so it cannot be published any more.
  exchange.not_sent = why;
  OpenExchange over = exchange;
  over.waiters.clear();
  over.row.step = static_cast<int>(ExchangeStep::kNotSent);
  over.row.open = false;
  over.body.clear_question();
  over.body.clear_card();
  over.body.clear_patient_id();
  over.body.clear_flight();
  *over.body.mutable_ended_because() = base::DetailOf(why).value_or(v1::ErrorDetail());
  store::Changes changes;
  changes.exchanges.push_back(over.Row());
  // One that was given up is not what its reception waits for.
  Receptions receptions = exchange.given_up ? Receptions() : Move(exchange, NotSent{});
  if (!Save(std::move(receptions), std::move(changes)).ok()) return RetrySoon();
  exchange.row = over.row;
  exchange.body = over.body;
  Tell(exchange);
  exchanges_.erase(over.row.id);
}

absl::Status Desk::Impl::OnAnswered(const eligibility::Ticket& ticket, eligibility::Reply reply) {
  OpenExchange* exchange = FindExchange(ticket);
  // Of an exchange that is over: what is in it is of no use to anybody.
  if (exchange == nullptr || exchange->step() == ExchangeStep::kAnswered) return absl::OkStatus();
  if (exchange->about_records()) return OnRecordReply(*exchange, std::move(reply));
  const absl::Time now = clock_.Now();
  v1::Confirmation answer = std::move(*reply.message.mutable_confirmation());
  *answer.mutable_received_at() = base::ToProto(reply.seen_at);
  const eligibility::AnswerMatch match =
      eligibility::MatchAnswer(OutgoingOf(*exchange).question, answer);
  OpenExchange over = *exchange;
  over.waiters.clear();
  over.row.step = static_cast<int>(ExchangeStep::kAnswered);
  Receptions receptions;
  store::Changes changes;
  if (exchange->body.has_card()) {
    receptions = AnswerCard(*exchange, std::move(answer), reply.seen_at, changes);
  } else if (!exchange->row.reception_id.empty()) {
    const v1::PendingNote asked = NoteOf(exchange->body.question().query(), {});
    if (match == eligibility::AnswerMatch::kOtherPerson) {
      receptions = Move(*exchange, AnsweredOther{.asked = asked});
    } else {
      v1::Assignment assignment = AssignmentOf(*exchange, answer, now);
      receptions = Move(*exchange, Answered{.asked = asked,
                                            .confirmation_id = crypto::NewId(now),
                                            .seen_at = reply.seen_at,
                                            .confirmation = std::move(answer),
                                            .assignment = std::move(assignment)});
    }
  } else if (match == eligibility::AnswerMatch::kOurs) {
    answer.set_confirmation_id(over.row.id);
    *over.body.mutable_answer() = std::move(answer);
  } else {
    *over.body.mutable_ended_because() = base::MakeDetail(
        match == eligibility::AnswerMatch::kOtherPerson ? base::ErrorCode::kAnswerOfAnother
                                                        : base::ErrorCode::kForeignInstitution);
  }
  ForgetPerson(over);
  changes.exchanges.push_back(over.Row());
  const std::vector<std::string> used = changes.expectations_gone;
  MDG_RETURN_IF_ERROR(Save(std::move(receptions), std::move(changes)));
  ForgetExpectations(used);
  exchange->row = over.row;
  exchange->body = over.body;
  Tell(*exchange);
  // Who asked once more has the answer too, if it came to the first question.
  if (over.row.reception_id.empty()) return absl::OkStatus();
  for (auto& [id, other] : exchanges_) {
    if (other.row.reception_id == over.row.reception_id && !other.about_records()) Tell(other);
  }
  return absl::OkStatus();
}

absl::Status Desk::Impl::OnRecordReply(OpenExchange& exchange, eligibility::Reply reply) {
  if (exchange.on_record == nullptr && !exchange.handed_out) {
    // Nobody waits for it any longer, so nothing of it may be kept.
    FinishRecord(exchange.row.id);
    return exchange.step() == ExchangeStep::kAnswered
               ? absl::OkStatus()
               : base::MakeError(base::ErrorCode::kStoreFailed);
  }
  if (!std::exchange(exchange.handed_out, true)) {
    const std::string id = exchange.row.id;
    RecordReply record{.identifier = id, .reply = std::move(reply), .hold = nullptr};
    // Not before it was let go of is the file removed; the line offers it again until then.
    record.hold =
        std::shared_ptr<void>(this, [this, id](void*) { Post([this, id] { FinishRecord(id); }); });
    std::exchange(exchange.on_record, nullptr)(std::move(record));
  }
  return base::MakeError(base::ErrorCode::kTookTooLong, {.what = "it is being kept"});
}

void Desk::Impl::FinishRecord(const std::string& id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  OpenExchange& exchange = found->second;
  exchange.handed_out = false;
  OpenExchange over;
  over.row = exchange.row;
  over.body = exchange.body;
  over.row.step = static_cast<int>(ExchangeStep::kAnswered);
  ForgetPerson(over);
  store::Changes changes;
  changes.exchanges.push_back(over.Row());
  if (!Save({}, std::move(changes)).ok()) return;
  exchange.row = over.row;
  exchange.body = over.body;
}

void Desk::Impl::OnRemoved(const eligibility::Ticket& ticket) {
  OpenExchange* exchange = FindExchange(ticket);
  if (exchange == nullptr || exchange->step() != ExchangeStep::kAnswered) return;
  store::Changes changes;
  store::ExchangeRow row = exchange->Row();
  row.open = false;
  changes.exchanges.push_back(std::move(row));
  // On a full disk it stays open in the journal: at the next start it is found to be gone.
  Save({}, std::move(changes)).IgnoreError();
  exchanges_.erase(ticket.id);
}

void Desk::Impl::Tell(OpenExchange& exchange) {
  if (exchange.on_record != nullptr) {
    std::exchange(exchange.on_record, nullptr)(
        exchange.not_sent.ok() ? base::MakeError(base::ErrorCode::kOutcomeUnknown)
                               : exchange.not_sent);
  }
  std::vector<ExchangeWaiter> waiters = std::exchange(exchange.waiters, {});
  if (waiters.empty()) return;
  absl::StatusOr<v1::ConfirmEligibilityResponse> result =
      base::MakeError(base::ErrorCode::kReceptionNotFound);
  if (exchange.row.reception_id.empty()) {
    result = ResultOf(exchange);
  } else if (const ReceptionPtr now = board_.Find(exchange.row.reception_id); now != nullptr) {
    result = ResultOf(*now);
  }
  for (ExchangeWaiter& waiter : waiters) waiter.done(result);
}

}  // namespace madoguchi::reception
