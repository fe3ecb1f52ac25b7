#ifndef MADOGUCHI_AGENT_CRYPTO_SEALING_KEYS_H_
#define MADOGUCHI_AGENT_CRYPTO_SEALING_KEYS_H_

#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/base/clock.h"

namespace madoguchi::crypto {

struct SealingKeysOptions {
  // How long a key that was given out may be used.
  absl::Duration lives = absl::Minutes(2);
  // So many are out at a time; one more destroys the oldest.
  size_t most = 64;
  // So many are made before anybody asks.
  size_t ready = 2;
};

// Keys under which somebody else seals one short secret each: RSA of 2048 bits, OAEP (RFC 8017 7.1)
// with SHA-256 as hash and in MGF1, without label. A key opens at most once and is destroyed by
// that, whether or not it opened anything. Which secret a key was made for is the caller's to know.
// Thread-safe.
class SealingKeys {
 public:
  // Bytes that Open() needs to write to.
  static constexpr size_t kRoom = 256;

  // Makes keys on a thread of low priority. `clock` outlives this.
  SealingKeys(base::Clock& clock, SealingKeysOptions options);
  explicit SealingKeys(base::Clock& clock) : SealingKeys(clock, SealingKeysOptions()) {}
  // Waits for a key that is being made, a fraction of a second.
  ~SealingKeys();
  SealingKeys(const SealingKeys&) = delete;
  SealingKeys& operator=(const SealingKeys&) = delete;

  struct Taken {
    // 32 hexadecimal digits, not to be guessed.
    std::string id;
    // DER of SubjectPublicKeyInfo (RFC 5280 4.1).
    std::string public_key;
    absl::Time until;
  };
  // At once when one is ready; else it is made by the caller's thread. MDG-1802 when none can be
  // made.
  absl::StatusOr<Taken> Take();

  // Opens what was sealed for the key into `out` (kRoom bytes or more, of which the caller sees to
  // it that nobody else reads them) and returns how many bytes it has; no copy of it is left
  // elsewhere. MDG-2121 when the key is unknown, over or spent, or this was not sealed for it.
  absl::StatusOr<size_t> Open(absl::string_view id, absl::string_view sealed, std::span<char> out);

  // Destroys a key that is not needed; no effect on an unknown one.
  void Drop(absl::string_view id);

 private:
  class Shelf;
  const std::unique_ptr<Shelf> shelf_;
};

}  // namespace madoguchi::crypto

#endif  // MADOGUCHI_AGENT_CRYPTO_SEALING_KEYS_H_
