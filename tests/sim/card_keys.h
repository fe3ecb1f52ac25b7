#ifndef MADOGUCHI_TESTS_SIM_CARD_KEYS_H_
#define MADOGUCHI_TESTS_SIM_CARD_KEYS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/sim/card.h"

// RSA as the card's chip and its issuer do it. The daemon itself never does either, so it stands
// here and not in the crypto room.
namespace madoguchi::sim {

// PEM of a certificate and of its unencrypted key.
struct CardKeyPair {
  std::string certificate = {};
  std::string key = {};
};

// Whose certificates: those that authenticate a person, or those that sign.
enum class CardUse { kAuthenticate, kSign };

// An RSA-2048 key, PEM. Takes a tenth of a second or several.
absl::StatusOr<std::string> MakeCardKey();

// A self-signed root of the test hierarchy (O=JPKI-TEST); two roots have the same name.
absl::StatusOr<CardKeyPair> MakeCardRoot(CardUse use, absl::Time now);

struct CardCertificateWishes {
  // Decides policy and key usage.
  CardUse use = CardUse::kAuthenticate;
  // The opaque common name.
  std::string subject = {};
  // For CardUse::kSign: UTF-8 without line breaks.
  std::string name = {};
  absl::Time from = {};
  absl::Time to = {};
  // Key usage of the other use.
  bool wrong_usage = false;
};
// About as long as a real one (1.5 KB); PEM. `key`: PEM of its owner.
absl::StatusOr<std::string> IssueCardCertificate(const CardKeyPair& root, const std::string& key,
                                                 const CardCertificateWishes& wishes);

absl::StatusOr<std::string> CertificateDer(const std::string& pem);
// What signs with the key `pem`.
absl::StatusOr<CardKey> LoadCardKey(const std::string& pem);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CARD_KEYS_H_
