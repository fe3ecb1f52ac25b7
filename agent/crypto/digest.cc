#include "agent/crypto/digest.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"

namespace madoguchi::crypto {
namespace {

constexpr size_t kKeySize = 32;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

absl::Status KeyFileError(const std::string& path, absl::string_view what) {
  return base::MakeError(
      base::ErrorCode::kCertificateProblem,
      {.what = absl::StrCat(what, " (32 bytes, readable by this account only)"), .field = path});
}

absl::StatusOr<std::string> ReadKey(int fd, const std::string& path) {
  std::string key(kKeySize + 1, '\0');
  const ssize_t size = ::read(fd, key.data(), key.size());
  if (size != static_cast<ssize_t>(kKeySize)) {
    Wipe(key);
    return KeyFileError(path, "the key file has a wrong size");
  }
  key.resize(kKeySize);
  return key;
}

bool WriteKey(int fd, const std::string& key) {
  return ::write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size()) &&
         ::fsync(fd) == 0;
}

}  // namespace

std::string Sha256(absl::string_view data) {
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
                 EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  digest.resize(size);
  return digest;
}

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  if (count > 0 &&
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    std::abort();
  }
  return bytes;
}

std::string NewId(absl::Time now) {
  std::string id = RandomBytes(16);
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(now));
  for (int i = 0; i < 6; ++i) id[i] = static_cast<char>(millis >> (8 * (5 - i)));
  id[6] = static_cast<char>((id[6] & 0x0F) | 0x70);
  id[8] = static_cast<char>((id[8] & 0x3F) | 0x80);
  const std::string hex = absl::BytesToHexString(id);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

void Wipe(std::string& secret) {
  if (!secret.empty()) OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

bool ConstantTimeEqual(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

absl::StatusOr<std::string> LoadOrCreateKey(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd >= 0) {
    absl::StatusOr<std::string> key = ReadKey(fd, path);
    ::close(fd);
    return key;
  }
  // Written under another name first: a crash must not leave half a key.
  const std::string temporary = path + ".new";
  ::unlink(temporary.c_str());
  fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return KeyFileError(path, "the key file cannot be made");
  std::string key = RandomBytes(kKeySize);
  const bool written = WriteKey(fd, key);
  ::close(fd);
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    ::unlink(temporary.c_str());
    Wipe(key);
    return KeyFileError(path, "the key file cannot be written");
  }
  return key;
}

absl::StatusOr<KeyedHash> KeyedHash::LoadOrCreate(const std::string& path) {
  absl::StatusOr<std::string> key = LoadOrCreateKey(path);
  if (!key.ok()) return key.status();
  KeyedHash hash(*key);
  Wipe(*key);
  return hash;
}

KeyedHash::KeyedHash(std::string key) : key_(std::move(key)) {}
// A copy, then a wipe: a moved-from short string would keep the key's bytes.
// NOLINTNEXTLINE(performance-move-constructor-init)
KeyedHash::KeyedHash(KeyedHash&& other) noexcept : key_(other.key_) { Wipe(other.key_); }
KeyedHash& KeyedHash::operator=(KeyedHash&& other) noexcept {
  if (this != &other) {
    Wipe(key_);
    key_ = other.key_;
    Wipe(other.key_);
  }
  return *this;
}
KeyedHash::~KeyedHash() { Wipe(key_); }

std::string KeyedHash::Hash(absl::string_view data) const {
  std::string mac(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), Bytes(data), data.size(),
           reinterpret_cast<unsigned char*>(mac.data()), &size) == nullptr) {
    std::abort();
  }
  mac.resize(size);
  return mac;
}

}  // namespace madoguchi::crypto
