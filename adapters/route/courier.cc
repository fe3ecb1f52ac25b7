#include "adapters/route/courier.h"

#include <utility>

#include "adapters/render/render.h"
#include "agent/base/error.h"

namespace madoguchi::adapters {
namespace {

using base::ErrorCode;
using base::Is;

// What a refusal of the daemon means for the record.
Outcome::Kind KindOf(const absl::Status& why) {
  for (const ErrorCode code :
       {ErrorCode::kNoConsent, ErrorCode::kConsentEnded, ErrorCode::kConsentWithdrawn,
        ErrorCode::kNoRecordsHere, ErrorCode::kReceptionNotFound, ErrorCode::kNoSuchForm}) {
    if (Is(why, code)) return Outcome::Kind::kWithheld;
  }
  // The clock of the daemon, or OQS, will be right again.
  if (Is(why, ErrorCode::kClockNotTrusted)) return Outcome::Kind::kDaemonAway;
  switch (why.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnknown:
      return Outcome::Kind::kDaemonAway;
    default:
      // OQS refuses the record, or it was about somebody else: tried again, then parked.
      return Outcome::Kind::kTryAgain;
  }
}

Outcome Of(Outcome::Kind kind, absl::Status why, std::optional<Wish> wish = std::nullopt) {
  return {.kind = kind, .why = std::move(why), .wish = std::move(wish)};
}

}  // namespace

Outcome Prepare(const Route& route, Source& source, const crypto::KeyedHash& hash,
                const std::string& reception_id, v1::ExportWhat what, absl::Time deadline,
                Parcel& parcel) {
  absl::StatusOr<v1::Reception> reception = source.Get(reception_id, deadline);
  if (!reception.ok()) return Of(KindOf(reception.status()), reception.status());
  const std::optional<Wish> wish = WishOf(*reception, what, Stage::kOwed, hash);
  if (!wish.has_value() && what == v1::EXPORT_WHAT_RECEPTION) {
    return Of(Outcome::Kind::kWithheld,
              base::MakeError(ErrorCode::kWrongState,
                              {.state = v1::ReceptionState_Name(reception->state())}));
  }
  if (what == v1::EXPORT_WHAT_RECEPTION) {
    parcel.record = MessageOf(*reception);
  } else {
    // Without a wish, too: the refusal is the daemon's to say, and to write down.
    absl::StatusOr<v1::OqsMessage> record = source.Record(reception_id, what, deadline);
    if (!record.ok()) return Of(KindOf(record.status()), record.status(), wish);
    parcel.record = *std::move(record);
  }
  if (!wish.has_value()) return Of(Outcome::Kind::kTryAgain, base::MakeError(ErrorCode::kInternal));
  parcel.message_id = MessageIdOf(route.name, *wish, hash);
  parcel.what = what;
  parcel.reception = *std::move(reception);
  if (parcel.record.file_name().empty()) {
    parcel.record.set_file_name(OqsFileName(parcel.record, parcel.message_id));
  }
  if (route.NeedsChart() && !wish->has_chart) {
    return Of(Outcome::Kind::kNoChart, base::MakeError(ErrorCode::kNotAssignedYet), wish);
  }
  const absl::Status rendered = Render(route.format, parcel);
  if (Is(rendered, ErrorCode::kNotAssignedYet)) {
    return Of(Outcome::Kind::kNoChart, rendered, wish);
  }
  if (Is(rendered, ErrorCode::kNotRenderable)) {
    return Of(Outcome::Kind::kWithheld, rendered, wish);
  }
  if (!rendered.ok()) return Of(Outcome::Kind::kRefused, rendered, wish);
  return Of(Outcome::Kind::kDelivered, absl::OkStatus(), wish);
}

Outcome Carry(const Route& route, Source& source, const crypto::KeyedHash& hash,
              const kept::v1::OwedItem& item, const Patience& patience) {
  Parcel parcel;
  Outcome prepared =
      Prepare(route, source, hash, item.reception_id(), item.what(), patience.deadline, parcel);
  if (prepared.kind != Outcome::Kind::kDelivered) return prepared;
  Delivered delivered = route.destination->Deliver(parcel, patience);
  switch (delivered.kind) {
    case Delivered::Kind::kDone:
      return prepared;
    case Delivered::Kind::kRefused:
      return Of(Is(delivered.why, ErrorCode::kNotRenderable) ? Outcome::Kind::kWithheld
                                                             : Outcome::Kind::kRefused,
                std::move(delivered.why), std::move(prepared.wish));
    case Delivered::Kind::kTryAgain:
      break;
  }
  Outcome later = Of(Is(delivered.why, ErrorCode::kNotAssignedYet) ? Outcome::Kind::kNoChart
                                                                   : Outcome::Kind::kTryAgain,
                     std::move(delivered.why), std::move(prepared.wish));
  later.wait = delivered.wait;
  return later;
}

}  // namespace madoguchi::adapters
