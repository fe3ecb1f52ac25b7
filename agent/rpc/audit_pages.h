#ifndef MADOGUCHI_AGENT_RPC_AUDIT_PAGES_H_
#define MADOGUCHI_AGENT_RPC_AUDIT_PAGES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/audit/search.h"
#include "agent/audit/verify.h"
#include "madoguchi/v1/audit.pb.h"
#include "madoguchi/v1/audit_service.pb.h"

// What AuditService asks the trail and how it shows what was found. Pure functions.
namespace madoguchi::rpc {

audit::Filter FilterOf(const v1::ListAuditEntriesRequest& request);
// Only entries that name somebody; released records unless other kinds are asked for.
audit::Filter FilterOf(const v1::DiscloseAuditSubjectsRequest& request);

v1::AuditEntry ToProto(const audit::Found& found);
v1::AuditFinding ToProto(const audit::Finding& finding);

// Where a listing goes on.
struct AuditPlace {
  int64_t after = 0;
  // The newest entry when the listing began: a listing ends, although reading it makes entries.
  int64_t up_to = 0;
};
// The text is opaque to clients and fits the same request, apart from page_size, of the same
// identity and store only.
template <typename Request>
std::string MakeAuditToken(const AuditPlace& place, Request request, absl::string_view identity,
                           absl::string_view store);
// MDG-1001 `page_token` when it does not fit.
template <typename Request>
absl::StatusOr<AuditPlace> ParseAuditToken(const Request& request, absl::string_view identity,
                                           absl::string_view store);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_AUDIT_PAGES_H_
