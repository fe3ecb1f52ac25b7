#include <algorithm>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/rpc/call.h"
#include "agent/rpc/clerk_input.h"
#include "agent/rpc/page_token.h"
#include "agent/rpc/services.h"
#include "agent/rpc/validate.h"
#include "madoguchi/v1/reception_service.grpc.pb.h"

namespace madoguchi::rpc {
namespace {

constexpr int kDefaultPageSize = 100;
// A PIN may be typed on the reader while the call waits.
constexpr absl::Duration kLongestPin = absl::Seconds(60);

using Service = v1::ReceptionService;
using CardService =
    Service::WithRawCallbackMethod_StartReception<Service::WithRawCallbackMethod_SubmitPin<
        Service::WithRawCallbackMethod_ConfirmIdentity<Service::WithRawCallbackMethod_RecordConsent<
            Service::WithRawCallbackMethod_EnrollCard<Service::Service>>>>>;
using RawService = Service::WithRawCallbackMethod_GetReception<
    Service::WithRawCallbackMethod_ListReceptions<Service::WithRawCallbackMethod_WatchReceptions<
        Service::WithRawCallbackMethod_AssignPatient<Service::WithRawCallbackMethod_UnassignPatient<
            Service::WithRawCallbackMethod_ExpectPatient<
                Service::WithRawCallbackMethod_CancelReception<
                    Service::WithRawCallbackMethod_RetryReception<
                        Service::WithRawCallbackMethod_CompletePending<CardService>>>>>>>>>;

// Without the id that was asked for: it is none of ours, so it may be anything, a name included.
absl::Status NotFound() { return base::MakeError(base::ErrorCode::kReceptionNotFound); }

class ReceptionService final : public RawService {
 public:
  ReceptionService(const ServiceContext& context, EventMessages& messages)
      : context_(context), messages_(messages) {}

  grpc::ServerUnaryReactor* GetReception(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* bytes,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* ListReceptions(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* bytes,
                                           grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchReceptions(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes) override;
  grpc::ServerUnaryReactor* AssignPatient(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* bytes,
                                          grpc::ByteBuffer* response) override {
    return Change<v1::AssignPatientRequest, v1::AssignPatientResponse>(
        context, "madoguchi.v1.ReceptionService.AssignPatient", bytes, response,
        &reception::Desk::Assign);
  }
  grpc::ServerUnaryReactor* UnassignPatient(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* bytes,
                                            grpc::ByteBuffer* response) override {
    return Change<v1::UnassignPatientRequest, v1::UnassignPatientResponse>(
        context, "madoguchi.v1.ReceptionService.UnassignPatient", bytes, response,
        &reception::Desk::Unassign);
  }
  grpc::ServerUnaryReactor* CancelReception(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* bytes,
                                            grpc::ByteBuffer* response) override {
    return Change<v1::CancelReceptionRequest, v1::CancelReceptionResponse>(
        context, "madoguchi.v1.ReceptionService.CancelReception", bytes, response,
        &reception::Desk::Cancel);
  }
  grpc::ServerUnaryReactor* RetryReception(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* bytes,
                                           grpc::ByteBuffer* response) override {
    return Change<v1::RetryReceptionRequest, v1::RetryReceptionResponse>(
        context, "madoguchi.v1.ReceptionService.RetryReception", bytes, response,
        &reception::Desk::Retry);
  }
  grpc::ServerUnaryReactor* StartReception(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* bytes,
                                           grpc::ByteBuffer* response) override {
    return Change<v1::StartReceptionRequest, v1::StartReceptionResponse>(
        context, "madoguchi.v1.ReceptionService.StartReception", bytes, response,
        &reception::Desk::StartAtReader);
  }
  grpc::ServerUnaryReactor* SubmitPin(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* bytes,
                                      grpc::ByteBuffer* response) override {
    return Change<v1::SubmitPinRequest, v1::SubmitPinResponse>(
        context, "madoguchi.v1.ReceptionService.SubmitPin", bytes, response,
        &reception::Desk::SubmitPin, kLongestPin);
  }
  grpc::ServerUnaryReactor* ConfirmIdentity(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* bytes,
                                            grpc::ByteBuffer* response) override {
    return Change<v1::ConfirmIdentityRequest, v1::ConfirmIdentityResponse>(
        context, "madoguchi.v1.ReceptionService.ConfirmIdentity", bytes, response,
        &reception::Desk::ConfirmIdentity);
  }
  grpc::ServerUnaryReactor* RecordConsent(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* bytes,
                                          grpc::ByteBuffer* response) override {
    return Change<v1::RecordConsentRequest, v1::RecordConsentResponse>(
        context, "madoguchi.v1.ReceptionService.RecordConsent", bytes, response,
        &reception::Desk::RecordConsent);
  }
  grpc::ServerUnaryReactor* EnrollCard(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* bytes,
                                       grpc::ByteBuffer* response) override {
    return Change<v1::EnrollCardRequest, v1::EnrollCardResponse>(
        context, "madoguchi.v1.ReceptionService.EnrollCard", bytes, response,
        &reception::Desk::EnrollCard);
  }
  grpc::ServerUnaryReactor* ExpectPatient(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* bytes,
                                          grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* CompletePending(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* bytes,
                                            grpc::ByteBuffer* response) override;

 private:
  template <typename Request>
  using DeskMethod = void (reception::Desk::*)(const reception::Caller&, const Request&,
                                               reception::Desk::ReceptionDone);

  // Answers `call` with what the desk says, as the caller may see it.
  template <typename Response>
  static reception::Desk::ReceptionDone Answer(std::shared_ptr<PendingCall> call,
                                               reception::Caller caller) {
    return
        [call = std::move(call), caller = std::move(caller)](absl::StatusOr<v1::Reception> done) {
          if (!done.ok()) return call->Refuse(done.status());
          Response reply;
          *reply.mutable_reception() = caller.Shown(*std::move(done));
          call->Reply(reply);
        };
  }

  // The calls that change a reception: one call to the desk, whose thread answers.
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Change(grpc::CallbackServerContext* context, absl::string_view method,
                                   const grpc::ByteBuffer* bytes, grpc::ByteBuffer* response,
                                   DeskMethod<Request> desk_method,
                                   absl::Duration longest = kLongestCall) {
    Request request;
    const auto caller = Enter(context_, *context, method, *bytes, request);
    if (!caller.ok()) return Refuse(context, caller.status());
    const auto call =
        PendingCall::Begin(context, response, context_.clock, context_.timers, longest);
    (context_.desk.*desk_method)(*caller, request, Answer<Response>(call, *caller));
    return call.get();
  }

  // GetReception of one that is not new enough yet.
  grpc::ServerUnaryReactor* Await(grpc::CallbackServerContext* context, grpc::ByteBuffer* response,
                                  const reception::Caller& caller,
                                  const v1::GetReceptionRequest& request);

  // The next `wanted` receptions of the token's day, fewer only when there are no more: the desk
  // may stop earlier, when it has looked at many that do not match.
  absl::StatusOr<std::vector<reception::Event>> ReadDay(const PageToken& token,
                                                        const reception::Filter& filter,
                                                        const std::string& patient_id,
                                                        int wanted) const;
  void ListOnReader(const reception::Caller& caller, const v1::ListReceptionsRequest& request,
                    const PageToken& token, PendingCall& call);

  const ServiceContext context_;
  EventMessages& messages_;
};

grpc::ServerUnaryReactor* ReceptionService::GetReception(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* bytes,
                                                         grpc::ByteBuffer* response) {
  v1::GetReceptionRequest request;
  auto caller =
      Enter(context_, *context, "madoguchi.v1.ReceptionService.GetReception", *bytes, request);
  if (!caller.ok()) return Refuse(context, caller.status());
  if (const auto found = context_.desk.board().Find(request.reception_id()); found != nullptr) {
    if (!caller->MaySee(*found)) return Refuse(context, NotFound());
    if (request.wait_seconds() > 0 && found->revision() <= request.after_revision()) {
      return Await(context, response, *caller, request);
    }
    v1::GetReceptionResponse reply;
    *reply.mutable_reception() = caller->only_patient_terminal ? caller->Shown(*found) : *found;
    return Reply(context, response, reply);
  }
  const auto call = PendingCall::Begin(context, response, context_.clock, context_.timers);
  const bool posted =
      context_.read.Post([this, call, id = request.reception_id(), caller = *std::move(caller)] {
        const auto found = context_.desk.Load(id);
        if (!found.ok()) return call->Refuse(found.status());
        if (*found == nullptr || !caller.MaySee(**found)) return call->Refuse(NotFound());
        v1::GetReceptionResponse reply;
        *reply.mutable_reception() = caller.Shown(**found);
        call->Reply(reply);
      });
  if (!posted) call->Refuse(base::MakeError(base::ErrorCode::kStopping));
  return call.get();
}

grpc::ServerUnaryReactor* ReceptionService::Await(grpc::CallbackServerContext* context,
                                                  grpc::ByteBuffer* response,
                                                  const reception::Caller& caller,
                                                  const v1::GetReceptionRequest& request) {
  const absl::Duration wanted = absl::Seconds(request.wait_seconds());
  const absl::Duration longest = wanted + absl::Seconds(1);
  const absl::Duration wait =
      std::clamp(Allowed(*context, longest) - kAhead, absl::ZeroDuration(), wanted);
  const auto call = PendingCall::Begin(context, response, context_.clock, context_.timers, longest);
  context_.desk.Await(caller, request.reception_id(), request.after_revision(),
                      context_.clock.Now() + wait, Answer<v1::GetReceptionResponse>(call, caller));
  return call.get();
}

grpc::ServerUnaryReactor* ReceptionService::ListReceptions(grpc::CallbackServerContext* context,
                                                           const grpc::ByteBuffer* bytes,
                                                           grpc::ByteBuffer* response) {
  v1::ListReceptionsRequest request;
  auto caller =
      Enter(context_, *context, "madoguchi.v1.ReceptionService.ListReceptions", *bytes, request);
  if (!caller.ok()) return Refuse(context, caller.status());
  PageToken token;
  if (request.page_token().empty()) {
    token.head = context_.desk.board().Head();
    token.day =
        request.has_day() ? base::ToCivilDay(request.day()) : base::JapanDay(context_.clock.Now());
  } else {
    auto parsed = ParsePageToken(request, caller->identity, context_.desk.MakeCursor(0));
    if (!parsed.ok()) return Refuse(context, parsed.status());
    token = *parsed;
  }
  const auto call = PendingCall::Begin(context, response, context_.clock, context_.timers);
  const bool posted = context_.read.Post(
      [this, call, token, request = std::move(request), caller = *std::move(caller)] {
        ListOnReader(caller, request, token, *call);
      });
  if (!posted) call->Refuse(base::MakeError(base::ErrorCode::kStopping));
  return call.get();
}

absl::StatusOr<std::vector<reception::Event>> ReceptionService::ReadDay(
    const PageToken& token, const reception::Filter& filter, const std::string& patient_id,
    int wanted) const {
  std::vector<reception::Event> events;
  const int64_t head = context_.desk.board().Head();
  for (int64_t after = token.after; static_cast<int>(events.size()) < wanted;) {
    auto page = context_.desk.ReadDay(token.day, after, filter, patient_id,
                                      wanted - static_cast<int>(events.size()));
    if (!page.ok()) return page.status();
    std::move(page->events.begin(), page->events.end(), std::back_inserter(events));
    if (page->looked_through <= after || page->looked_through >= head) break;
    after = page->looked_through;
  }
  return events;
}

void ReceptionService::ListOnReader(const reception::Caller& caller,
                                    const v1::ListReceptionsRequest& request,
                                    const PageToken& token, PendingCall& call) {
  const int size = request.page_size() == 0 ? kDefaultPageSize : request.page_size();
  reception::Filter filter;
  filter.counters = caller.counters;
  if (!request.counter().empty()) filter.counters = {request.counter()};
  for (const int state : request.states()) {
    filter.states.push_back(static_cast<v1::ReceptionState>(state));
  }
  // One more than asked tells whether another page follows.
  auto events = ReadDay(token, filter, request.patient_id(), size + 1);
  if (!events.ok()) return call.Refuse(events.status());
  v1::ListReceptionsResponse reply;
  const int given = std::min(size, static_cast<int>(events->size()));
  for (int i = 0; i < given; ++i) *reply.add_receptions() = *(*events)[i].reception;
  if (static_cast<int>(events->size()) > size) {
    PageToken next = token;
    next.after = (*events)[size - 1].number;
    reply.set_next_page_token(
        MakePageToken(next, request, caller.identity, context_.desk.MakeCursor(0)));
  }
  reply.set_cursor(context_.desk.MakeCursor(token.head));
  call.Reply(reply);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* ReceptionService::WatchReceptions(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes) {
  v1::WatchReceptionsRequest request;
  const auto caller =
      Enter(context_, *context, "madoguchi.v1.ReceptionService.WatchReceptions", *bytes, request);
  if (!caller.ok()) return WatchReactor::Refused(caller.status());
  auto source =
      ReceptionSource::Make(context_.desk, messages_, *caller, request, context_.clock.Now());
  if (!source.ok()) return WatchReactor::Refused(source.status());
  return WatchReactor::Serve(context, context_.hub, caller->identity, *std::move(source));
}

grpc::ServerUnaryReactor* ReceptionService::ExpectPatient(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* bytes,
                                                          grpc::ByteBuffer* response) {
  v1::ExpectPatientRequest request;
  const auto caller =
      Enter(context_, *context, "madoguchi.v1.ReceptionService.ExpectPatient", *bytes, request);
  if (!caller.ok()) return Refuse(context, caller.status());
  auto warnings = ReadClerkInput(request, base::JapanDay(context_.clock.Now()));
  if (!warnings.ok()) return Refuse(context, warnings.status());
  const auto call = PendingCall::Begin(context, response, context_.clock, context_.timers);
  context_.desk.Expect(*caller, request,
                       [call, warnings = *std::move(warnings)](absl::StatusOr<std::string> done) {
                         if (!done.ok()) return call->Refuse(done.status());
                         v1::ExpectPatientResponse reply;
                         reply.set_expectation_id(*std::move(done));
                         reply.mutable_warnings()->Add(warnings.begin(), warnings.end());
                         call->Reply(reply);
                       });
  return call.get();
}

grpc::ServerUnaryReactor* ReceptionService::CompletePending(grpc::CallbackServerContext* context,
                                                            const grpc::ByteBuffer* bytes,
                                                            grpc::ByteBuffer* response) {
  v1::CompletePendingRequest request;
  const auto caller =
      Enter(context_, *context, "madoguchi.v1.ReceptionService.CompletePending", *bytes, request);
  if (!caller.ok()) return Refuse(context, caller.status());
  auto warnings = ReadClerkInput(request, base::JapanDay(context_.clock.Now()));
  if (!warnings.ok()) return Refuse(context, warnings.status());
  const auto call = PendingCall::Begin(context, response, context_.clock, context_.timers);
  context_.desk.Complete(
      *caller, request,
      [call, warnings = *std::move(warnings)](absl::StatusOr<v1::Reception> done) {
        if (!done.ok()) return call->Refuse(done.status());
        v1::CompletePendingResponse reply;
        *reply.mutable_reception() = *std::move(done);
        for (const v1::ErrorDetail& warning : warnings) *reply.add_warnings() = warning;
        call->Reply(reply);
      });
  return call.get();
}

}  // namespace

std::unique_ptr<grpc::Service> MakeReceptionService(const ServiceContext& context,
                                                    EventMessages& messages) {
  return std::make_unique<ReceptionService>(context, messages);
}

}  // namespace madoguchi::rpc
