#include "adapters/destination/mllp_destination.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "adapters/destination/checks.h"
#include "adapters/destination/outcome.h"
#include "hl7/v2/mllp.h"

namespace madoguchi::adapters {
namespace {

// MSH-1 is the separator itself, so that MSH-10 is the tenth part.
constexpr size_t kControlIdPart = 9;
constexpr size_t kMostCodeBytes = 20;

web::StreamPatience For(absl::Duration time, const Patience& patience) {
  return {.deadline = std::min(patience.deadline, absl::Now() + time), .stop_fd = patience.stop_fd};
}

// The receiver's code of an error, where it is one and not a text.
std::string CodeOnly(const std::string& code) {
  const bool fits =
      code.size() <= kMostCodeBytes && std::all_of(code.begin(), code.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '.' || c == '-';
      });
  return fits && !code.empty() ? absl::StrCat(", its code ", code) : "";
}

}  // namespace

std::string ControlIdOf(absl::string_view message) {
  const std::vector<absl::string_view> parts = absl::StrSplit(
      message.substr(0, message.find('\r')), absl::MaxSplits('|', kControlIdPart + 1));
  return parts.size() > kControlIdPart && parts.front() == "MSH"
             ? std::string(parts[kControlIdPart])
             : "";
}

absl::StatusOr<std::unique_ptr<MllpDestination>> MllpDestination::Make(MllpConfig config) {
  MDG_RETURN_IF_ERROR(CheckHost(config.host));
  MDG_RETURN_IF_ERROR(CheckPort(config.port));
  if (config.tls) MDG_RETURN_IF_ERROR(CheckKeys(config.keys));
  MDG_RETURN_IF_ERROR(CheckTime("connect_within", config.connect_within));
  MDG_RETURN_IF_ERROR(CheckTime("answer_within", config.answer_within));
  return std::unique_ptr<MllpDestination>(new MllpDestination(std::move(config)));
}

std::string MllpDestination::Address() const {
  return absl::StrCat(config_.host, ":", config_.port);
}

absl::Status MllpDestination::Connect(const Patience& patience) {
  if (stream_.Quiet()) return absl::OkStatus();
  // Also when something came that nobody asked for: a late answer to an earlier message.
  stream_.Close();
  std::string text;
  const web::StreamTarget target{
      .host = config_.host, .port = config_.port, .tls = config_.tls, .keys = config_.keys};
  const web::Result::Why why = stream_.Connect(target, For(config_.connect_within, patience), text);
  if (why == web::Result::Why::kNone) return absl::OkStatus();
  return base::MakeError(why == web::Result::Why::kNotSecure
                             ? base::ErrorCode::kDestinationNotSecure
                             : base::ErrorCode::kDestinationUnreachable,
                         {.what = std::move(text), .field = Address()});
}

absl::Status MllpDestination::Probe(const Patience& patience) { return Connect(patience); }

Delivered MllpDestination::Deliver(const Parcel& parcel, const Patience& patience) {
  for (const Piece& piece : parcel.pieces) {
    Delivered delivered = Send(piece, patience);
    if (delivered.kind != Delivered::Kind::kDone) return delivered;
  }
  return Done();
}

Delivered MllpDestination::Send(const Piece& piece, const Patience& patience) {
  const std::string control_id = ControlIdOf(piece.bytes);
  const absl::StatusOr<std::string> frame = hl7::v2::MllpFrame(piece.bytes);
  if (control_id.empty() || !frame.ok()) {
    return Refused(base::ErrorCode::kNotRenderable, {.what = "only HL7 v2 messages go over MLLP"});
  }
  for (int attempt = 0;; ++attempt) {
    if (absl::Status status = Connect(patience); !status.ok()) {
      return {.kind = Delivered::Kind::kTryAgain, .why = std::move(status)};
    }
    size_t sent = 0;
    const web::Stream::Moved moved =
        stream_.Send(*frame, For(config_.answer_within, patience), sent);
    if (moved == web::Stream::Moved::kDone) return AwaitAck(control_id, patience);
    const bool anew = sent == 0 && attempt == 0 && moved == web::Stream::Moved::kBroken;
    Delivered lost = Lost(base::ErrorCode::kDestinationSilent, "the connection broke off");
    if (!anew) return lost;
  }
}

Delivered MllpDestination::AwaitAck(const std::string& control_id, const Patience& patience) {
  const web::StreamPatience until = For(config_.answer_within, patience);
  hl7::v2::MllpReader reader(hl7::v2::kMaxAckBytes);
  while (true) {
    std::string bytes;
    switch (stream_.Receive(bytes, until)) {
      case web::Stream::Moved::kDone:
        break;
      case web::Stream::Moved::kTooLate:
      case web::Stream::Moved::kStopped:
        return Lost(base::ErrorCode::kDestinationSilent, "no acknowledgement");
      case web::Stream::Moved::kClosed:
      case web::Stream::Moved::kBroken:
        return Lost(base::ErrorCode::kDestinationSilent,
                    "the connection ended before an acknowledgement");
    }
    if (!reader.Take(bytes).ok()) {
      return Lost(base::ErrorCode::kDestinationAnswerUnusable, "no MLLP");
    }
    if (const std::optional<std::string> message = reader.Next(); message.has_value()) {
      return Judge(*message, control_id);
    }
  }
}

Delivered MllpDestination::Judge(absl::string_view message, const std::string& control_id) {
  const absl::StatusOr<hl7::v2::Ack> ack = hl7::v2::ParseAck(message);
  if (!ack.ok()) return Lost(base::ErrorCode::kDestinationAnswerUnusable, "no acknowledgement");
  if (ack->control_id != control_id) {
    return Lost(base::ErrorCode::kDestinationAnswerUnusable,
                "the acknowledgement is about another message (MSA-2)");
  }
  const std::string code = CodeOnly(ack->error_code);
  switch (ack->code) {
    case hl7::v2::Ack::Code::kAccepted:
      return Done();
    case hl7::v2::Ack::Code::kError:
      return TryAgain(base::ErrorCode::kDestinationRefused,
                      {.what = absl::StrCat("it answered AE", code), .field = Address()});
    case hl7::v2::Ack::Code::kRejected:
      return Refused(base::ErrorCode::kDestinationRefused,
                     {.what = absl::StrCat("it answered AR", code), .field = Address()});
  }
  return Lost(base::ErrorCode::kDestinationAnswerUnusable, "no acknowledgement");
}

Delivered MllpDestination::Lost(base::ErrorCode code, absl::string_view what) {
  stream_.Close();
  return TryAgain(code, {.what = std::string(what), .field = Address()});
}

}  // namespace madoguchi::adapters
