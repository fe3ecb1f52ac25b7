#include "agent/rpc/page_token.h"

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

// Short on purpose: enough to notice a token of another listing, too little to guess a chart number
// from.
constexpr size_t kPrintBytes = 4;

std::string Print(absl::string_view body, const v1::ListReceptionsRequest& request,
                  absl::string_view identity, absl::string_view store) {
  std::string text;
  const auto add = [&text](absl::string_view part) {
    absl::StrAppend(&text, part.size(), ":", part);
  };
  add(body);
  add(identity);
  add(store);
  add(request.counter());
  add(request.patient_id());
  for (const int state : request.states()) add(absl::StrCat(state));
  return crypto::Sha256(text).substr(0, kPrintBytes);
}

absl::Status Bad() {
  return base::MakeError(
      base::ErrorCode::kInvalidField,
      {.what = "send back the next_page_token of the same listing", .field = "page_token"});
}

}  // namespace

std::string MakePageToken(const PageToken& token, const v1::ListReceptionsRequest& request,
                          absl::string_view identity, absl::string_view store) {
  const std::string body =
      absl::StrCat("1.", token.after, ".", token.head, ".", base::FormatOqsDay(token.day));
  return absl::WebSafeBase64Escape(
      absl::StrCat(body, ".", absl::BytesToHexString(Print(body, request, identity, store))));
}

absl::StatusOr<PageToken> ParsePageToken(const v1::ListReceptionsRequest& request,
                                         absl::string_view identity, absl::string_view store) {
  std::string text;
  if (!absl::WebSafeBase64Unescape(request.page_token(), &text)) return Bad();
  const size_t dot = text.rfind('.');
  if (dot == std::string::npos) return Bad();
  const std::string body = text.substr(0, dot);
  if (text.substr(dot + 1) != absl::BytesToHexString(Print(body, request, identity, store))) {
    return Bad();
  }
  const std::vector<std::string> parts = absl::StrSplit(body, '.');
  PageToken token;
  if (parts.size() != 4 || parts[0] != "1" || !absl::SimpleAtoi(parts[1], &token.after) ||
      !absl::SimpleAtoi(parts[2], &token.head) || token.after < 0 || token.head < 0) {
    return Bad();
  }
  const v1::Date day = base::ParseOqsDate(parts[3]);
  if (!base::IsRealDay(day)) return Bad();
  token.day = base::ToCivilDay(day);
  if (request.has_day() && base::ToCivilDay(request.day()) != token.day) return Bad();
  return token;
}

}  // namespace madoguchi::rpc
