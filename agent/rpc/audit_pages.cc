#include "agent/rpc/audit_pages.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/crypto/digest.h"

namespace madoguchi::rpc {
namespace {

using audit::Kind;
using audit::Problem;

// Enough to notice a token of another listing.
constexpr size_t kPrintBytes = 8;

template <typename Request>
audit::Filter Common(const Request& request) {
  audit::Filter filter;
  if (request.has_from()) filter.from = base::JapanDayStart(base::ToCivilDay(request.from()));
  if (request.has_to()) filter.until = base::JapanDayStart(base::ToCivilDay(request.to()) + 1);
  filter.identity = request.identity();
  filter.kinds.assign(request.kinds().begin(), request.kinds().end());
  return filter;
}

// The request holds no map, so that the same request gives the same bytes.
template <typename Request>
std::string Print(absl::string_view body, Request request, absl::string_view identity,
                  absl::string_view store) {
  request.clear_page_token();
  request.clear_page_size();
  const std::string bytes = request.SerializeAsString();
  std::string text;
  for (const absl::string_view part : {body, identity, store, absl::string_view(bytes)}) {
    absl::StrAppend(&text, part.size(), ":", part);
  }
  return absl::BytesToHexString(crypto::Sha256(text).substr(0, kPrintBytes));
}

absl::Status Bad() {
  return base::MakeError(
      base::ErrorCode::kInvalidField,
      {.what = "send back the next_page_token of the same listing", .field = "page_token"});
}

v1::AuditProblem ProblemOf(Problem problem) {
  switch (problem) {
    case Problem::kMissing:
      return v1::AUDIT_PROBLEM_MISSING;
    case Problem::kChanged:
      return v1::AUDIT_PROBLEM_CHANGED;
    case Problem::kForged:
      return v1::AUDIT_PROBLEM_FORGED;
    case Problem::kUnreadable:
      return v1::AUDIT_PROBLEM_UNREADABLE;
    case Problem::kNewKey:
      return v1::AUDIT_PROBLEM_NEW_KEY;
    case Problem::kHeadDiffers:
      return v1::AUDIT_PROBLEM_HEAD_DIFFERS;
    case Problem::kAnchorDiffers:
      return v1::AUDIT_PROBLEM_ANCHOR_DIFFERS;
    case Problem::kAnchorMissing:
      return v1::AUDIT_PROBLEM_ANCHOR_MISSING;
  }
  return v1::AUDIT_PROBLEM_UNSPECIFIED;
}

}  // namespace

audit::Filter FilterOf(const v1::ListAuditEntriesRequest& request) {
  audit::Filter filter = Common(request);
  filter.reception_id = request.reception_id();
  return filter;
}

audit::Filter FilterOf(const v1::DiscloseAuditSubjectsRequest& request) {
  audit::Filter filter = Common(request);
  filter.person = request.person();
  filter.with_subject = true;
  if (filter.kinds.empty()) {
    filter.kinds = {static_cast<int>(Kind::kRecordReleased),
                    static_cast<int>(Kind::kDocumentReleased)};
  }
  return filter;
}

v1::AuditEntry ToProto(const audit::Found& found) {
  v1::AuditEntry to;
  to.set_number(found.number);
  *to.mutable_at() = base::ToProto(found.at);
  if (!found.entry.has_value()) {
    to.set_unreadable(true);
    return to;
  }
  const audit::Entry& from = *found.entry;
  const audit::KindInfo& kind = audit::LookUp(from.kind);
  to.set_kind(static_cast<int>(from.kind));
  to.set_kind_name(std::string(kind.name));
  to.set_text_en(std::string(kind.meaning));
  to.set_text_ja(std::string(kind.meaning_ja));
  to.set_identity(from.identity);
  to.set_person(from.person);
  to.set_reception_id(from.reception_id);
  to.set_outcome(from.outcome);
  to.set_detail(from.detail);
  to.set_count(from.count);
  to.set_has_subject(!from.subject.empty());
  return to;
}

v1::AuditFinding ToProto(const audit::Finding& finding) {
  v1::AuditFinding to;
  to.set_number(finding.number);
  to.set_problem(ProblemOf(finding.problem));
  return to;
}

template <typename Request>
std::string MakeAuditToken(const AuditPlace& place, Request request, absl::string_view identity,
                           absl::string_view store) {
  const std::string body = absl::StrCat("1.", place.after, ".", place.up_to);
  return absl::WebSafeBase64Escape(
      absl::StrCat(body, ".", Print(body, std::move(request), identity, store)));
}

template <typename Request>
absl::StatusOr<AuditPlace> ParseAuditToken(const Request& request, absl::string_view identity,
                                           absl::string_view store) {
  std::string text;
  if (!absl::WebSafeBase64Unescape(request.page_token(), &text)) return Bad();
  const std::vector<std::string> parts = absl::StrSplit(text, '.');
  AuditPlace place;
  if (parts.size() != 4 || parts[0] != "1" || !absl::SimpleAtoi(parts[1], &place.after) ||
      !absl::SimpleAtoi(parts[2], &place.up_to) || place.after < 0 || place.up_to < 0 ||
      parts[3] != Print(text.substr(0, text.rfind('.')), request, identity, store)) {
    return Bad();
  }
  return place;
}

template std::string MakeAuditToken(const AuditPlace&, v1::ListAuditEntriesRequest,
                                    absl::string_view, absl::string_view);
template std::string MakeAuditToken(const AuditPlace&, v1::DiscloseAuditSubjectsRequest,
                                    absl::string_view, absl::string_view);
template absl::StatusOr<AuditPlace> ParseAuditToken(const v1::ListAuditEntriesRequest&,
                                                    absl::string_view, absl::string_view);
template absl::StatusOr<AuditPlace> ParseAuditToken(const v1::DiscloseAuditSubjectsRequest&,
                                                    absl::string_view, absl::string_view);

}  // namespace madoguchi::rpc
