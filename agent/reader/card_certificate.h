#ifndef MADOGUCHI_AGENT_READER_CARD_CERTIFICATE_H_
#define MADOGUCHI_AGENT_READER_CARD_CERTIFICATE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// What can be said of a card's certificate without asking anybody (my-number-card 3). Whether it
// was revoked only the center can say: accredited verifiers alone may fetch that. Pure functions.
namespace madoguchi::reader {

struct CardTrust {
  // Roots of user authentication, DER. Several generations have one name and different keys.
  std::vector<std::string> roots;
  // Also certificates of a test hierarchy (issuer organisation other than JPKI): never in
  // production.
  bool allow_test_hierarchy = false;
};

// OK for a certificate for user authentication of a configured root, valid at `now`. MDG-2107 not a
// certificate at all, 2108 over, 2109 not begun, 2110 another kind (key, usage, one that names a
// person, issuer), 2111 no root of ours has signed it.
absl::Status CheckCardCertificate(absl::string_view der, const CardTrust& trust, absl::Time now);

// OK when `signature` over `data` fits the certificate; else MDG-2117.
absl::Status CheckCardSignature(absl::string_view der, absl::string_view data,
                                absl::string_view signature);

}  // namespace madoguchi::reader

#endif  // MADOGUCHI_AGENT_READER_CARD_CERTIFICATE_H_
