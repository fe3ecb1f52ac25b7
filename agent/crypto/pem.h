#ifndef MADOGUCHI_AGENT_CRYPTO_PEM_H_
#define MADOGUCHI_AGENT_CRYPTO_PEM_H_

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/crypto/pki.h"

// Inside crypto/ only: OpenSSL's handles with owners, PEM in and out.
namespace madoguchi::crypto {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
inline void FreeStack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }

using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using BnPtr = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, Deleter<PKCS12_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using X509StackPtr = std::unique_ptr<STACK_OF(X509), Deleter<FreeStack>>;

// MDG-1801.
absl::Status CertificateProblem(std::string what, std::string field);
std::string BioText(BIO* bio);
absl::StatusOr<KeyPair> ToPem(X509* certificate, EVP_PKEY* key);
// Null when there is none, or it cannot be read. A key that asks for a password is not read.
X509Ptr ParseCertificate(absl::string_view pem);
PkeyPtr ParseKey(absl::string_view pem);
// Every certificate of `pem`; empty when one of them cannot be read.
std::vector<X509Ptr> ParseCertificates(absl::string_view pem);

}  // namespace madoguchi::crypto

#endif  // MADOGUCHI_AGENT_CRYPTO_PEM_H_
