#ifndef MADOGUCHI_AGENT_CRYPTO_CERTIFICATE_H_
#define MADOGUCHI_AGENT_CRYPTO_CERTIFICATE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// Reading X.509 certificates of others (RFC 5280): what they say, who signed them, what they
// signed. DER in, pure, thread-safe. MDG-1801 for what cannot be read; no error holds a name.
namespace madoguchi::crypto {

struct CertificateFacts {
  absl::Time not_before;
  absl::Time not_after;
  // RFC 2253, UTF-8.
  std::string issuer;
  // The same; may name a person.
  std::string subject;
  // The key is RSA of this size; 0 for another kind.
  int rsa_bits = 0;
  // Key usage is there and is digitalSignature alone.
  bool only_signs = false;
  // It names somebody besides the subject (subjectAltName).
  bool has_alternative_names = false;
};
absl::StatusOr<CertificateFacts> ReadFacts(absl::string_view der);

// Whether the key of `issuer` has signed `certificate`, its name is the issuer's, and it is a CA.
bool IsSignedBy(absl::string_view certificate, absl::string_view issuer);

// Whether `signature` is the certificate's key's over the SHA-256 of `data` (RSA, PKCS#1 v1.5).
bool HasSigned(absl::string_view certificate, absl::string_view data, absl::string_view signature);

// Every certificate of a PEM text, as DER; MDG-1801 when one of them cannot be read or there is
// none.
absl::StatusOr<std::vector<std::string>> PemToDer(absl::string_view pem);

}  // namespace madoguchi::crypto

#endif  // MADOGUCHI_AGENT_CRYPTO_CERTIFICATE_H_
