#include "agent/base/error.h"

#include <algorithm>
#include <array>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace madoguchi::base {
namespace {

constexpr absl::string_view kPayloadUrl = "type.googleapis.com/madoguchi.v1.ErrorDetail";
constexpr size_t kLongestText = 450;

constexpr std::array kCatalogue = {
#define MDG_ERROR(number, name, status, retry, en, ja, next_en, next_ja) \
  ErrorInfo{                                                             \
      ErrorCode::k##name, #name, absl::StatusCode::status, v1::retry, en, ja, next_en, next_ja},
#include "agent/base/errors.def"
#undef MDG_ERROR
};

constexpr bool Ascending() {
  for (size_t i = 1; i < kCatalogue.size(); ++i) {
    if (kCatalogue[i - 1].code >= kCatalogue[i].code) return false;
  }
  return true;
}
static_assert(Ascending(), "errors.def must be in ascending order, each number once");

// Cut at a character boundary of UTF-8.
std::string Cut(absl::string_view text) {
  if (text.size() <= kLongestText) return std::string(text);
  size_t end = kLongestText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(text.substr(0, end), "...");
}

}  // namespace

std::span<const ErrorInfo> ErrorCatalogue() { return kCatalogue; }

const ErrorInfo& LookUp(ErrorCode code) {
  const auto* found =
      std::lower_bound(kCatalogue.begin(), kCatalogue.end(), code,
                       [](const ErrorInfo& info, ErrorCode wanted) { return info.code < wanted; });
  return *found;  // every ErrorCode is in the catalogue: both come from errors.def
}

std::string ErrorNumber(ErrorCode code) { return absl::StrCat("MDG-", static_cast<int>(code)); }

v1::ErrorDetail MakeDetail(ErrorCode code, const ErrorContext& context) {
  const ErrorInfo& info = LookUp(code);
  v1::ErrorDetail detail;
  detail.set_number(ErrorNumber(code));
  std::string text(info.text_en);
  if (!context.what.empty()) {
    text.pop_back();  // the full stop
    absl::StrAppend(&text, ": ", context.what);
  }
  detail.set_text_en(Cut(text));
  detail.set_text_ja(std::string(info.text_ja));
  detail.set_next_step_en(std::string(info.next_step_en));
  detail.set_next_step_ja(std::string(info.next_step_ja));
  detail.set_field(Cut(context.field));
  detail.set_state(Cut(context.state));
  detail.set_reception_id(Cut(context.reception_id));
  if (!context.oqs_code.empty() || !context.oqs_message.empty()) {
    detail.mutable_oqs()->set_code(Cut(context.oqs_code));
    detail.mutable_oqs()->set_message(Cut(context.oqs_message));
  }
  detail.set_retry(info.retry);
  return detail;
}

absl::Status MakeError(ErrorCode code, const ErrorContext& context) {
  return ErrorFrom(MakeDetail(code, context));
}

absl::Status ErrorFrom(const v1::ErrorDetail& detail) {
  const std::span<const ErrorInfo> all = ErrorCatalogue();
  const auto info = std::find_if(all.begin(), all.end(), [&](const ErrorInfo& one) {
    return ErrorNumber(one.code) == detail.number();
  });
  if (info == all.end()) return MakeError(ErrorCode::kInternal);
  std::string message = absl::StrCat(detail.number(), " ", detail.text_en());
  if (!detail.field().empty()) absl::StrAppend(&message, " (", detail.field(), ")");
  absl::Status status(info->status, message);
  status.SetPayload(kPayloadUrl, absl::Cord(detail.SerializeAsString()));
  return status;
}

std::optional<v1::ErrorDetail> DetailOf(const absl::Status& status) {
  if (status.ok()) return std::nullopt;
  v1::ErrorDetail detail;
  const auto payload = status.GetPayload(kPayloadUrl);
  if (payload.has_value() && detail.ParseFromString(std::string(*payload))) return detail;
  return MakeDetail(ErrorCode::kInternal);
}

bool Is(const absl::Status& status, ErrorCode code) {
  const auto detail = DetailOf(status);
  return detail.has_value() && detail->number() == ErrorNumber(code);
}

}  // namespace madoguchi::base
