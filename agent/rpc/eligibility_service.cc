#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/rpc/call.h"
#include "agent/rpc/clerk_input.h"
#include "agent/rpc/services.h"
#include "agent/rpc/validate.h"
#include "madoguchi/v1/eligibility_service.grpc.pb.h"

namespace madoguchi::rpc {
namespace {

using Service = v1::EligibilityService;
using RawService = Service::WithRawCallbackMethod_ConfirmEligibility<
    Service::WithRawCallbackMethod_GetConfirmation<Service::Service>>;

class EligibilityService final : public RawService {
 public:
  explicit EligibilityService(const ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* ConfirmEligibility(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* bytes,
                                               grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetConfirmation(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* bytes,
                                            grpc::ByteBuffer* response) override;

 private:
  // One that has no reception.
  void AnswerLoose(PendingCall& call, const std::string& id, const reception::Caller& caller) const;

  const ServiceContext context_;
};

// The answer out of the reception it belongs to, if the caller may see that one's counter.
absl::StatusOr<v1::GetConfirmationResponse> Take(const reception::ReceptionPtr& reception,
                                                 const reception::Caller& caller) {
  if (reception == nullptr || !caller.MaySee(reception->counter())) {
    return base::MakeError(base::ErrorCode::kConfirmationNotFound);
  }
  v1::GetConfirmationResponse reply;
  *reply.mutable_confirmation() = reception->confirmation();
  return reply;
}

grpc::ServerUnaryReactor* EligibilityService::GetConfirmation(grpc::CallbackServerContext* context,
                                                              const grpc::ByteBuffer* bytes,
                                                              grpc::ByteBuffer* response) {
  v1::GetConfirmationRequest request;
  auto caller =
      Enter(context_, *context, "madoguchi.v1.EligibilityService.GetConfirmation", *bytes, request);
  if (!caller.ok()) return Refuse(context, caller.status());
  const std::string& id = request.confirmation_id();
  if (const auto held = context_.desk.board().FindByConfirmation(id); held != nullptr) {
    const auto reply = Take(held, *caller);
    return reply.ok() ? Reply(context, response, *reply) : Refuse(context, reply.status());
  }
  const auto call = PendingCall::Begin(context, response, context_.clock, context_.timers);
  const bool posted = context_.read.Post([this, call, id, caller = *std::move(caller)] {
    const auto found = context_.desk.LoadByConfirmation(id);
    if (base::Is(found.status(), base::ErrorCode::kConfirmationNotFound)) {
      return AnswerLoose(*call, id, caller);
    }
    if (!found.ok()) return call->Refuse(found.status());
    const auto reply = Take(*found, caller);
    if (!reply.ok()) return call->Refuse(reply.status());
    call->Reply(*reply);
  });
  if (!posted) call->Refuse(base::MakeError(base::ErrorCode::kStopping));
  return call.get();
}

void EligibilityService::AnswerLoose(PendingCall& call, const std::string& id,
                                     const reception::Caller& caller) const {
  auto loose = context_.desk.LoadLooseAnswer(id);
  if (loose.ok() && !caller.MaySee(loose->counter)) {
    loose = base::MakeError(base::ErrorCode::kConfirmationNotFound);
  }
  if (!loose.ok()) return call.Refuse(loose.status());
  v1::GetConfirmationResponse reply;
  *reply.mutable_confirmation() = std::move(loose->confirmation);
  call.Reply(reply);
}

grpc::ServerUnaryReactor* EligibilityService::ConfirmEligibility(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* bytes,
    grpc::ByteBuffer* response) {
  v1::ConfirmEligibilityRequest request;
  const auto caller = Enter(context_, *context,
                            "madoguchi.v1.EligibilityService.ConfirmEligibility", *bytes, request);
  if (!caller.ok()) return Refuse(context, caller.status());
  const absl::Time now = context_.clock.Now();
  auto warnings = ReadClerkInput(request, base::JapanDay(now));
  if (!warnings.ok()) return Refuse(context, warnings.status());
  const absl::Duration wanted = absl::Seconds(request.wait_seconds());
  const absl::Duration longest = std::max(kLongestCall, wanted + absl::Seconds(1));
  const absl::Duration wait =
      std::clamp(Allowed(*context, longest) - kAhead, absl::ZeroDuration(), wanted);
  const auto call = PendingCall::Begin(context, response, context_.clock, context_.timers, longest);
  context_.desk.Confirm(
      *caller, request, now + wait,
      [call, warnings = *std::move(warnings)](absl::StatusOr<v1::ConfirmEligibilityResponse> done) {
        if (!done.ok()) return call->Refuse(done.status());
        for (const v1::ErrorDetail& warning : warnings) *done->add_warnings() = warning;
        call->Reply(*done);
      });
  return call.get();
}

}  // namespace

std::unique_ptr<grpc::Service> MakeEligibilityService(const ServiceContext& context) {
  return std::make_unique<EligibilityService>(context);
}

}  // namespace madoguchi::rpc
