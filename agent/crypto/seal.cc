#include "agent/crypto/seal.h"

#include <openssl/evp.h>

#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/crypto/digest.h"

namespace madoguchi::crypto {
namespace {

constexpr size_t kKeySize = 32;
constexpr size_t kTagSize = 16;
constexpr size_t kNonceSize = 12;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

absl::Status Failed(absl::string_view what) {
  return base::MakeError(base::ErrorCode::kCryptoFailed, {.what = std::string(what)});
}

Key PrivateKey(absl::string_view bytes) {
  if (bytes.size() != kKeySize) return nullptr;
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, Bytes(bytes), bytes.size()));
}

std::optional<std::string> PublicBytes(const Key& key) {
  std::string bytes(kKeySize, '\0');
  size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key.get(), Bytes(bytes), &size) != 1) return std::nullopt;
  return bytes;
}

// The key of one seal: what both sides can compute, bound to both public keys.
std::optional<std::string> Agree(const Key& own, absl::string_view other,
                                 absl::string_view ephemeral, absl::string_view receiver) {
  if (other.size() != kKeySize) return std::nullopt;
  const Key peer(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, Bytes(other), other.size()));
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new(own.get(), nullptr));
  std::string shared(kKeySize, '\0');
  size_t size = shared.size();
  // Fails on a public key that leads to zero.
  if (peer == nullptr || context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.get()) != 1 ||
      EVP_PKEY_derive(context.get(), Bytes(shared), &size) != 1) {
    return std::nullopt;
  }
  // RFC 5869 with a salt of zeros and one block of output.
  std::string extracted = KeyedHash(std::string(kKeySize, '\0')).Hash(shared);
  std::string key = KeyedHash(extracted).Hash(
      absl::StrCat("madoguchi seal 1", ephemeral, receiver, absl::string_view("\x01", 1)));
  Wipe(shared);
  Wipe(extracted);
  return key;
}

// A key is used once, so that the nonce may always be zero.
std::optional<std::string> Encrypt(absl::string_view key, absl::string_view context,
                                   absl::string_view plain) {
  const std::unique_ptr<EVP_CIPHER_CTX, Free> cipher(EVP_CIPHER_CTX_new());
  const std::string nonce(kNonceSize, '\0');
  std::string out(plain.size() + kTagSize, '\0');
  int size = 0;
  if (cipher == nullptr ||
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)) != 1 ||
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, Bytes(context),
                        static_cast<int>(context.size())) != 1 ||
      EVP_EncryptUpdate(cipher.get(), Bytes(out), &size, Bytes(plain),
                        static_cast<int>(plain.size())) != 1 ||
      EVP_EncryptFinal_ex(cipher.get(), Bytes(out) + plain.size(), &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagSize,
                          Bytes(out) + plain.size()) != 1) {
    return std::nullopt;
  }
  return out;
}

std::optional<std::string> Decrypt(absl::string_view key, absl::string_view context,
                                   absl::string_view box) {
  const std::unique_ptr<EVP_CIPHER_CTX, Free> cipher(EVP_CIPHER_CTX_new());
  const std::string nonce(kNonceSize, '\0');
  const absl::string_view body = box.substr(0, box.size() - kTagSize);
  std::string tag(box.substr(body.size()));
  std::string out(body.size() + kTagSize, '\0');
  int size = 0;
  if (cipher == nullptr ||
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)) != 1 ||
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, Bytes(context),
                        static_cast<int>(context.size())) != 1 ||
      EVP_DecryptUpdate(cipher.get(), Bytes(out), &size, Bytes(body),
                        static_cast<int>(body.size())) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, tag.data()) != 1 ||
      EVP_DecryptFinal_ex(cipher.get(), Bytes(out) + body.size(), &size) != 1) {
    return std::nullopt;
  }
  out.resize(body.size());
  return out;
}

}  // namespace

absl::StatusOr<std::string> PublicKeyOf(absl::string_view private_key) {
  const Key key = PrivateKey(private_key);
  std::optional<std::string> bytes = key == nullptr ? std::nullopt : PublicBytes(key);
  if (!bytes.has_value()) return Failed("not a private key of X25519");
  return *std::move(bytes);
}

absl::StatusOr<std::string> Seal(absl::string_view public_key, absl::string_view context,
                                 absl::string_view plain) {
  std::string secret = RandomBytes(kKeySize);
  const Key own = PrivateKey(secret);
  Wipe(secret);
  const std::optional<std::string> ephemeral = own == nullptr ? std::nullopt : PublicBytes(own);
  if (!ephemeral.has_value()) return Failed("no key for a seal could be made");
  std::optional<std::string> key = Agree(own, public_key, *ephemeral, public_key);
  if (!key.has_value()) return Failed("not a public key of X25519");
  const std::optional<std::string> box = Encrypt(*key, context, plain);
  Wipe(*key);
  if (!box.has_value()) return Failed("sealing failed");
  return absl::StrCat(*ephemeral, *box);
}

absl::StatusOr<std::string> OpenSeal(absl::string_view private_key, absl::string_view context,
                                     absl::string_view sealed) {
  const absl::StatusOr<std::string> receiver = PublicKeyOf(private_key);
  if (!receiver.ok()) return receiver.status();
  if (sealed.size() < kKeySize + kTagSize) return Failed("too short for a seal");
  const absl::string_view ephemeral = sealed.substr(0, kKeySize);
  std::optional<std::string> key = Agree(PrivateKey(private_key), ephemeral, ephemeral, *receiver);
  if (!key.has_value()) return Failed("the seal was not made for this key");
  std::optional<std::string> plain = Decrypt(*key, context, sealed.substr(kKeySize));
  Wipe(*key);
  if (!plain.has_value()) return Failed("the seal does not open with this key, or was changed");
  return *std::move(plain);
}

}  // namespace madoguchi::crypto
