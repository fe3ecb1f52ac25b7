#include "agent/reader/jpki.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "agent/base/error.h"
#include "agent/crypto/digest.h"
#include "agent/reader/card_session.h"
#include "agent/reader/pin_pad.h"

namespace madoguchi::reader {
namespace {

using base::ErrorCode;

constexpr absl::string_view kAid("\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01", 10);
struct FileId {
  uint8_t short_id;
  uint16_t file;
};
constexpr FileId kTokenInformation{0x06, 0x0006};
constexpr FileId kCertificate{0x0A, 0x000A};
constexpr FileId kKey{0x17, 0x0017};
constexpr FileId kPin{0x18, 0x0018};
constexpr uint8_t kCurrentFile = 0x80;

constexpr size_t kShortRead = 256;
constexpr size_t kExtendedRead = 65'536;
// A certificate has 1.3 to 2 KB; what claims more is none.
constexpr size_t kMostCertificate = 4096;
constexpr size_t kLabelBytes = 32;
constexpr size_t kSignatureBytes = 256;
// Parts of an answer, or repetitions with another length.
constexpr int kMostFollowed = 20;

constexpr uint16_t kInternalError = 0x6F00;
constexpr uint16_t kWrongLength = 0x6700;
constexpr uint16_t kFileEndReached = 0x6282;
constexpr uint16_t kOffsetPastEnd = 0x6B00;
constexpr uint16_t kNoFile = 0x6A82;
constexpr uint16_t kWrongParameters = 0x6A86;
constexpr uint16_t kNotSupported = 0x6A81;
constexpr uint16_t kBlocked = 0x6983;
constexpr uint16_t kBlockedJicsap = 0x6984;

bool IsRead(const Response& response) {
  return response.ok() || response.status == kFileEndReached;
}
// 63Cx: attempts left; -1 for anything else.
int AttemptsIn(uint16_t status) { return (status & 0xFFF0) == 0x63C0 ? status & 0x0F : -1; }
bool IsBlocked(uint16_t status) { return status == kBlocked || status == kBlockedJicsap; }

// DER of DigestInfo up to the hash (RFC 8017 9.2, SHA-256).
constexpr absl::string_view kDigestInfo(
    "\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 19);

}  // namespace

absl::Status JpkiCard::Refused(absl::string_view what, const Response& response) const {
  return base::MakeError(ErrorCode::kCardRefused,
                         {.what = absl::StrFormat("%s: %04X", what, response.status)});
}

absl::StatusOr<Response> JpkiCard::Exchange(std::string command) {
  absl::StatusOr<Response> response = session_.Transmit(command);
  for (int followed = 0; response.ok() && followed < kMostFollowed; ++followed) {
    const auto low = static_cast<uint8_t>(response->status & 0xFF);
    if (response->status >> 8 == 0x6C) {
      command.back() = static_cast<char>(low);
      response = session_.Transmit(command);
    } else if (response->status >> 8 == 0x61) {
      std::string data = std::move(response->data);
      response = session_.Transmit(GetResponse(low));
      if (response.ok()) response->data.insert(0, data);
    } else {
      break;
    }
  }
  return response;
}

absl::Status JpkiCard::Select() {
  absl::StatusOr<Response> response = session_.Transmit(SelectApplication(kAid));
  // Some cards answer so to the first command after power-up, whatever it is (my-number-card 2.4).
  if (response.ok() && response->status == kInternalError) {
    response = session_.Transmit(SelectApplication(kAid));
  }
  if (!response.ok()) return response.status();
  if (response->ok()) return absl::OkStatus();
  return base::MakeError(ErrorCode::kNotAMyNumberCard,
                         {.what = absl::StrFormat("SELECT: %04X", response->status)});
}

absl::StatusOr<Response> JpkiCard::ReadFirst(uint8_t short_id, uint16_t file) {
  const Length length = memory_.extended_length ? Length::kExtended : Length::kShort;
  const size_t most = memory_.extended_length ? kExtendedRead : kShortRead;
  if (memory_.short_ids) return Exchange(ReadByShortId(short_id, 0, length, most));
  absl::StatusOr<Response> selected = session_.Transmit(SelectFile(file));
  if (!selected.ok() || !selected->ok()) return selected;
  return Exchange(ReadCurrent(0, length, most));
}

bool JpkiCard::Learn(uint16_t status) {
  if (memory_.extended_length && status == kWrongLength) {
    memory_.extended_length = false;
    return true;
  }
  if (memory_.short_ids && (status == kWrongParameters || status == kNotSupported)) {
    memory_.short_ids = false;
    return true;
  }
  return false;
}

absl::StatusOr<Response> JpkiCard::ReadStart(uint8_t short_id, uint16_t file) {
  // Each of the two is given up at most once a reader.
  for (;;) {
    absl::StatusOr<Response> response = ReadFirst(short_id, file);
    if (!response.ok() || IsRead(*response) || !Learn(response->status)) return response;
  }
}

absl::StatusOr<std::string> JpkiCard::ReadFile(uint8_t short_id, uint16_t file) {
  const absl::StatusOr<Response> start = ReadStart(short_id, file);
  if (!start.ok()) return start.status();
  if (start->status == kNoFile) return base::MakeError(ErrorCode::kNoUserCertificate);
  if (!IsRead(*start)) return Refused("READ BINARY", *start);
  std::string bytes = start->data;
  const size_t wanted = DerLength(bytes);
  if (wanted == 0 || bytes[0] != '\x30') return base::MakeError(ErrorCode::kNoUserCertificate);
  if (wanted > kMostCertificate) {
    return base::MakeError(ErrorCode::kCertificateUnfit,
                           {.what = absl::StrCat("it claims ", wanted, " bytes")});
  }
  while (bytes.size() < wanted) {
    const absl::StatusOr<Response> more =
        Exchange(ReadCurrent(bytes.size(), Length::kShort, kShortRead));
    if (!more.ok()) return more.status();
    if (!IsRead(*more) || more->data.empty()) {
      if (more->status != kOffsetPastEnd && !IsRead(*more)) return Refused("READ BINARY", *more);
      return base::MakeError(ErrorCode::kCertificateUnfit, {.what = "it ends too early"});
    }
    bytes += more->data;
  }
  bytes.resize(wanted);
  return bytes;
}

absl::StatusOr<TokenKind> JpkiCard::Token() {
  const absl::StatusOr<Response> start =
      ReadStart(kTokenInformation.short_id, kTokenInformation.file);
  if (!start.ok()) return start.status();
  if (!IsRead(*start)) return Refused("READ BINARY of the token information", *start);
  const absl::string_view label = absl::string_view(start->data).substr(0, kLabelBytes);
  const auto is = [&](absl::string_view name) {
    return absl::StartsWith(label, name) &&
           label.substr(name.size()).find_first_not_of(' ') == absl::string_view::npos;
  };
  if (is("JPKIAPICCTOKEN2")) return TokenKind::kPlastic;
  if (is("JPKIAPGPSETOKEN")) return TokenKind::kAndroid;
  if (is("JPKIAPIOSTOKEN")) return TokenKind::kIphone;
  if (is("JPKIAPICCTOKEN")) return base::MakeError(ErrorCode::kOldCard);
  return base::MakeError(ErrorCode::kNotAMyNumberCard, {.what = "unknown token label"});
}

absl::StatusOr<std::string> JpkiCard::ReadCertificate() {
  return ReadFile(kCertificate.short_id, kCertificate.file);
}

absl::StatusOr<uint8_t> JpkiCard::Reference(uint8_t short_id, uint16_t file) {
  if (memory_.short_ids) return static_cast<uint8_t>(0x80 + short_id);
  const absl::StatusOr<Response> selected = session_.Transmit(SelectFile(file));
  if (!selected.ok()) return selected.status();
  if (!selected->ok()) return Refused("SELECT", *selected);
  return kCurrentFile;
}

absl::StatusOr<int> JpkiCard::AttemptsLeft() {
  const absl::StatusOr<uint8_t> reference = Reference(kPin.short_id, kPin.file);
  if (!reference.ok()) return reference.status();
  const absl::StatusOr<Response> response = session_.Transmit(PinStatus(*reference));
  if (!response.ok()) return response.status();
  attempts_ = IsBlocked(response->status) ? 0 : AttemptsIn(response->status);
  if (attempts_ < 0) return Refused("PIN status", *response);
  return attempts_;
}

absl::Status JpkiCard::MayVerify(bool spend_last) const {
  if (attempts_ < 0) {
    return base::MakeError(ErrorCode::kInternal, {.what = "the attempts left were not looked at"});
  }
  if (attempts_ == 0) return base::MakeError(ErrorCode::kPinBlocked);
  if (attempts_ == 1 && !spend_last) return base::MakeError(ErrorCode::kLastAttempt);
  return absl::OkStatus();
}

uint8_t JpkiCard::PinReference() const {
  // The file is the current one since the status was asked for, where that is how it works.
  return memory_.short_ids ? static_cast<uint8_t>(0x80 + kPin.short_id) : kCurrentFile;
}

absl::Status JpkiCard::TakeVerified(const absl::StatusOr<Response>& response) {
  // Whatever comes of it, the number known is not true any more.
  attempts_ = -1;
  if (!response.ok()) {
    return base::MakeError(ErrorCode::kVerifyInterrupted,
                           {.what = std::string(response.status().message())});
  }
  if (response->ok()) {
    verified_ = true;
    return absl::OkStatus();
  }
  attempts_ = IsBlocked(response->status) ? 0 : AttemptsIn(response->status);
  if (attempts_ == 0) return base::MakeError(ErrorCode::kPinBlocked);
  if (attempts_ < 0) return Refused("VERIFY", *response);
  return base::MakeError(ErrorCode::kPinWrong, {.what = absl::StrCat(attempts_, " attempts left")});
}

absl::Status JpkiCard::Verify(Pin pin, bool spend_last) {
  verified_ = false;
  MDG_RETURN_IF_ERROR(MayVerify(spend_last));
  return TakeVerified(session_.TransmitPin(pin.Command(PinReference())));
}

absl::Status JpkiCard::VerifyOnPad(const PinPad& pad, bool spend_last) {
  verified_ = false;
  MDG_RETURN_IF_ERROR(MayVerify(spend_last));
  const absl::StatusOr<Response> response = pad.Verify(session_, PinReference());
  if (base::Is(response.status(), ErrorCode::kPinNotTyped)) return response.status();
  return TakeVerified(response);
}

absl::StatusOr<std::string> JpkiCard::Sign(const LoginChallenge& challenge) {
  if (!std::exchange(verified_, false)) {
    return base::MakeError(ErrorCode::kInternal, {.what = "no PIN was verified for this"});
  }
  const absl::StatusOr<uint8_t> reference = Reference(kKey.short_id, kKey.file);
  if (!reference.ok()) return reference.status();
  absl::StatusOr<Response> response = Exchange(
      reader::Sign(*reference, absl::StrCat(kDigestInfo, crypto::Sha256(challenge.Bytes()))));
  if (!response.ok()) return response.status();
  if (!response->ok() || response->data.size() != kSignatureBytes) {
    return Refused("signing", *response);
  }
  return std::move(response->data);
}

}  // namespace madoguchi::reader
