#ifndef MADOGUCHI_AGENT_READER_JPKI_H_
#define MADOGUCHI_AGENT_READER_JPKI_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/oqs/web_assumed.h"
#include "agent/reader/apdu.h"
#include "agent/reader/pin.h"

// The application of 公的個人認証 (JPKI) on an Individual Number Card, in the fewest exchanges
// (my-number-card 1 and 2). No other application is ever selected; the certificate for signing,
// which names the person, is never read.
namespace madoguchi::reader {

class CardSession;
class PinPad;

// What works with a reader and its cards, remembered as long as the reader is there: PC/SC does not
// tell, and trying costs a command. Everything is tried until it fails once.
struct ReaderMemory {
  bool extended_length = true;
  bool short_ids = true;
};

// What answers.
enum class TokenKind { kPlastic, kAndroid, kIphone };

// What the card is to sign: nothing else is ever signed.
using oqs::LoginChallenge;

// One card, selected once. Not thread-safe. Errors: MDG-2104 the card went away, 2118 a status word
// that should not come here (named in the text).
class JpkiCard {
 public:
  // Both outlive this.
  JpkiCard(CardSession& session, ReaderMemory& memory) : session_(session), memory_(memory) {}

  // First. MDG-2105 when there is no such application.
  absl::Status Select();
  // MDG-2106 the card of an older kind, 2105 an unknown label.
  absl::StatusOr<TokenKind> Token();
  // The certificate for user authentication, DER, cut to its length. MDG-2107 there is none.
  absl::StatusOr<std::string> ReadCertificate();
  // Attempts the PIN has left; 0: blocked, or a card without PIN.
  absl::StatusOr<int> AttemptsLeft();
  // Sends the PIN once and wipes it. MDG-2112 wrong (the text tells how many attempts are left),
  // 2113 blocked, 2115 only one attempt is left and `spend_last` is false (nothing is sent), 2116
  // the card went away while it checked. AttemptsLeft() comes first; it need not be called again
  // after a wrong PIN.
  absl::Status Verify(Pin pin, bool spend_last);
  // The same with a PIN typed on the reader. Also MDG-2122: nothing typed, nothing sent.
  absl::Status VerifyOnPad(const PinPad& pad, bool spend_last);
  // Of the PIN, as the card said last; -1 when that is not true any more.
  int attempts_left() const { return attempts_; }
  // The RSA signature (PKCS#1 v1.5) of the SHA-256 of the challenge; once per Verify().
  absl::StatusOr<std::string> Sign(const LoginChallenge& challenge);

 private:
  absl::StatusOr<std::string> ReadFile(uint8_t short_id, uint16_t file);
  // The start of a file, learning what works on the way.
  absl::StatusOr<Response> ReadStart(uint8_t short_id, uint16_t file);
  // The same in the way that is thought to work.
  absl::StatusOr<Response> ReadFirst(uint8_t short_id, uint16_t file);
  // Whether a refusal tells that something does not work with this reader.
  bool Learn(uint16_t status);
  // Follows 61xx and 6Cxx, for what may be repeated.
  absl::StatusOr<Response> Exchange(std::string command);
  // The reference of a key file, selected when short ids do not work.
  absl::StatusOr<uint8_t> Reference(uint8_t short_id, uint16_t file);
  // Whether a PIN may be sent now.
  absl::Status MayVerify(bool spend_last) const;
  uint8_t PinReference() const;
  // What a VERIFY came to.
  absl::Status TakeVerified(const absl::StatusOr<Response>& response);
  absl::Status Refused(absl::string_view what, const Response& response) const;

  CardSession& session_;
  ReaderMemory& memory_;
  int attempts_ = -1;
  bool verified_ = false;
};

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_JPKI_H_
