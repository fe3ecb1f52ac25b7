#ifndef MADOGUCHI_AGENT_OQS_WEB_ASSUMED_H_
#define MADOGUCHI_AGENT_OQS_WEB_ASSUMED_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "agent/oqs/json_form.h"
#include "madoguchi/kept/v1/exchange.pb.h"
#include "madoguchi/v1/confirmation.pb.h"

// ASSUMED (A19): messages of the web API that no public source shows, in a shape of our own. The
// licensed specification replaces this file, and nothing outside of it. Known from a public client
// and elsewhere in this room: the reply to a login, the single query and its answer (json_form.h).
// Medicine and checkup go over the web as the JSON form of their XML trees, which is assumed, too.
// Pure, no I/O, thread-safe; what comes in may be hostile. Errors of readers: those of ReadJson.
namespace madoguchi::oqs {

// What a card signs so that the center knows who stands here. The card signs nothing else: no bytes
// of a client or of the center become the digest.
struct LoginChallenge {
  // 10 digits.
  std::string institution;
  // Name of the center, from the configuration.
  std::string center;
  // The center's, at most 64 bytes.
  std::string nonce;
  absl::Time time;
  // The bytes whose SHA-256 is signed: a label with version, then every field as length and bytes.
  std::string Bytes() const;
};
// The one of a question about a card.
LoginChallenge ChallengeOf(const kept::v1::CardQuestion& card, absl::string_view institution);

// Nobody sends more than this in one of these messages.
inline constexpr size_t kMaxWebRequestBytes = size_t{64} << 10;

// The body of a login. Holds a password: wipe it, never log it.
struct WebAccount {
  std::string user;
  std::string password;
};
std::string WriteWebAccount(const WebAccount& account);
absl::StatusOr<WebAccount> ReadWebAccount(absl::string_view bytes);

// The body that renews tokens; it is answered like a login.
std::string WriteWebRenewal(absl::string_view refresh_token);
absl::StatusOr<std::string> ReadWebRenewal(absl::string_view bytes);

// What ReadWebLogin reads.
std::string WriteWebLogin(const WebLogin& login);

// A number used once that a card's challenge is made with.
struct WebChallenge {
  // 16 to 64 printable characters of ASCII.
  std::string nonce;
  // How long it counts: above zero, at most 10 minutes.
  absl::Duration valid_for;
};
std::string WriteWebChallengeRequest(absl::string_view institution);
// The institution.
absl::StatusOr<std::string> ReadWebChallengeRequest(absl::string_view bytes);
std::string WriteWebChallenge(const WebChallenge& challenge);
absl::StatusOr<WebChallenge> ReadWebChallenge(absl::string_view bytes);

// One question about a card: confirmation, with or without a signature, with the consents the
// holder gave; or enrolment.
struct WebCardQuestion {
  // 10 digits.
  std::string institution;
  // Echoed as ArbitraryFileIdentifier.
  std::string identifier;
  absl::CivilDay day;
  kept::v1::CardQuestion card;
};
std::string WriteWebCard(const WebCardQuestion& question);
absl::StatusOr<WebCardQuestion> ReadWebCard(absl::string_view bytes);

// The answer to it is the tree of OQSsiquc01res (ReadJson), as the face reader's push has it: the
// consents that count are those it echoes. When there is no qualification the person level says so
// (ProcessingResultStatus 2) with one of these as ProcessingResultCode.
enum class CardOutcome {
  // Also of an enrolment, whose answer says who is insured how, like a confirmation's.
  kConfirmed,
  kNotEnrolled,
  kRevoked,
  kSuspended,
  kExpired,
  // No insured person has this card.
  kHolderUnknown,
  // Signature or nonce do not count.
  kProofRefused,
  // Another code, or the file level says no: ErrorDetail has it.
  kRefused,
};
// The code of an outcome; empty for kConfirmed and kRefused.
absl::string_view CardOutcomeCode(CardOutcome outcome);
CardOutcome CardOutcomeOf(const v1::Confirmation& answer);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_WEB_ASSUMED_H_
