#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/audit/subject.h"
#include "agent/audit/trail.h"
#include "agent/base/error.h"
#include "agent/rpc/audit_pages.h"
#include "agent/rpc/call.h"
#include "agent/rpc/services.h"
#include "agent/rpc/validate.h"
#include "madoguchi/v1/audit_service.grpc.pb.h"

namespace madoguchi::rpc {
namespace {

constexpr int kDefaultPageSize = 100;

using audit::Kind;
using Service = v1::AuditService;
using RawService =
    Service::WithRawCallbackMethod_ListAuditEntries<Service::WithRawCallbackMethod_VerifyAuditTrail<
        Service::WithRawCallbackMethod_DiscloseAuditSubjects<Service::Service>>>;

audit::Entry EntryBy(const reception::Caller& caller, Kind kind, std::string detail) {
  return {.kind = kind,
          .identity = caller.identity,
          .person = caller.person,
          .detail = std::move(detail)};
}

class AuditService final : public RawService {
 public:
  AuditService(const ServiceContext& context, base::Executor& audit)
      : context_(context), trail_(context.trail), audit_(audit) {}

  grpc::ServerUnaryReactor* ListAuditEntries(grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* bytes,
                                             grpc::ByteBuffer* response) override {
    return Answer<v1::ListAuditEntriesRequest>(
        context, "madoguchi.v1.AuditService.ListAuditEntries", bytes, response,
        [this](const auto& caller, const auto& request) { return List(caller, request); });
  }
  grpc::ServerUnaryReactor* VerifyAuditTrail(grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* bytes,
                                             grpc::ByteBuffer* response) override {
    return Answer<v1::VerifyAuditTrailRequest>(
        context, "madoguchi.v1.AuditService.VerifyAuditTrail", bytes, response,
        [this](const auto& caller, const auto& request) { return Verify(caller, request); });
  }
  grpc::ServerUnaryReactor* DiscloseAuditSubjects(grpc::CallbackServerContext* context,
                                                  const grpc::ByteBuffer* bytes,
                                                  grpc::ByteBuffer* response) override {
    return Answer<v1::DiscloseAuditSubjectsRequest>(
        context, "madoguchi.v1.AuditService.DiscloseAuditSubjects", bytes, response,
        [this](const auto& caller, const auto& request) { return Disclose(caller, request); });
  }

 private:
  // Everything here blocks on the disk, and may take seconds: on a thread of its own, one at a
  // time.
  template <typename Request, typename Make>
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, absl::string_view method,
                                   const grpc::ByteBuffer* bytes, grpc::ByteBuffer* response,
                                   Make make) {
    Request request;
    auto caller = Enter(context_, *context, method, *bytes, request);
    if (!caller.ok()) return Refuse(context, caller.status());
    const auto call = PendingCall::Begin(context, response, context_.clock, context_.timers);
    const bool posted =
        audit_.Post([call, make, caller = *std::move(caller), request = std::move(request)] {
          // Whoever waited too long gets nothing, so nothing is read for it.
          if (call->Answered()) return;
          const auto reply = make(caller, request);
          if (!reply.ok()) return call->Refuse(reply.status());
          call->Reply(*reply);
        });
    if (!posted) call->Refuse(base::MakeError(base::ErrorCode::kStopping));
    return call.get();
  }

  // One page of what `request` asks for.
  template <typename Request>
  absl::StatusOr<audit::SearchPage> Page(const reception::Caller& caller, const Request& request,
                                         std::string& next) const {
    const audit::Anchor head = trail_.Status().head;
    AuditPlace place{.after = 0, .up_to = head.number};
    if (!request.page_token().empty()) {
      const auto parsed = ParseAuditToken(request, caller.identity, head.store_id);
      if (!parsed.ok()) return parsed.status();
      place = *parsed;
    }
    const int limit = request.page_size() > 0 ? request.page_size() : kDefaultPageSize;
    auto page = trail_.Search(FilterOf(request), place.after, place.up_to, limit);
    if (page.ok() && !page->at_end) {
      place.after = page->looked_through;
      next = MakeAuditToken(place, request, caller.identity, head.store_id);
    }
    return page;
  }

  absl::StatusOr<v1::ListAuditEntriesResponse> List(
      const reception::Caller& caller, const v1::ListAuditEntriesRequest& request) const {
    v1::ListAuditEntriesResponse response;
    const auto page = Page(caller, request, *response.mutable_next_page_token());
    if (!page.ok()) return page.status();
    MDG_RETURN_IF_ERROR(trail_.Record(EntryBy(caller, Kind::kTrailRead, "list")));
    for (const audit::Found& found : page->found) *response.add_entries() = ToProto(found);
    return response;
  }

  absl::StatusOr<v1::VerifyAuditTrailResponse> Verify(
      const reception::Caller& caller, const v1::VerifyAuditTrailRequest& request) const {
    std::vector<audit::Anchor> anchors;
    for (const std::string& line : request.anchors()) {
      anchors.push_back(*audit::ParseAnchor(line));
    }
    const audit::Anchor head = trail_.Status().head;
    MDG_RETURN_IF_ERROR(trail_.Record(EntryBy(caller, Kind::kTrailRead, "verify")));
    const auto verdict = trail_.Verify(anchors);
    if (!verdict.ok()) return verdict.status();
    v1::VerifyAuditTrailResponse response;
    response.set_intact(verdict->Intact());
    for (const audit::Finding& finding : verdict->findings) {
      *response.add_findings() = ToProto(finding);
    }
    response.set_more(verdict->more);
    response.set_entries(verdict->entries);
    response.set_tags_checked(verdict->tags_checked);
    response.set_anchors(request.anchors_size());
    response.set_anchor(audit::AnchorText(head));
    return response;
  }

  absl::StatusOr<v1::DiscloseAuditSubjectsResponse> Disclose(
      const reception::Caller& caller, const v1::DiscloseAuditSubjectsRequest& request) const {
    if (!trail_.CanDisclose()) {
      return base::MakeError(
          base::ErrorCode::kAuditKeyProblem,
          {.what = "the private key is not on this machine", .field = "audit-site.key"});
    }
    v1::DiscloseAuditSubjectsResponse response;
    const auto page = Page(caller, request, *response.mutable_next_page_token());
    if (!page.ok()) return page.status();
    audit::Entry entry = EntryBy(caller, Kind::kSubjectsDisclosed, request.identity());
    entry.count = static_cast<int64_t>(page->found.size());
    MDG_RETURN_IF_ERROR(trail_.Record(std::move(entry)));
    for (const audit::Found& found : page->found) *response.add_disclosures() = Open(found);
    return response;
  }

  v1::AuditDisclosure Open(const audit::Found& found) const {
    v1::AuditDisclosure disclosure;
    *disclosure.mutable_entry() = ToProto(found);
    absl::StatusOr<std::string> bytes =
        found.entry.has_value()
            ? trail_.Disclose(found.number, *found.entry)
            : absl::StatusOr<std::string>(base::MakeError(base::ErrorCode::kAuditDamaged));
    if (!bytes.ok()) {
      *disclosure.mutable_problem() = *base::DetailOf(bytes.status());
      return disclosure;
    }
    auto subject = audit::DecodeSubject(*bytes);
    if (subject.has_value()) {
      *disclosure.mutable_subject() = *std::move(subject);
    } else {
      *disclosure.mutable_problem() = base::MakeDetail(base::ErrorCode::kAuditDamaged);
    }
    return disclosure;
  }

  const ServiceContext context_;
  audit::Trail& trail_;
  base::Executor& audit_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAuditService(const ServiceContext& context,
                                                base::Executor& audit) {
  return std::make_unique<AuditService>(context, audit);
}

}  // namespace madoguchi::rpc
