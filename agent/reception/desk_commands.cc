#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/reception/change.h"
#include "agent/reception/desk_audit.h"
#include "agent/reception/desk_impl.h"

namespace madoguchi::reception {
namespace {

constexpr int kMostExpected = 50;
constexpr int kDefaultSeconds = 300;

// The same bytes for the same content, also where there are maps.
std::string Deterministic(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

absl::Status NotFound(const std::string& reception_id) {
  return base::MakeError(base::ErrorCode::kReceptionNotFound, {.reception_id = reception_id});
}

}  // namespace

Desk::Impl::CallKey Desk::Impl::MakeCallKey(const Caller& caller, absl::string_view method,
                                            absl::string_view request_id,
                                            const google::protobuf::Message& bare) {
  if (request_id.empty()) return {"", crypto::Sha256(Deterministic(bare))};
  // Only the digest is kept: an id chosen by a client may say anything.
  return {crypto::Sha256(
              absl::StrCat(caller.identity.size(), ":", caller.identity, method, ":", request_id)),
          crypto::Sha256(Deterministic(bare))};
}

absl::StatusOr<std::optional<std::string>> Desk::Impl::FindResult(const CallKey& call) const {
  if (call.key.empty()) return std::nullopt;
  absl::StatusOr<std::optional<std::string>> kept = store_.FindRequest(call.key);
  if (!kept.ok() || !kept->has_value()) return kept;
  const absl::string_view body = **kept;
  if (!crypto::ConstantTimeEqual(body.substr(0, store::kFingerprintBytes), call.fingerprint)) {
    return base::MakeError(base::ErrorCode::kRequestIdReused, {.field = "request_id"});
  }
  // Results are never empty: this one's has been deleted.
  if (body.size() == store::kFingerprintBytes) {
    return base::MakeError(base::ErrorCode::kResultDeleted, {.field = "request_id"});
  }
  return std::string(body.substr(store::kFingerprintBytes));
}

absl::StatusOr<std::optional<v1::Reception>> Desk::Impl::FindReceptionResult(
    const Caller& caller, const CallKey& call) const {
  const absl::StatusOr<std::optional<std::string>> kept = FindResult(call);
  if (!kept.ok()) return kept.status();
  if (!kept->has_value()) return std::nullopt;
  v1::Reception result;
  if (!result.ParseFromString(**kept)) {
    return base::MakeError(base::ErrorCode::kStoreCorrupt,
                           {.what = "a stored result cannot be read"});
  }
  if (!caller.MaySee(result)) return NotFound(result.reception_id());
  return result;
}

store::RequestRow Desk::Impl::MakeResult(const CallKey& call, absl::string_view result) const {
  return {call.key, base::JapanDay(clock_.Now()), absl::StrCat(call.fingerprint, result)};
}

absl::StatusOr<ReceptionPtr> Desk::Impl::FindFor(const Caller& caller,
                                                 const std::string& reception_id) const {
  ReceptionPtr reception = board_.Find(reception_id);
  if (reception == nullptr) {
    const absl::StatusOr<std::optional<store::ReceptionRow>> row =
        store_.FindReception(reception_id);
    if (!row.ok()) return row.status();
    if (!row->has_value()) return NotFound(reception_id);
    absl::StatusOr<ReceptionPtr> parsed = ParseReception(**row);
    if (!parsed.ok()) return parsed.status();
    reception = *std::move(parsed);
  }
  // Who may not see the counter does not learn that the reception exists.
  if (!caller.MaySee(*reception)) return NotFound(reception_id);
  return reception;
}

void Desk::Impl::PostCall(const Caller& caller, CallKey call, ReceptionDone done,
                          std::function<void(const CallKey&, ReceptionDone)> run) {
  auto answer = std::make_shared<ReceptionDone>(std::move(done));
  const bool posted = Post([this, caller, call = std::move(call), run = std::move(run), answer] {
    absl::StatusOr<std::optional<v1::Reception>> kept = FindReceptionResult(caller, call);
    if (!kept.ok()) {
      (*answer)(kept.status());
    } else if (kept->has_value()) {
      (*answer)(**std::move(kept));
    } else {
      run(call, *answer);
    }
    TidySoon();
  });
  if (!posted) (*answer)(base::MakeError(base::ErrorCode::kStopping));
}

void Desk::Impl::PostCommand(const Caller& caller, CallKey call, std::string reception_id,
                             Input input, ReceptionDone done) {
  PostCall(caller, std::move(call), std::move(done),
           [this, caller, reception_id = std::move(reception_id), input = std::move(input)](
               const CallKey& key, const ReceptionDone& answer) {
             answer(Command(caller, key, reception_id, input));
           });
}

absl::StatusOr<v1::Reception> Desk::Impl::Command(const Caller& caller, const CallKey& call,
                                                  const std::string& reception_id,
                                                  const Input& input) {
  const absl::StatusOr<ReceptionPtr> before = FindFor(caller, reception_id);
  if (!before.ok()) return before.status();
  // What was answered is the staff's.
  if (caller.only_patient_terminal && (*before)->state() == v1::RECEPTION_STATE_ANSWERED) {
    return WrongState(**before, "one without an answer");
  }
  absl::StatusOr<v1::Reception> after = Apply(**before, input, clock_.Now());
  if (!after.ok()) return after;
  store::Changes changes;
  if (!call.key.empty()) changes.request = MakeResult(call, after->SerializeAsString());
  const bool changed = after->revision() != (*before)->revision();
  if (changed || changes.request.has_value()) {
    Receptions receptions;
    if (changed) receptions.push_back(*after);
    MDG_RETURN_IF_ERROR(Save(std::move(receptions), std::move(changes), caller));
  }
  return after;
}

absl::StatusOr<std::string> Desk::Impl::Expect(const Caller& caller, const CallKey& call,
                                               const v1::ExpectPatientRequest& request) {
  const std::vector<std::string>& counters = options_.counters;
  if (std::find(counters.begin(), counters.end(), request.counter()) == counters.end()) {
    return base::MakeError(base::ErrorCode::kUnknownCounter, {.field = "counter"});
  }
  if (!caller.MaySee(request.counter())) {
    return base::MakeError(base::ErrorCode::kCounterNotAllowed, {.field = "counter"});
  }
  const absl::StatusOr<std::optional<std::string>> kept = FindResult(call);
  if (!kept.ok()) return kept.status();
  if (kept->has_value()) return **kept;

  const absl::Time now = clock_.Now();
  DropExpectations(now);
  const auto open = std::count_if(
      expectations_.begin(), expectations_.end(), [&](const Expectation& expectation) {
        return expectation.request.counter() == request.counter() && expectation.until > now;
      });
  if (open >= kMostExpected) {
    return base::MakeError(base::ErrorCode::kTooManyExpectations,
                           {.what = absl::StrCat("at most ", kMostExpected), .field = "counter"});
  }
  const int seconds = request.seconds() > 0 ? request.seconds() : kDefaultSeconds;
  Expectation expectation{
      .id = crypto::NewId(now), .until = now + absl::Seconds(seconds), .request = request};
  expectation.request.clear_request_id();
  store::Changes changes;
  changes.expectations.push_back({.id = expectation.id,
                                  .counter = request.counter(),
                                  .until = expectation.until,
                                  .body = expectation.request.SerializeAsString()});
  if (!call.key.empty()) changes.request = MakeResult(call, expectation.id);
  MDG_RETURN_IF_ERROR(Save({}, std::move(changes), caller, {EntryOf(expectation.request, caller)}));
  expectations_.push_back(expectation);
  return expectation.id;
}

void Desk::Impl::MoveRecords(const std::string& reception_id,
                             const std::vector<v1::RecordStatus>& statuses) {
  const ReceptionPtr before = board_.Find(reception_id);
  if (before == nullptr) return;
  v1::Reception after = *before;
  for (const v1::RecordStatus& status : statuses) {
    absl::StatusOr<v1::Reception> moved = Apply(after, RecordMoved{status}, clock_.Now());
    if (moved.ok()) after = *std::move(moved);
  }
  if (after.revision() == before->revision()) return;
  // One event for all of it.
  after.set_revision(before->revision() + 1);
  if (const absl::Status saved = Save({std::move(after)}, {}); !saved.ok()) {
    base::LogWarning("record_status_not_kept", {{"why", std::string(saved.message())}});
  }
}

}  // namespace madoguchi::reception
