#ifndef MADOGUCHI_TESTS_SIM_CARD_BEHAVIOUR_H_
#define MADOGUCHI_TESTS_SIM_CARD_BEHAVIOUR_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace madoguchi::sim {

// What is in the place of the user-authentication certificate.
enum class CardCertificate : uint8_t {
  kGood,
  kExpired,
  kNotYetValid,
  // Of a root of the same name and another key.
  kUnknownIssuer,
  // Key usage of a certificate for signatures.
  kWrongUsage,
  // The holder chose to have none.
  kNone,
};

// How a virtual card differs from an ordinary one. Exchanges are counted from 1 since the card was
// put on the reader.
struct CardBehaviour {
  // The label in the token information.
  std::string label = "JPKIAPICCTOKEN2";
  // A phone has the JPKI application only.
  bool phone = false;
  // Not a My Number Card: it knows no application at all.
  bool other_card = false;
  CardCertificate certificate = CardCertificate::kGood;
  // The key on the card is not that of the certificate.
  bool wrong_key = false;
  bool no_extended = false;
  bool no_short_ids = false;
  // The first command after every power-up fails with 6F00.
  bool first_6f00 = false;
  // Issued without usable PINs.
  bool no_pin = false;
  // A blocked PIN answers 6983 in the place of 6984.
  bool blocked_6983 = false;
  // A read past the end of a file answers 6282 with what there is.
  bool end_6282 = false;
  // A read past the end of a file answers 6Cxx.
  bool le_6c = false;
  // Long answers are fetched with GET RESPONSE.
  bool chain_61 = false;
  // How many attempts at the authentication PIN are left; kept with the person.
  std::optional<int> tries = std::nullopt;
  // Every exchange takes that long.
  absl::Duration slow = absl::ZeroDuration();
  // The card is taken away instead of exchange N; after it was done, but before its answer. 0: not.
  // Each happens once.
  int yank_before = 0;
  int yank_during = 0;
  // Exchange N is not answered until the behaviour is changed. Happens once.
  int hang = 0;
  // After a yank a card is back that much later; without it, when somebody puts it back.
  std::optional<absl::Duration> back = std::nullopt;
  // A persona or the number of a person whose card comes back after a yank.
  std::string swap = {};
  // Answer to reset.
  std::string atr = {};

  CardBehaviour();
};

// Parts separated by commas, each NAME or NAME=VALUE; empty and `none`: an ordinary card.
// kInvalidArgument names the part and what is allowed.
absl::StatusOr<CardBehaviour> ParseCardBehaviour(absl::string_view list);
// Every part with its meaning, a line each.
std::string CardBehaviourHelp();

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CARD_BEHAVIOUR_H_
