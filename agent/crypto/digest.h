#ifndef MADOGUCHI_AGENT_CRYPTO_DIGEST_H_
#define MADOGUCHI_AGENT_CRYPTO_DIGEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// Digests, keyed hashes and random ids. Thread-safe; no function here logs its input.
namespace madoguchi::crypto {

// SHA-256 of `data`, 32 bytes (FIPS 180-4).
std::string Sha256(absl::string_view data);

// `count` bytes from the system's generator. Ends the process if there are none: nothing safe can
// be done without.
std::string RandomBytes(size_t count);

// A UUID version 7 (RFC 9562), lower case: the time in milliseconds, then 74 random bits.
std::string NewId(absl::Time now);

// Compares without telling by time where the difference is.
bool ConstantTimeEqual(absl::string_view a, absl::string_view b);

// Overwrites a secret and empties it.
void Wipe(std::string& secret);

// Reads a 32-byte key from `path`, or makes one there (mode 0600, synced) when there is none.
// MDG-1801 otherwise. Wipe() it when it is done with.
absl::StatusOr<std::string> LoadOrCreateKey(const std::string& path);

// HMAC-SHA-256 under a key that stays inside and is wiped at the end: look-up of people by what
// identifies them, without keeping that.
class KeyedHash {
 public:
  // With the key of LoadOrCreateKey().
  static absl::StatusOr<KeyedHash> LoadOrCreate(const std::string& path);
  // `key`: 32 bytes or more.
  explicit KeyedHash(std::string key);
  KeyedHash(KeyedHash&& other) noexcept;
  KeyedHash& operator=(KeyedHash&& other) noexcept;
  ~KeyedHash();

  // 32 bytes.
  std::string Hash(absl::string_view data) const;

 private:
  std::string key_;
};

}  // namespace madoguchi::crypto

#endif  // MADOGUCHI_AGENT_CRYPTO_DIGEST_H_
