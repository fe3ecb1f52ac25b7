#include "agent/reception/desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/reception/cursor.h"
#include "agent/reception/desk_impl.h"

namespace madoguchi::reception {
namespace {

// A change that takes longer than this to reach the disk meets a broken one.
constexpr absl::Duration kLongestCommit = absl::Seconds(10);

template <typename T, typename U>
bool Wanted(const std::vector<T>& list, const U& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

store::EventQuery MakeQuery(int64_t after, const Filter& filter, int limit) {
  store::EventQuery query;
  query.after = after;
  query.counters = filter.counters;
  query.states.assign(filter.states.begin(), filter.states.end());
  query.max_rows = std::max(limit, 1);
  return query;
}

// The request without its id: what has to be the same when the id is.
template <typename Request>
Request Bare(Request request) {
  request.clear_request_id();
  return request;
}
// Who asks again may wait longer.
v1::ConfirmEligibilityRequest Bare(v1::ConfirmEligibilityRequest request) {
  request.clear_request_id();
  request.clear_wait_seconds();
  return request;
}

// Posts a call that is answered at once.
template <typename Impl, typename Request>
void PostCall(Impl* impl, const Caller& caller, absl::string_view name, const Request& request,
              Desk::ReceptionDone done,
              absl::StatusOr<v1::Reception> (Impl::*method)(const Caller&,
                                                            const typename Impl::CallKey&,
                                                            const Request&)) {
  impl->PostCall(caller, Impl::MakeCallKey(caller, name, request.request_id(), Bare(request)),
                 std::move(done),
                 [impl, caller, request, method](const typename Impl::CallKey& call,
                                                 const Desk::ReceptionDone& answer) {
                   answer((impl->*method)(caller, call, request));
                 });
}

}  // namespace

bool Caller::MaySee(absl::string_view counter) const { return Wanted(counters, counter); }

bool Caller::MaySee(const v1::Reception& reception) const {
  return MaySee(reception.counter()) &&
         (!only_patient_terminal || reception.origin() == v1::RECEPTION_ORIGIN_OWN_READER);
}

v1::Reception Caller::Shown(v1::Reception reception) const {
  if (!only_patient_terminal) return reception;
  reception.clear_confirmation();
  reception.clear_assignment();
  reception.clear_usable_consents();
  reception.clear_records();
  reception.clear_superseded_by();
  return reception;
}

bool Filter::Matches(const v1::Reception& reception) const {
  return Wanted(counters, reception.counter()) && Wanted(states, reception.state());
}

Desk::Desk(DeskOptions options, store::Store& store, audit::Trail& trail,
           const crypto::KeyedHash& person_hash, base::Clock& clock, std::function<void()> on_event)
    : impl_(std::make_unique<Impl>(std::move(options), store, trail, person_hash, clock,
                                   std::move(on_event))) {}

Desk::~Desk() { Stop(); }

absl::Status Desk::Start() { return impl_->Start(); }
void Desk::Stop() { impl_->Stop(); }

void Desk::OnFacePush(eligibility::FacePush push, std::function<void(absl::Status)> done) {
  // Shared: a task that is not taken has its callback with it.
  auto answer = std::make_shared<std::function<void(absl::Status)>>(std::move(done));
  const bool posted = impl_->Post([impl = impl_.get(), push = std::move(push), answer]() mutable {
    (*answer)(impl->TakePush(std::move(push)));
    impl->TidySoon();
  });
  if (!posted) (*answer)(base::MakeError(base::ErrorCode::kStopping));
}

void Desk::Assign(const Caller& caller, const v1::AssignPatientRequest& request,
                  ReceptionDone done) {
  reception::Assign input{.patient_id = request.patient_id(),
                          .by = absl::StrCat(caller.person, "@", caller.identity),
                          .expected_revision = request.expected_revision()};
  impl_->PostCommand(
      caller, Impl::MakeCallKey(caller, "AssignPatient", request.request_id(), Bare(request)),
      request.reception_id(), std::move(input), std::move(done));
}

void Desk::Unassign(const Caller& caller, const v1::UnassignPatientRequest& request,
                    ReceptionDone done) {
  impl_->PostCommand(
      caller, Impl::MakeCallKey(caller, "UnassignPatient", request.request_id(), Bare(request)),
      request.reception_id(), reception::Unassign{request.expected_revision()}, std::move(done));
}

void Desk::Cancel(const Caller& caller, const v1::CancelReceptionRequest& request,
                  ReceptionDone done) {
  impl_->PostCommand(
      caller, Impl::MakeCallKey(caller, "CancelReception", request.request_id(), Bare(request)),
      request.reception_id(), reception::Cancel{}, std::move(done));
}

void Desk::Expect(const Caller& caller, const v1::ExpectPatientRequest& request, ExpectDone done) {
  auto answer = std::make_shared<ExpectDone>(std::move(done));
  const bool posted = impl_->Post(
      [impl = impl_.get(), caller, request,
       call = Impl::MakeCallKey(caller, "ExpectPatient", request.request_id(), Bare(request)),
       answer] {
        (*answer)(impl->Expect(caller, call, request));
        impl->TidySoon();
      });
  if (!posted) (*answer)(base::MakeError(base::ErrorCode::kStopping));
}

void Desk::Confirm(const Caller& caller, const v1::ConfirmEligibilityRequest& request,
                   absl::Time until, ConfirmDone done) {
  auto answer = std::make_shared<ConfirmDone>(std::move(done));
  const bool posted = impl_->Post(
      [impl = impl_.get(), caller, request, until,
       call = Impl::MakeCallKey(caller, "ConfirmEligibility", request.request_id(), Bare(request)),
       answer] {
        impl->Confirm(caller, call, request, until,
                      [answer](absl::StatusOr<v1::ConfirmEligibilityResponse> response) {
                        (*answer)(std::move(response));
                      });
        impl->TidySoon();
      });
  if (!posted) (*answer)(base::MakeError(base::ErrorCode::kStopping));
}

void Desk::Retry(const Caller& caller, const v1::RetryReceptionRequest& request,
                 ReceptionDone done) {
  PostCall(impl_.get(), caller, "RetryReception", request, std::move(done), &Impl::Retry);
}

void Desk::StartAtReader(const Caller& caller, const v1::StartReceptionRequest& request,
                         ReceptionDone done) {
  PostCall(impl_.get(), caller, "StartReception", request, std::move(done), &Impl::StartAtReader);
}

void Desk::ConfirmIdentity(const Caller& caller, const v1::ConfirmIdentityRequest& request,
                           ReceptionDone done) {
  impl_->PostCall(
      caller, Impl::MakeCallKey(caller, "ConfirmIdentity", request.request_id(), Bare(request)),
      std::move(done),
      [impl = impl_.get(), caller, request](const Impl::CallKey& call, ReceptionDone answer) {
        impl->ConfirmIdentity(caller, call, request, std::move(answer));
      });
}

void Desk::RecordConsent(const Caller& caller, const v1::RecordConsentRequest& request,
                         ReceptionDone done) {
  PostCall(impl_.get(), caller, "RecordConsent", request, std::move(done), &Impl::RecordConsent);
}

void Desk::EnrollCard(const Caller& caller, const v1::EnrollCardRequest& request,
                      ReceptionDone done) {
  PostCall(impl_.get(), caller, "EnrollCard", request, std::move(done), &Impl::EnrollCard);
}

void Desk::SubmitPin(const Caller& caller, const v1::SubmitPinRequest& request,
                     ReceptionDone done) {
  // What is the same PIN nobody can tell from outside: it is no part of what must be equal.
  v1::SubmitPinRequest bare = Bare(request);
  bare.clear_sealed_pin();
  impl_->PostCall(
      caller, Impl::MakeCallKey(caller, "SubmitPin", request.request_id(), bare), std::move(done),
      [impl = impl_.get(), caller, request](const Impl::CallKey& call, ReceptionDone answer) {
        impl->SubmitPin(caller, call, request, std::move(answer));
      });
}

void Desk::Await(const Caller& caller, const std::string& reception_id, int32_t after_revision,
                 absl::Time until, ReceptionDone done) {
  auto answer = std::make_shared<ReceptionDone>(std::move(done));
  const bool posted =
      impl_->Post([impl = impl_.get(), caller, reception_id, after_revision, until, answer] {
        impl->Await(caller, reception_id, after_revision, until, std::move(*answer));
      });
  if (!posted) (*answer)(base::MakeError(base::ErrorCode::kStopping));
}

void Desk::UseCards(CardReaders cards) { impl_->UseCards(std::move(cards)); }

void Desk::OnReadersChanged() {
  impl_->Post([impl = impl_.get()] { impl->OnReadersChanged(); });
}

void Desk::OnCardLost(const std::string& holder, const absl::Status& why) {
  impl_->Post([impl = impl_.get(), holder, why] { impl->OnCardLost(holder, why); });
}

void Desk::Complete(const Caller& caller, const v1::CompletePendingRequest& request,
                    ReceptionDone done) {
  impl_->PostCommand(
      caller, Impl::MakeCallKey(caller, "CompletePending", request.request_id(), Bare(request)),
      request.reception_id(), reception::Note{request.note()},
      [impl = impl_.get(), done = std::move(done)](absl::StatusOr<v1::Reception> reception) {
        done(std::move(reception));
        // The line may be there.
        impl->WatchExchanges();
      });
}

void Desk::AskRecord(const std::string& reception_id, v1::OqsMessage question, RecordDone done) {
  auto answer = std::make_shared<RecordDone>(std::move(done));
  const bool posted = impl_->Post(
      [impl = impl_.get(), reception_id, question = std::move(question), answer]() mutable {
        impl->AskRecord(reception_id, std::move(question), std::move(*answer));
        impl->TidySoon();
      });
  if (!posted) (*answer)(base::MakeError(base::ErrorCode::kStopping));
}

void Desk::UseAnswered(std::function<void(const v1::Reception&)> on_answered) {
  impl_->UseAnswered(std::move(on_answered));
}

void Desk::UseChallenges(std::function<void(ChallengeDone)> ask) {
  impl_->UseChallenges(std::move(ask));
}
void Desk::UseLines(std::vector<eligibility::Line*> lines) { impl_->UseLines(std::move(lines)); }

eligibility::LineSink Desk::MakeLineSink() {
  // Blocks the line's thread until the desk has kept it, which is what the line has to know.
  const auto run = [impl = impl_.get()](const std::function<void()>& task) {
    return impl->RunAndWait([&] {
      task();
      impl->TidySoon();
    });
  };
  eligibility::LineSink sink;
  sink.journal = [run, impl = impl_.get()](const eligibility::Ticket& ticket,
                                           eligibility::JournalStep step) {
    absl::Status kept = base::MakeError(base::ErrorCode::kStopping);
    run([&] { kept = impl->OnStep(ticket, step); });
    return kept;
  };
  sink.rename = [run, impl = impl_.get()](const eligibility::Ticket& ticket) {
    absl::StatusOr<int> number = base::MakeError(base::ErrorCode::kStopping);
    run([&] { number = impl->OnNameTaken(ticket); });
    return number;
  };
  sink.not_sent = [run, impl = impl_.get()](const eligibility::Ticket& ticket, absl::Status why) {
    run([&] { impl->OnNotSent(ticket, why); });
  };
  sink.answered = [run, impl = impl_.get()](const eligibility::Ticket& ticket,
                                            eligibility::Reply reply) {
    absl::Status kept = base::MakeError(base::ErrorCode::kStopping);
    run([&] { kept = impl->OnAnswered(ticket, std::move(reply)); });
    return kept;
  };
  sink.no_answer = [run, impl = impl_.get()](const eligibility::Ticket& ticket, absl::Status why) {
    run([&] { impl->OnNoAnswer(ticket, why); });
  };
  sink.removed = [run, impl = impl_.get()](const eligibility::Ticket& ticket) {
    run([&] { impl->OnRemoved(ticket); });
  };
  sink.changed = [impl = impl_.get()] { impl->Post([impl] { impl->OnLineChanged(); }); };
  return sink;
}

void Desk::StopWaiting() {
  impl_->Post([impl = impl_.get()] { impl->StopWaiting(); });
}

void Desk::MoveRecord(const std::string& reception_id, std::vector<v1::RecordStatus> statuses) {
  // Refused when it stops: the records are looked up again at the next start.
  impl_->Post([impl = impl_.get(), reception_id, statuses = std::move(statuses)] {
    impl->MoveRecords(reception_id, statuses);
    impl->TidySoon();
  });
}

const Board& Desk::board() const { return impl_->board(); }

absl::StatusOr<ReceptionPtr> Desk::Load(absl::string_view reception_id) const {
  if (ReceptionPtr held = board().Find(reception_id); held != nullptr) return held;
  const absl::StatusOr<std::optional<store::ReceptionRow>> row =
      impl_->store().FindReception(reception_id);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return base::MakeError(base::ErrorCode::kReceptionNotFound);
  return ParseReception(**row);
}

absl::StatusOr<ReceptionPtr> Desk::LoadSettled(absl::string_view reception_id) const {
  const std::optional<ReceptionPtr> held = board().FindSettled(reception_id, kLongestCommit);
  if (!held.has_value()) return base::MakeError(base::ErrorCode::kTookTooLong);
  return *held != nullptr ? *held : Load(reception_id);
}

absl::StatusOr<ReceptionPtr> Desk::LoadByConfirmation(absl::string_view confirmation_id) const {
  if (ReceptionPtr held = board().FindByConfirmation(confirmation_id); held != nullptr) return held;
  const absl::StatusOr<std::optional<store::ReceptionRow>> row =
      impl_->store().FindByConfirmation(confirmation_id);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return base::MakeError(base::ErrorCode::kConfirmationNotFound);
  return ParseReception(**row);
}

absl::StatusOr<Desk::LooseAnswer> Desk::LoadLooseAnswer(absl::string_view confirmation_id) const {
  absl::StatusOr<std::optional<store::ExchangeRow>> row =
      impl_->store().FindExchange(confirmation_id);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return base::MakeError(base::ErrorCode::kConfirmationNotFound);
  absl::StatusOr<OpenExchange> exchange = ParseExchange(**std::move(row));
  if (!exchange.ok()) return exchange.status();
  if (!exchange->body.has_answer()) return base::MakeError(base::ErrorCode::kConfirmationNotFound);
  return LooseAnswer{.counter = exchange->body.counter(),
                     .confirmation = std::move(*exchange->body.mutable_answer())};
}

absl::StatusOr<Desk::Page> Desk::ReadEvents(int64_t after, const Filter& filter, int limit) const {
  const absl::StatusOr<store::EventPage> read =
      impl_->store().ReadEvents(MakeQuery(after, filter, limit));
  if (!read.ok()) return read.status();
  Page page;
  page.looked_through = read->looked_through;
  for (const store::ReceptionRow& row : read->rows) {
    absl::StatusOr<ReceptionPtr> reception = ParseReception(row);
    if (!reception.ok()) return reception.status();
    page.events.push_back({row.event, *std::move(reception)});
  }
  return page;
}

absl::StatusOr<Desk::Page> Desk::ReadDay(absl::CivilDay day, int64_t after, const Filter& filter,
                                         const std::string& patient_id, int limit) const {
  store::EventQuery query = MakeQuery(after, filter, limit);
  query.day = day;
  Page page;
  // A chart number is in the body only, so rows are read until enough of them match.
  for (bool more = true; more;) {
    const absl::StatusOr<store::EventPage> read = impl_->store().ReadEvents(query);
    if (!read.ok()) return read.status();
    page.looked_through = read->looked_through;
    for (const store::ReceptionRow& row : read->rows) {
      absl::StatusOr<ReceptionPtr> reception = ParseReception(row);
      if (!reception.ok()) return reception.status();
      if (!patient_id.empty() && (*reception)->assignment().patient_id() != patient_id) continue;
      page.events.push_back({row.event, *std::move(reception)});
    }
    query.after = read->looked_through;
    query.max_rows = limit - static_cast<int>(page.events.size());
    more = !read->at_end && query.max_rows > 0;
  }
  return page;
}

std::string Desk::MakeCursor(int64_t number) const {
  return EncodeCursor({.store_id = impl_->store().Id(), .number = number});
}

absl::StatusOr<int64_t> Desk::ParseCursor(absl::string_view cursor) const {
  const absl::StatusOr<Cursor> decoded = DecodeCursor(cursor);
  if (!decoded.ok()) return decoded.status();
  const store::Store& store = impl_->store();
  const auto refuse = [](std::string what) {
    return base::MakeError(base::ErrorCode::kCursorTooOld, {.what = std::move(what)});
  };
  if (decoded->store_id != store.Id()) return refuse("it belongs to another database");
  // A database that was restored from a copy may be behind what clients have seen.
  if (decoded->number > store.Head() || decoded->number < 0) {
    return refuse("it is newer than the database");
  }
  if (decoded->number < store.Floor()) return refuse("what came after it has been deleted");
  return decoded->number;
}

v1::StoreStatus Desk::StoreStatus() const { return impl_->StoreStatus(); }

}  // namespace madoguchi::reception
