#include "agent/reader/card_session.h"

#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "agent/base/error.h"

namespace madoguchi::reader {
namespace {

using base::ErrorCode;

// The longest response there is: 65,536 bytes and the status.
constexpr size_t kMostResponse = 65'538;

ErrorCode CodeFor(LONG code) {
  switch (code) {
    case SCARD_E_UNKNOWN_READER:
    case SCARD_E_READER_UNAVAILABLE:
      return ErrorCode::kReaderNotFound;
    case SCARD_E_NO_SERVICE:
    case SCARD_E_SERVICE_STOPPED:
    case SCARD_E_INVALID_HANDLE:
      return ErrorCode::kCardServiceDown;
    case SCARD_E_NO_SMARTCARD:
      return ErrorCode::kNoCard;
    case SCARD_E_SHARING_VIOLATION:
      return ErrorCode::kReaderBusy;
    default:
      return ErrorCode::kCardLost;
  }
}

}  // namespace

absl::Status PcscError(LONG code, absl::string_view what) {
  return base::MakeError(CodeFor(code), {.what = absl::StrFormat("%s: PC/SC 0x%08X", what,
                                                                 static_cast<uint32_t>(code))});
}

absl::StatusOr<PcscContext> PcscContext::Establish() {
  SCARDCONTEXT context = 0;
  const LONG code = SCardEstablishContext(SCARD_SCOPE_SYSTEM, nullptr, nullptr, &context);
  if (code != SCARD_S_SUCCESS) {
    return base::MakeError(ErrorCode::kCardServiceDown,
                           {.what = absl::StrFormat("PC/SC 0x%08X", static_cast<uint32_t>(code))});
  }
  return PcscContext(context);
}

PcscContext::PcscContext(PcscContext&& other) noexcept
    : context_(other.context_), established_(std::exchange(other.established_, false)) {}

PcscContext& PcscContext::operator=(PcscContext&& other) noexcept {
  if (this == &other) return *this;
  if (established_) SCardReleaseContext(context_);
  context_ = other.context_;
  established_ = std::exchange(other.established_, false);
  return *this;
}

PcscContext::~PcscContext() {
  if (established_) SCardReleaseContext(context_);
}

absl::StatusOr<std::unique_ptr<CardSession>> CardSession::Open(const PcscContext& context,
                                                               const std::string& reader) {
  SCARDHANDLE card = 0;
  DWORD protocol = 0;
  LONG code = SCardConnect(context.handle(), reader.c_str(), SCARD_SHARE_SHARED,
                           SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol);
  if (code != SCARD_S_SUCCESS) return PcscError(code, "connecting");
  code = SCardBeginTransaction(card);
  if (code != SCARD_S_SUCCESS) {
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    return PcscError(code, "beginning a transaction");
  }
  return std::unique_ptr<CardSession>(new CardSession(card, protocol));
}

CardSession::~CardSession() {
  const DWORD disposition = pin_sent_ ? SCARD_UNPOWER_CARD : SCARD_RESET_CARD;
  SCardEndTransaction(card_, disposition);
  SCardDisconnect(card_, disposition);
}

absl::StatusOr<Response> CardSession::Transmit(absl::string_view command) {
  if (over_) {
    return base::MakeError(ErrorCode::kCardLost, {.what = "the session with this card is over"});
  }
  ++exchanges_;
  std::string answer(kMostResponse, '\0');
  auto length = static_cast<DWORD>(answer.size());
  const SCARD_IO_REQUEST* const protocol =
      protocol_ == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1;
  const LONG code =
      SCardTransmit(card_, protocol, reinterpret_cast<const unsigned char*>(command.data()),
                    static_cast<DWORD>(command.size()), nullptr,
                    reinterpret_cast<unsigned char*>(answer.data()), &length);
  // Success without a status is a card that went away (virtual-reader 6.2).
  absl::StatusOr<Response> response =
      code != SCARD_S_SUCCESS ? PcscError(code, "transmitting")
                              : ParseResponse(absl::string_view(answer).substr(0, length));
  over_ = !response.ok();
  return response;
}

absl::StatusOr<Response> CardSession::TransmitPin(absl::string_view command) {
  pin_sent_ = pin_sent_ || !over_;
  return Transmit(command);
}

}  // namespace madoguchi::reader
