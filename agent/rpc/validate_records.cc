#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/rpc/validate.h"

namespace madoguchi::rpc {
namespace {

constexpr size_t kLongestMonthText = 32;

absl::Status Bad(std::string field, std::string what) {
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = std::move(what), .field = std::move(field)});
}

// The months themselves are looked at where today is known.
template <typename Request>
absl::Status CheckMonths(const Request& request) {
  if (request.from_month().text().size() > kLongestMonthText) {
    return Bad("from_month.text", absl::StrCat("at most ", kLongestMonthText, " bytes"));
  }
  if (request.to_month().text().size() > kLongestMonthText) {
    return Bad("to_month.text", absl::StrCat("at most ", kLongestMonthText, " bytes"));
  }
  return absl::OkStatus();
}

template <typename Request>
absl::Status CheckRecordRequest(const Request& request) {
  MDG_RETURN_IF_ERROR(ValidateIds(request.request_id(), request.reception_id()));
  if (!v1::Freshness_IsValid(request.freshness())) {
    return Bad("freshness", "a known value must be named");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const v1::GetDrugHistoryRequest& request, const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(CheckRecordRequest(request));
  return CheckMonths(request);
}

absl::Status Validate(const v1::GetDiagnosisHistoryRequest& request,
                      const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(CheckRecordRequest(request));
  return CheckMonths(request);
}

absl::Status Validate(const v1::GetCheckupsRequest& request, const RequestContext& /*context*/) {
  return CheckRecordRequest(request);
}

absl::Status Validate(const v1::GetDocumentRequest& request, const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(ValidateIds(request.request_id(), request.reception_id()));
  if (request.kind() == v1::DOCUMENT_KIND_UNSPECIFIED ||
      !v1::DocumentKind_IsValid(request.kind())) {
    return Bad("kind", "a known kind must be named");
  }
  if (request.kind() == v1::DOCUMENT_KIND_CHECKUP &&
      (request.has_from_month() || request.has_to_month())) {
    return Bad("from_month", "checkups have no range of months");
  }
  return CheckMonths(request);
}

absl::Status Validate(const v1::ExportRecordRequest& request, const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(ValidateIds({}, request.reception_id()));
  if (request.what() == v1::EXPORT_WHAT_UNSPECIFIED || !v1::ExportWhat_IsValid(request.what())) {
    return Bad("what", "a known value must be named");
  }
  if (request.format() == v1::EXPORT_FORMAT_UNSPECIFIED ||
      !v1::ExportFormat_IsValid(request.format())) {
    return Bad("format", "a known format must be named");
  }
  constexpr int kMostOptions = 8;
  if (request.options_size() > kMostOptions) {
    return Bad("options", absl::StrCat("at most ", kMostOptions));
  }
  return absl::OkStatus();
}

}  // namespace madoguchi::rpc
