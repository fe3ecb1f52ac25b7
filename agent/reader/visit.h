#ifndef MADOGUCHI_AGENT_READER_VISIT_H_
#define MADOGUCHI_AGENT_READER_VISIT_H_

#include <memory>
#include <optional>
#include <string>

#include "agent/reader/card_session.h"
#include "agent/reader/jpki.h"
#include "agent/reader/pin_pad.h"
#include "agent/reader/room.h"

// Inside reader/ only: it includes winscard.
namespace madoguchi::reader {

// All that is done with one card between its session's begin and end. Not thread-safe; blocks.
class CardVisit {
 public:
  // `memory` and `trust` outlive this.
  CardVisit(std::unique_ptr<CardSession> session, ReaderMemory& memory, const CardTrust& trust);

  // First. Everything short of the PIN; the errors of ReaderRoom::Open().
  absl::StatusOr<CardFacts> Read(OpenOptions options, const base::Clock& clock);
  // The errors of ReaderRoom::Authenticate(). When the result is not open, this is to be
  // destroyed, which ends the session.
  AuthenticateResult Authenticate(Pin pin, bool spend_last, const LoginChallenge& challenge);
  AuthenticateResult AuthenticateOnPad(bool spend_last, const LoginChallenge& challenge);
  // An exchange failed: ending takes a moment.
  bool over() const { return session_->over(); }

 private:
  absl::StatusOr<CardFacts> ReadFacts(OpenOptions options, const base::Clock& clock);
  template <typename Verify>
  AuthenticateResult AuthenticateWith(const Verify& verify, const LoginChallenge& challenge);
  // After the PIN was verified.
  absl::StatusOr<CardProof> Prove(const LoginChallenge& challenge);

  const std::unique_ptr<CardSession> session_;
  ReaderMemory& memory_;
  const CardTrust& trust_;
  JpkiCard card_;
  std::optional<PinPad> pad_;
  std::string certificate_;
  absl::Status check_;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_VISIT_H_
