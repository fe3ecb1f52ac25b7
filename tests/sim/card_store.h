#ifndef MADOGUCHI_TESTS_SIM_CARD_STORE_H_
#define MADOGUCHI_TESTS_SIM_CARD_STORE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/sim/card.h"
#include "tests/sim/card_behaviour.h"
#include "tests/sim/site.h"

// The cards of a site's people, in DIR/sim/cards: keys and certificates are made when somebody's
// card is asked for first, PINs and their attempts stay from one visit to the next.
namespace madoguchi::sim {

// Makes the roots of the site's cards unless they are there. The root of authentication
// certificates, for whoever checks them: DIR/pki/jpki-user-root.pem.
absl::Status EnsureCardRoots(const Site& site, absl::Time now);

struct OwnedCard {
  int person = 0;
  std::string persona = {};
  CardContents contents = {};
  CardPins pins = {};
};

// The card of person `number` (see population) as `behaviour` has it. The common name of its
// certificates begins with 99 and that number in six digits.
absl::StatusOr<OwnedCard> LoadCard(const Site& site, int number, const CardBehaviour& behaviour,
                                   absl::Time now);
absl::Status SaveCardPins(const Site& site, int number, const CardPins& pins);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CARD_STORE_H_
