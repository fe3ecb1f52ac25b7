#include "agent/cli/report.h"

#include <iostream>
#include <utility>

#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/cli/json.h"

namespace madoguchi::cli {
namespace {

int ExitFor(const absl::Status& status) {
  static constexpr std::pair<base::ErrorCode, int> kOfTheirOwn[] = {
      {base::ErrorCode::kCannotReach, kCannotReach},
      // The patient's no, not a lack of rights.
      {base::ErrorCode::kNoConsent, kAnswerIsNo},
      {base::ErrorCode::kConsentEnded, kAnswerIsNo},
      {base::ErrorCode::kConsentWithdrawn, kAnswerIsNo},
      // Something outside went wrong.
      {base::ErrorCode::kWrongPatient, kOutsideFailed},
      {base::ErrorCode::kRecordUnusable, kOutsideFailed}};
  for (const auto& [code, exit] : kOfTheirOwn) {
    if (base::Is(status, code)) return exit;
  }
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kSuccess;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
      return kUsage;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
      return kNotAllowed;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
      return kAnswerIsNo;
    default:
      return kOutsideFailed;
  }
}

}  // namespace

int Report(const Global& global, const absl::Status& status) {
  if (status.ok()) return kSuccess;
  const v1::ErrorDetail detail = *base::DetailOf(status);
  if (global.json) {
    std::cerr << ToJson(detail).value_or("") << '\n';
    return ExitFor(status);
  }
  std::cerr << detail.number() << "  " << detail.text_ja() << '\n';
  std::cerr << "          " << base::Printable(detail.text_en(), 1000);
  if (!detail.field().empty()) std::cerr << " (" << base::Printable(detail.field()) << ")";
  std::cerr << '\n';
  if (detail.has_oqs()) {
    std::cerr << "          OQS: " << base::Printable(detail.oqs().code()) << " "
              << base::Printable(detail.oqs().message()) << '\n';
  }
  std::cerr << "          " << detail.next_step_ja() << '\n';
  return ExitFor(status);
}

int ExitForValidity(v1::Validity validity) {
  switch (validity) {
    case v1::VALIDITY_VALID:
    case v1::VALIDITY_VALID_UNREGISTERED:
      return kSuccess;
    case v1::VALIDITY_UNSPECIFIED:
      return kOutsideFailed;
    default:
      return kAnswerIsNo;
  }
}

void PrintWarnings(const google::protobuf::RepeatedPtrField<v1::ErrorDetail>& warnings) {
  for (const v1::ErrorDetail& warning : warnings) {
    std::cerr << "注意: " << warning.number() << "  " << warning.text_ja() << " ("
              << base::Printable(warning.field()) << ")\n"
              << "          " << warning.next_step_ja() << '\n';
  }
}

}  // namespace madoguchi::cli
