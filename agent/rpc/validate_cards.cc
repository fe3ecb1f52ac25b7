#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/rpc/validate.h"

// Requests of a check-in at an own reader.
namespace madoguchi::rpc {
namespace {

constexpr size_t kLongestReader = 128;
// RSA of 2048 bits.
constexpr size_t kSealedBytes = 256;
constexpr size_t kLongestKeyId = 64;

absl::Status Bad(std::string field, std::string what) {
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = std::move(what), .field = std::move(field)});
}

bool IsConsent(v1::ConsentCategory category) {
  return v1::ConsentCategory_IsValid(category) && category != v1::CONSENT_CATEGORY_UNSPECIFIED;
}

}  // namespace

absl::Status Validate(const v1::TestReaderRequest& request, const RequestContext& /*context*/) {
  return ValidateText("reader", request.reader(), 1, kLongestReader);
}

absl::Status Validate(const v1::StartReceptionRequest& request, const RequestContext& context) {
  MDG_RETURN_IF_ERROR(ValidateRequestId(request.request_id()));
  if (!request.counter().empty()) {
    MDG_RETURN_IF_ERROR(ValidateCounter("counter", request.counter(), context));
  }
  if (!request.has_reader()) return Bad("reader", "a reader must be named");
  return ValidateText("reader", request.reader(), 1, kLongestReader);
}

absl::Status Validate(const v1::SubmitPinRequest& request, const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(ValidateIds(request.request_id(), request.reception_id()));
  MDG_RETURN_IF_ERROR(ValidateText("key_id", request.key_id(), 0, kLongestKeyId));
  if (request.sealed_pin().empty() || request.sealed_pin().size() == kSealedBytes) {
    return absl::OkStatus();
  }
  return Bad("sealed_pin", absl::StrCat(kSealedBytes, " bytes, or none, are allowed"));
}

absl::Status Validate(const v1::ConfirmIdentityRequest& request,
                      const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(ValidateIds(request.request_id(), request.reception_id()));
  if (request.method() == v1::IDENTITY_METHOD_VISUAL ||
      request.method() == v1::IDENTITY_METHOD_FACE_DEVICE) {
    return absl::OkStatus();
  }
  return Bad("method", "VISUAL and FACE_DEVICE are allowed");
}

absl::Status Validate(const v1::RecordConsentRequest& request, const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(ValidateIds(request.request_id(), request.reception_id()));
  std::set<v1::ConsentCategory> seen;
  for (int i = 0; i < request.answers_size(); ++i) {
    const v1::ConsentCategory category = request.answers(i).category();
    const std::string field = absl::StrCat("answers[", i, "].category");
    if (!IsConsent(category)) return Bad(field, "a known category must be named");
    if (!seen.insert(category).second) return Bad(field, "each category once at most");
  }
  return absl::OkStatus();
}

absl::Status Validate(const v1::EnrollCardRequest& request, const RequestContext& /*context*/) {
  return ValidateIds(request.request_id(), request.reception_id());
}

}  // namespace madoguchi::rpc
