#ifndef MADOGUCHI_AGENT_CRYPTO_SEAL_H_
#define MADOGUCHI_AGENT_CRYPTO_SEAL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Sealing to a public key: who seals cannot open. X25519 (RFC 7748) with a key of its own for every
// seal, HKDF-SHA-256 (RFC 5869), AES-256-GCM (NIST SP 800-38D). Thread-safe.
namespace madoguchi::crypto {

// 32 bytes for the 32 bytes of a private key. MDG-1802 for anything else.
absl::StatusOr<std::string> PublicKeyOf(absl::string_view private_key);

// `plain` for the owner of `public_key` (32 bytes). `context` is not in the result and must be
// given again to open it: it binds the seal to its place. 48 bytes longer than `plain`. MDG-1802
// when the key is none.
absl::StatusOr<std::string> Seal(absl::string_view public_key, absl::string_view context,
                                 absl::string_view plain);

// What was sealed. MDG-1802 when key or context is another one or a byte was changed.
absl::StatusOr<std::string> OpenSeal(absl::string_view private_key, absl::string_view context,
                                     absl::string_view sealed);

}  // namespace madoguchi::crypto

#endif  // MADOGUCHI_AGENT_CRYPTO_SEAL_H_
