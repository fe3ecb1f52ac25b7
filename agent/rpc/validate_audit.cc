#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/audit/verify.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/rpc/validate.h"

namespace madoguchi::rpc {
namespace {

constexpr size_t kLongestText = 128;
constexpr size_t kLongestDayText = 32;
constexpr size_t kLongestToken = 256;
constexpr int kMostKinds = 64;
constexpr int kMostPageSize = 500;
constexpr int kMostAnchors = 1000;

absl::Status Refuse(std::string field, std::string what) {
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = std::move(what), .field = std::move(field)});
}

absl::Status CheckAscii(std::string field, const std::string& text, size_t most) {
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (printable && text.size() <= most) return absl::OkStatus();
  return Refuse(std::move(field), absl::StrCat("at most ", most, " printable ASCII characters"));
}

absl::Status CheckDay(std::string field, const v1::Date& day) {
  if (day.text().size() <= kLongestDayText && base::IsRealDay(day)) return absl::OkStatus();
  return Refuse(std::move(field), "year, month and day must name a day that exists");
}

template <typename Request>
absl::Status CheckListing(const Request& request) {
  if (request.has_from()) MDG_RETURN_IF_ERROR(CheckDay("from", request.from()));
  if (request.has_to()) MDG_RETURN_IF_ERROR(CheckDay("to", request.to()));
  MDG_RETURN_IF_ERROR(CheckAscii("identity", request.identity(), kLongestText));
  if (request.kinds_size() > kMostKinds) {
    return Refuse("kinds", absl::StrCat("at most ", kMostKinds, " are allowed"));
  }
  if (request.page_size() < 0 || request.page_size() > kMostPageSize) {
    return Refuse("page_size", absl::StrCat("0 to ", kMostPageSize, " is allowed"));
  }
  return CheckAscii("page_token", request.page_token(), kLongestToken);
}

}  // namespace

absl::Status Validate(const v1::ListAuditEntriesRequest& request,
                      const RequestContext& /*context*/) {
  if (!request.reception_id().empty()) {
    MDG_RETURN_IF_ERROR(ValidateIds("", request.reception_id()));
  }
  return CheckListing(request);
}

absl::Status Validate(const v1::VerifyAuditTrailRequest& request,
                      const RequestContext& /*context*/) {
  if (request.anchors_size() > kMostAnchors) {
    return Refuse("anchors", absl::StrCat("at most ", kMostAnchors, " are allowed"));
  }
  for (int i = 0; i < request.anchors_size(); ++i) {
    if (!audit::ParseAnchor(request.anchors(i)).has_value()) {
      return Refuse(absl::StrCat("anchors[", i, "]"),
                    "a line `madoguchi-audit-1 STORE NUMBER HASH` is allowed");
    }
  }
  return absl::OkStatus();
}

absl::Status Validate(const v1::DiscloseAuditSubjectsRequest& request,
                      const RequestContext& /*context*/) {
  if (request.identity().empty()) return Refuse("identity", "whose doing must be said");
  MDG_RETURN_IF_ERROR(CheckAscii("person", request.person(), kLongestText));
  return CheckListing(request);
}

}  // namespace madoguchi::rpc
