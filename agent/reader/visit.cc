#include "agent/reader/visit.h"

#include <utility>

#include "agent/base/error.h"

namespace madoguchi::reader {
namespace {

using base::ErrorCode;

// After these nothing was sent, or the card counts on: another PIN may follow.
bool StaysOpen(const absl::Status& status) {
  return base::Is(status, ErrorCode::kPinWrong) || base::Is(status, ErrorCode::kLastAttempt) ||
         base::Is(status, ErrorCode::kPinNotTyped) || base::Is(status, ErrorCode::kNoPinPad);
}

}  // namespace

CardVisit::CardVisit(std::unique_ptr<CardSession> session, ReaderMemory& memory,
                     const CardTrust& trust)
    : session_(std::move(session)), memory_(memory), trust_(trust), card_(*session_, memory_) {}

absl::StatusOr<CardFacts> CardVisit::Read(OpenOptions options, const base::Clock& clock) {
  const absl::Time start = absl::Now();
  absl::StatusOr<CardFacts> facts = ReadFacts(options, clock);
  if (facts.ok()) facts->took = absl::Now() - start;
  return facts;
}

absl::StatusOr<CardFacts> CardVisit::ReadFacts(OpenOptions options, const base::Clock& clock) {
  pad_ = PinPad::Find(*session_);
  CardFacts facts;
  MDG_RETURN_IF_ERROR(card_.Select());
  absl::StatusOr<std::string> certificate = card_.ReadCertificate();
  if (!certificate.ok()) return certificate.status();
  check_ = CheckCardCertificate(*certificate, trust_, clock.Now());
  const bool strange = base::Is(check_, ErrorCode::kCertificateUnfit) ||
                       base::Is(check_, ErrorCode::kCertificateUntrusted);
  if (options.label || strange) {
    const absl::StatusOr<TokenKind> kind = card_.Token();
    if (!kind.ok()) return kind.status();
    facts.kind = *kind;
  }
  const absl::StatusOr<int> left = card_.AttemptsLeft();
  if (!left.ok()) return left.status();
  certificate_ = *certificate;
  facts.certificate = *std::move(certificate);
  facts.check = check_;
  facts.attempts_left = *left;
  facts.pin_pad = pad_.has_value();
  facts.extended_length = memory_.extended_length;
  facts.short_ids = memory_.short_ids;
  facts.exchanges = session_->exchanges();
  return facts;
}

template <typename Verify>
AuthenticateResult CardVisit::AuthenticateWith(const Verify& verify,
                                               const LoginChallenge& challenge) {
  const absl::Time start = absl::Now();
  if (!check_.ok()) return {.proof = check_};
  if (absl::Status verified = verify(); !verified.ok()) {
    const bool open = StaysOpen(verified) && !session_->over();
    return {.proof = std::move(verified), .attempts_left = card_.attempts_left(), .open = open};
  }
  AuthenticateResult result{.proof = Prove(challenge)};
  if (result.proof.ok()) result.proof->took = absl::Now() - start;
  return result;
}

absl::StatusOr<CardProof> CardVisit::Prove(const LoginChallenge& challenge) {
  absl::StatusOr<std::string> signature = card_.Sign(challenge);
  if (!signature.ok()) return signature.status();
  MDG_RETURN_IF_ERROR(CheckCardSignature(certificate_, challenge.Bytes(), *signature));
  return CardProof{.certificate = certificate_,
                   .signature = *std::move(signature),
                   .exchanges = session_->exchanges(),
                   .took = absl::ZeroDuration()};
}

AuthenticateResult CardVisit::Authenticate(Pin pin, bool spend_last,
                                           const LoginChallenge& challenge) {
  return AuthenticateWith([&] { return card_.Verify(std::move(pin), spend_last); }, challenge);
}

AuthenticateResult CardVisit::AuthenticateOnPad(bool spend_last, const LoginChallenge& challenge) {
  return AuthenticateWith(
      [&] {
        return pad_.has_value() ? card_.VerifyOnPad(*pad_, spend_last)
                                : base::MakeError(ErrorCode::kNoPinPad);
      },
      challenge);
}

}  // namespace madoguchi::reader
