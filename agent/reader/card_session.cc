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
constexpr size_t kMostReaderAnswer = 256;
// Within that the service has looked whether a card is there; it does every 0.4 s.
constexpr absl::Duration kSettles = absl::Milliseconds(500);
constexpr int kEventsShift = 16;

ErrorCode CodeFor(LONG code) {
  switch (code) {
    case SCARD_E_UNKNOWN_READER:
    case SCARD_E_READER_UNAVAILABLE:
      return ErrorCode::kReaderNotFound;
    case SCARD_E_NO_SERVICE:
    case SCARD_E_SERVICE_STOPPED:
    case SCARD_E_INVALID_HANDLE:
    // The library says so when the service ends under a call.
    case SCARD_F_COMM_ERROR:
      return ErrorCode::kCardServiceDown;
    case SCARD_E_NO_SMARTCARD:
      return ErrorCode::kNoCard;
    case SCARD_E_SHARING_VIOLATION:
      return ErrorCode::kReaderBusy;
    default:
      return ErrorCode::kCardLost;
  }
}

// Whether somebody still waits for what came of it.
template <typename Work>
bool Watched(CallWatch* watch, CallWatch::Call call, absl::Duration longer, const Work& work) {
  if (watch != nullptr) watch->Begins(call, longer);
  work();
  return watch == nullptr || watch->Ends();
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
                                                               const std::string& reader,
                                                               CallWatch* watch) {
  SCARDHANDLE card = 0;
  DWORD protocol = 0;
  LONG code = 0;
  bool wanted = Watched(watch, CallWatch::Call::kConnect, absl::ZeroDuration(), [&] {
    code = SCardConnect(context.handle(), reader.c_str(), SCARD_SHARE_SHARED,
                        SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol);
  });
  if (code != SCARD_S_SUCCESS) return PcscError(code, "connecting");
  if (wanted) {
    wanted = Watched(watch, CallWatch::Call::kTransaction, absl::ZeroDuration(),
                     [&] { code = SCardBeginTransaction(card); });
  }
  if (code != SCARD_S_SUCCESS) {
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    return PcscError(code, "beginning a transaction");
  }
  auto session = std::unique_ptr<CardSession>(
      new CardSession(context.handle(), reader, card, protocol, watch));
  if (!wanted)
    return base::MakeError(ErrorCode::kReaderStuck, {.what = "connecting took too long"});
  return session;
}

CardSession::~CardSession() {
  Watched(watch_, CallWatch::Call::kEnd, kSettles, [&] {
    const DWORD disposition = HowToEnd();
    SCardEndTransaction(card_, disposition);
    SCardDisconnect(card_, disposition);
  });
}

DWORD CardSession::HowToEnd() const {
  if (!failed_) return power_off_ ? SCARD_UNPOWER_CARD : SCARD_RESET_CARD;
  // What has no PIN verified the service powers off in its own time.
  return power_off_ && !IsGone() ? SCARD_UNPOWER_CARD : SCARD_LEAVE_CARD;
}

bool CardSession::IsGone() const {
  SCARD_READERSTATE state = {};
  state.szReader = reader_.c_str();
  // As it is now; then every change until the service must have looked.
  if (SCardGetStatusChange(context_, 0, &state, 1) != SCARD_S_SUCCESS) return false;
  const DWORD count = state.dwEventState >> kEventsShift;
  const absl::Time until = absl::Now() + kSettles;
  for (absl::Duration left = kSettles; left > absl::ZeroDuration(); left = until - absl::Now()) {
    if ((state.dwEventState & SCARD_STATE_PRESENT) == 0) return true;
    if (state.dwEventState >> kEventsShift != count) return true;
    state.dwCurrentState = state.dwEventState & ~static_cast<DWORD>(SCARD_STATE_CHANGED);
    const LONG code = SCardGetStatusChange(
        context_, static_cast<DWORD>(absl::ToInt64Milliseconds(left)), &state, 1);
    if (code != SCARD_S_SUCCESS && code != SCARD_E_TIMEOUT) return false;
  }
  return false;
}

template <typename Work>
absl::StatusOr<Response> CardSession::Exchange(CallWatch::Call call, absl::Duration longer,
                                               const Work& work) {
  if (over_) {
    return base::MakeError(ErrorCode::kCardLost, {.what = "the session with this card is over"});
  }
  ++exchanges_;
  std::string answer(kMostResponse, '\0');
  auto length = static_cast<DWORD>(answer.size());
  LONG code = 0;
  const bool wanted = Watched(watch_, call, longer, [&] { code = work(answer.data(), length); });
  // Success without a status is a card that went away (virtual-reader 6.2).
  absl::StatusOr<Response> response =
      code != SCARD_S_SUCCESS ? PcscError(code, "transmitting")
                              : ParseResponse(absl::string_view(answer).substr(0, length));
  if (!wanted) response = base::MakeError(ErrorCode::kReaderStuck, {.what = "an answer too late"});
  over_ = !response.ok();
  failed_ = over_ && wanted;
  return response;
}

absl::StatusOr<Response> CardSession::Exchange(absl::string_view command, CallWatch::Call call) {
  return Exchange(call, absl::ZeroDuration(), [&](char* answer, DWORD& length) {
    return SCardTransmit(card_, protocol_ == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1,
                         reinterpret_cast<const unsigned char*>(command.data()),
                         static_cast<DWORD>(command.size()), nullptr,
                         reinterpret_cast<unsigned char*>(answer), &length);
  });
}

absl::StatusOr<Response> CardSession::Transmit(absl::string_view command) {
  return Exchange(command, CallWatch::Call::kExchange);
}

absl::StatusOr<Response> CardSession::TransmitPin(absl::string_view command) {
  power_off_ = power_off_ || !over_;
  return Exchange(command, CallWatch::Call::kPinExchange);
}

absl::StatusOr<Response> CardSession::VerifyOnReader(DWORD code, absl::string_view request,
                                                     absl::Duration longer) {
  power_off_ = power_off_ || !over_;
  return Exchange(CallWatch::Call::kPinExchange, longer, [&](char* answer, DWORD& length) {
    const DWORD most = length;
    return SCardControl(card_, code, request.data(), static_cast<DWORD>(request.size()), answer,
                        most, &length);
  });
}

absl::StatusOr<std::string> CardSession::AskReader(DWORD code) {
  std::string answer(kMostReaderAnswer, '\0');
  DWORD length = 0;
  LONG result = 0;
  const bool wanted = Watched(watch_, CallWatch::Call::kExchange, absl::ZeroDuration(), [&] {
    result = SCardControl(card_, code, nullptr, 0, answer.data(), static_cast<DWORD>(answer.size()),
                          &length);
  });
  over_ = over_ || !wanted;
  if (result != SCARD_S_SUCCESS || length > answer.size()) return PcscError(result, "asking");
  answer.resize(length);
  return answer;
}

}  // namespace madoguchi::reader
