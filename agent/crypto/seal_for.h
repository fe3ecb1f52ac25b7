#ifndef MADOGUCHI_AGENT_CRYPTO_SEAL_FOR_H_
#define MADOGUCHI_AGENT_CRYPTO_SEAL_FOR_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace madoguchi::crypto {

// Seals a short secret for a key of SealingKeys (RSA of 2048 bits, OAEP with SHA-256, no label).
// `public_key`: SubjectPublicKeyInfo, DER, from outside. Keeps no copy of the secret. MDG-1802 when
// the key is none of that kind.
absl::StatusOr<std::string> SealFor(absl::string_view public_key, absl::string_view secret);

}  // namespace madoguchi::crypto

#endif  // MADOGUCHI_AGENT_CRYPTO_SEAL_FOR_H_
