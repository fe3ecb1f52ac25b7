#include "agent/crypto/seal_for.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>

#include "agent/base/error.h"

namespace madoguchi::crypto {
namespace {

constexpr int kBits = 2048;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

}  // namespace

absl::StatusOr<std::string> SealFor(absl::string_view public_key, absl::string_view secret) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(public_key.data());
  const std::unique_ptr<EVP_PKEY, Free> key(
      d2i_PUBKEY(nullptr, &bytes, static_cast<long>(public_key.size())));
  std::string sealed(kBits / 8, '\0');
  size_t size = sealed.size();
  const bool fits = key != nullptr && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA &&
                    EVP_PKEY_get_bits(key.get()) == kBits;
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(fits ? EVP_PKEY_CTX_new(key.get(), nullptr)
                                                         : nullptr);
  const bool done =
      context != nullptr && EVP_PKEY_encrypt_init(context.get()) == 1 &&
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), EVP_sha256()) == 1 &&
      EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), EVP_sha256()) == 1 &&
      EVP_PKEY_encrypt(context.get(), reinterpret_cast<unsigned char*>(sealed.data()), &size,
                       reinterpret_cast<const unsigned char*>(secret.data()), secret.size()) == 1;
  ERR_clear_error();
  if (!done) {
    return base::MakeError(base::ErrorCode::kCryptoFailed,
                           {.what = "sealing needs an RSA key of 2048 bits"});
  }
  sealed.resize(size);
  return sealed;
}

}  // namespace madoguchi::crypto
