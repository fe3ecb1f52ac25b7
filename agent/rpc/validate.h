#ifndef MADOGUCHI_AGENT_RPC_VALIDATE_H_
#define MADOGUCHI_AGENT_RPC_VALIDATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "agent/reception/desk.h"
#include "madoguchi/v1/audit_service.pb.h"
#include "madoguchi/v1/eligibility_service.pb.h"
#include "madoguchi/v1/export_service.pb.h"
#include "madoguchi/v1/medical_record_service.pb.h"
#include "madoguchi/v1/reception_service.pb.h"
#include "madoguchi/v1/system_service.pb.h"

// Whether a request is well formed, field by field: present where it must be, within its size, free
// of control characters, a value that exists. Pure functions. What clerks type (identifiers, birth
// dates) is left to clerk_input.h. Errors never hold the value:
// MDG-1001 names the field (`states[2]`, `patient_id`) and what is allowed, MDG-1409 a counter
// that is not configured, MDG-1103 one the caller may not see.
namespace madoguchi::rpc {

// What requests are checked against besides themselves.
struct RequestContext {
  const reception::Caller& caller;
  // Every configured counter.
  const std::vector<std::string>& counters;
};

absl::Status Validate(const v1::GetReceptionRequest& request, const RequestContext& context);
absl::Status Validate(const v1::ListReceptionsRequest& request, const RequestContext& context);
absl::Status Validate(const v1::WatchReceptionsRequest& request, const RequestContext& context);
absl::Status Validate(const v1::AssignPatientRequest& request, const RequestContext& context);
absl::Status Validate(const v1::UnassignPatientRequest& request, const RequestContext& context);
absl::Status Validate(const v1::ExpectPatientRequest& request, const RequestContext& context);
absl::Status Validate(const v1::CancelReceptionRequest& request, const RequestContext& context);
absl::Status Validate(const v1::GetConfirmationRequest& request, const RequestContext& context);
absl::Status Validate(const v1::ConfirmEligibilityRequest& request, const RequestContext& context);
absl::Status Validate(const v1::RetryReceptionRequest& request, const RequestContext& context);
absl::Status Validate(const v1::CompletePendingRequest& request, const RequestContext& context);
absl::Status Validate(const v1::GetDrugHistoryRequest& request, const RequestContext& context);
absl::Status Validate(const v1::GetCheckupsRequest& request, const RequestContext& context);
absl::Status Validate(const v1::GetDiagnosisHistoryRequest& request, const RequestContext& context);
absl::Status Validate(const v1::GetDocumentRequest& request, const RequestContext& context);
absl::Status Validate(const v1::ExportRecordRequest& request, const RequestContext& context);
absl::Status Validate(const v1::ListAuditEntriesRequest& request, const RequestContext& context);
absl::Status Validate(const v1::VerifyAuditTrailRequest& request, const RequestContext& context);
absl::Status Validate(const v1::DiscloseAuditSubjectsRequest& request,
                      const RequestContext& context);
inline absl::Status Validate(const v1::GetStatusRequest& /*request*/,
                             const RequestContext& /*context*/) {
  return absl::OkStatus();
}
absl::Status Validate(const v1::StartReceptionRequest& request, const RequestContext& context);
absl::Status Validate(const v1::SubmitPinRequest& request, const RequestContext& context);
absl::Status Validate(const v1::ConfirmIdentityRequest& request, const RequestContext& context);
absl::Status Validate(const v1::RecordConsentRequest& request, const RequestContext& context);
absl::Status Validate(const v1::EnrollCardRequest& request, const RequestContext& context);
absl::Status Validate(const v1::TestReaderRequest& request, const RequestContext& context);
inline absl::Status Validate(const v1::ListReadersRequest& /*request*/,
                             const RequestContext& /*context*/) {
  return absl::OkStatus();
}
inline absl::Status Validate(const v1::WatchStatusRequest& /*request*/,
                             const RequestContext& /*context*/) {
  return absl::OkStatus();
}

// Parts of requests: so many characters, none of them a control character; an id chosen by the
// client, or none; a counter that is configured and that the caller may see.
absl::Status ValidateText(std::string field, absl::string_view text, size_t least, size_t most);
absl::Status ValidateRequestId(absl::string_view request_id);
absl::Status ValidateCounter(std::string field, const std::string& counter,
                             const RequestContext& context);
// The two ids most requests have; the first may be empty.
absl::Status ValidateIds(absl::string_view request_id, absl::string_view reception_id);

// The value of metadata `madoguchi-operator`: 1 to 64 printable ASCII characters without a space at
// either end, else MDG-1001.
absl::Status ValidateOperator(absl::string_view value);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_VALIDATE_H_
