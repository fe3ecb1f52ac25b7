#include "agent/rpc/validate.h"

#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"

namespace madoguchi::rpc {
namespace {

constexpr size_t kLongestId = 64;
constexpr size_t kLongestCounter = 64;
constexpr size_t kLongestPatientId = 50;
constexpr size_t kLongestReason = 200;
constexpr size_t kLongestCursor = 256;
constexpr int kMostCounters = 64;
constexpr int kMostStates = 32;
constexpr int kMostPageSize = 500;
constexpr int kMostSeconds = 3600;
constexpr int kMostWaitSeconds = 600;
constexpr int kMostWatchSeconds = 60;
constexpr size_t kLongestName = 100;
constexpr size_t kLongestAddress = 300;
constexpr size_t kLongestCode = 4;
constexpr size_t kLongestOwnKey = 50;

absl::Status Bad(std::string field, absl::string_view allowed) {
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = std::string(allowed), .field = std::move(field)});
}

// Number of UTF-8 characters; `text` is UTF-8 (the parser saw to that).
size_t Characters(absl::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// C0, DEL and C1 (U+0080 to U+009F, in UTF-8 0xC2 0x80 to 0xC2 0x9F).
bool HasControl(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F) return true;
    if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      return true;
    }
  }
  return false;
}

bool AllOf(absl::string_view text, bool (*allowed)(char)) {
  return std::all_of(text.begin(), text.end(), allowed);
}

bool IsIdCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' ||
         c == ':';
}

absl::Status Text(std::string field, absl::string_view text, size_t least, size_t most) {
  const size_t characters = Characters(text);
  if (characters < least || characters > most) {
    return Bad(std::move(field), absl::StrCat(least, " to ", most, " characters are allowed"));
  }
  if (HasControl(text)) return Bad(std::move(field), "control characters are not allowed");
  return absl::OkStatus();
}

absl::Status Id(std::string field, absl::string_view id) {
  if (id.empty() || id.size() > kLongestId || !AllOf(id, IsIdCharacter)) {
    return Bad(std::move(field),
               absl::StrCat("1 to ", kLongestId, " characters of [A-Za-z0-9._:-] are allowed"));
  }
  return absl::OkStatus();
}

// Empty is allowed: the call is then not protected against repetition.
absl::Status RequestId(absl::string_view id) {
  return id.empty() ? absl::OkStatus() : Id("request_id", id);
}

absl::Status Range(std::string field, int value, int least, int most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return Bad(std::move(field), absl::StrCat(least, " to ", most, " is allowed"));
}

absl::Status Revision(int revision) {
  if (revision >= 0) return absl::OkStatus();
  return Bad("expected_revision", "0 or the revision that was read is allowed");
}

absl::Status Day(const std::string& field, const v1::Date& date) {
  MDG_RETURN_IF_ERROR(Text(absl::StrCat(field, ".text"), date.text(), 0, 32));
  if (base::IsRealDay(date)) return absl::OkStatus();
  return Bad(field, "year, month and day must name a day that exists");
}

absl::Status Counter(std::string field, const std::string& counter, const RequestContext& context) {
  MDG_RETURN_IF_ERROR(Text(field, counter, 1, kLongestCounter));
  if (std::find(context.counters.begin(), context.counters.end(), counter) ==
      context.counters.end()) {
    return base::MakeError(base::ErrorCode::kUnknownCounter, {.field = std::move(field)});
  }
  if (!context.caller.MaySee(counter)) {
    return base::MakeError(base::ErrorCode::kCounterNotAllowed, {.field = std::move(field)});
  }
  return absl::OkStatus();
}

template <typename States>
absl::Status CheckStates(const States& states) {
  if (states.size() > kMostStates) {
    return Bad("states", absl::StrCat("at most ", kMostStates, " are allowed"));
  }
  for (int i = 0; i < states.size(); ++i) {
    if (states.Get(i) == v1::RECEPTION_STATE_UNSPECIFIED ||
        !v1::ReceptionState_IsValid(states.Get(i))) {
      return Bad(absl::StrCat("states[", i, "]"), "a known state must be named");
    }
  }
  return absl::OkStatus();
}

absl::Status PrintableAscii(std::string field, absl::string_view text, size_t most) {
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (text.empty() || text.size() > most || !printable) {
    return Bad(std::move(field), "it must be sent back as it was received");
  }
  return absl::OkStatus();
}

absl::Status Note(const v1::PendingNote& note) {
  MDG_RETURN_IF_ERROR(Text("note.name", note.name(), 0, kLongestName));
  MDG_RETURN_IF_ERROR(Text("note.sex_code", note.sex_code(), 0, kLongestCode));
  return Text("note.address", note.address(), 0, kLongestAddress);
}

// What a question about one person may say besides who it is.
absl::Status Query(const v1::EligibilityQuery& query) {
  if (query.has_day()) MDG_RETURN_IF_ERROR(Day("query.day", query.day()));
  MDG_RETURN_IF_ERROR(
      Text("query.limit_consent_code", query.limit_consent_code(), 0, kLongestCode));
  MDG_RETURN_IF_ERROR(
      Text("query.arbitrary_identifier", query.arbitrary_identifier(), 0, kLongestOwnKey));
  MDG_RETURN_IF_ERROR(
      Text("query.treatment_flag_code", query.treatment_flag_code(), 0, kLongestCode));
  if (query.has_consent_from() || query.has_consent_to() || query.has_examination_from() ||
      query.has_examination_to() || query.has_treatment_month()) {
    return Bad("query",
               "consent_from, consent_to, examination_from, examination_to and "
               "treatment_month belong to batches");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const v1::GetReceptionRequest& request, const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(Id("reception_id", request.reception_id()));
  MDG_RETURN_IF_ERROR(
      Range("after_revision", request.after_revision(), 0, std::numeric_limits<int32_t>::max()));
  return Range("wait_seconds", request.wait_seconds(), 0, kMostWatchSeconds);
}

absl::Status Validate(const v1::GetConfirmationRequest& request,
                      const RequestContext& /*context*/) {
  return Id("confirmation_id", request.confirmation_id());
}

absl::Status Validate(const v1::ListReceptionsRequest& request, const RequestContext& context) {
  if (!request.counter().empty()) {
    MDG_RETURN_IF_ERROR(Counter("counter", request.counter(), context));
  }
  if (request.has_day()) MDG_RETURN_IF_ERROR(Day("day", request.day()));
  MDG_RETURN_IF_ERROR(CheckStates(request.states()));
  MDG_RETURN_IF_ERROR(Text("patient_id", request.patient_id(), 0, kLongestPatientId));
  MDG_RETURN_IF_ERROR(Range("page_size", request.page_size(), 0, kMostPageSize));
  if (request.page_token().empty()) return absl::OkStatus();
  return PrintableAscii("page_token", request.page_token(), 2 * kLongestCursor);
}

absl::Status Validate(const v1::WatchReceptionsRequest& request, const RequestContext& context) {
  switch (request.start_case()) {
    case v1::WatchReceptionsRequest::kNow:
      if (!request.now()) return Bad("now", "true, or another start");
      break;
    case v1::WatchReceptionsRequest::kToday:
      if (!request.today()) return Bad("today", "true, or another start");
      break;
    case v1::WatchReceptionsRequest::kAfterCursor:
      MDG_RETURN_IF_ERROR(PrintableAscii("after_cursor", request.after_cursor(), kLongestCursor));
      break;
    case v1::WatchReceptionsRequest::START_NOT_SET:
      break;
  }
  if (request.counters_size() > kMostCounters) {
    return Bad("counters", absl::StrCat("at most ", kMostCounters, " are allowed"));
  }
  for (int i = 0; i < request.counters_size(); ++i) {
    MDG_RETURN_IF_ERROR(Counter(absl::StrCat("counters[", i, "]"), request.counters(i), context));
  }
  return CheckStates(request.states());
}

absl::Status Validate(const v1::AssignPatientRequest& request, const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(RequestId(request.request_id()));
  MDG_RETURN_IF_ERROR(Id("reception_id", request.reception_id()));
  MDG_RETURN_IF_ERROR(Text("patient_id", request.patient_id(), 1, kLongestPatientId));
  return Revision(request.expected_revision());
}

absl::Status Validate(const v1::UnassignPatientRequest& request,
                      const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(RequestId(request.request_id()));
  MDG_RETURN_IF_ERROR(Id("reception_id", request.reception_id()));
  MDG_RETURN_IF_ERROR(Text("reason", request.reason(), 0, kLongestReason));
  return Revision(request.expected_revision());
}

absl::Status Validate(const v1::ExpectPatientRequest& request, const RequestContext& context) {
  MDG_RETURN_IF_ERROR(RequestId(request.request_id()));
  MDG_RETURN_IF_ERROR(Counter("counter", request.counter(), context));
  MDG_RETURN_IF_ERROR(Text("patient_id", request.patient_id(), 1, kLongestPatientId));
  return Range("seconds", request.seconds(), 0, kMostSeconds);
}

absl::Status Validate(const v1::CancelReceptionRequest& request,
                      const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(RequestId(request.request_id()));
  MDG_RETURN_IF_ERROR(Id("reception_id", request.reception_id()));
  return Text("reason", request.reason(), 0, kLongestReason);
}

absl::Status Validate(const v1::ConfirmEligibilityRequest& request, const RequestContext& context) {
  MDG_RETURN_IF_ERROR(RequestId(request.request_id()));
  MDG_RETURN_IF_ERROR(Query(request.query()));
  if (!request.counter().empty() || context.counters.size() != 1) {
    MDG_RETURN_IF_ERROR(Counter("counter", request.counter(), context));
  } else {
    MDG_RETURN_IF_ERROR(Counter("counter", context.counters.front(), context));
  }
  MDG_RETURN_IF_ERROR(Text("patient_id", request.patient_id(), 0, kLongestPatientId));
  if (!request.reception_id().empty()) {
    MDG_RETURN_IF_ERROR(Id("reception_id", request.reception_id()));
    if (request.open_reception()) {
      return Bad("open_reception", "false, as `reception_id` names one");
    }
  }
  MDG_RETURN_IF_ERROR(Note(request.note()));
  return Range("wait_seconds", request.wait_seconds(), 0, kMostWaitSeconds);
}

absl::Status Validate(const v1::RetryReceptionRequest& request, const RequestContext& /*context*/) {
  return ValidateIds(request.request_id(), request.reception_id());
}

absl::Status Validate(const v1::CompletePendingRequest& request,
                      const RequestContext& /*context*/) {
  MDG_RETURN_IF_ERROR(ValidateIds(request.request_id(), request.reception_id()));
  return Note(request.note());
}

absl::Status ValidateText(std::string field, absl::string_view text, size_t least, size_t most) {
  return Text(std::move(field), text, least, most);
}

absl::Status ValidateRequestId(absl::string_view request_id) { return RequestId(request_id); }

absl::Status ValidateCounter(std::string field, const std::string& counter,
                             const RequestContext& context) {
  return Counter(std::move(field), counter, context);
}

absl::Status ValidateIds(absl::string_view request_id, absl::string_view reception_id) {
  MDG_RETURN_IF_ERROR(RequestId(request_id));
  return Id("reception_id", reception_id);
}

absl::Status ValidateOperator(absl::string_view value) {
  const bool printable =
      std::all_of(value.begin(), value.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (value.empty() || value.size() > 64 || !printable || value.front() == ' ' ||
      value.back() == ' ') {
    return Bad("madoguchi-operator",
               "1 to 64 printable ASCII characters are allowed, no space at either end");
  }
  return absl::OkStatus();
}

}  // namespace madoguchi::rpc
