#include "agent/crypto/certificate.h"

#include <ctime>

#include "agent/crypto/pem.h"

namespace madoguchi::crypto {
namespace {

using KeyUsagePtr = std::unique_ptr<ASN1_BIT_STRING, Deleter<ASN1_BIT_STRING_free>>;
using MdPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;

// Null when `der` is not exactly one certificate.
X509Ptr FromDer(absl::string_view der) {
  const auto* start = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* end = start;
  X509Ptr certificate(d2i_X509(nullptr, &end, static_cast<long>(der.size())));
  return end == start + der.size() ? std::move(certificate) : nullptr;
}

absl::StatusOr<absl::Time> TimeOf(const ASN1_TIME* time) {
  std::tm parts = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) {
    return CertificateProblem("a date of the certificate cannot be read", "certificate");
  }
  return absl::FromTM(parts, absl::UTCTimeZone());
}

bool NameText(const X509_NAME* name, std::string& text) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (out == nullptr ||
      X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
    return false;
  }
  text = BioText(out.get());
  return true;
}

}  // namespace

absl::StatusOr<CertificateFacts> ReadFacts(absl::string_view der) {
  const X509Ptr certificate = FromDer(der);
  if (certificate == nullptr) {
    return CertificateProblem("it is no X.509 certificate", "certificate");
  }
  CertificateFacts facts;
  const absl::StatusOr<absl::Time> from = TimeOf(X509_get0_notBefore(certificate.get()));
  const absl::StatusOr<absl::Time> to = TimeOf(X509_get0_notAfter(certificate.get()));
  if (!from.ok()) return from.status();
  if (!to.ok()) return to.status();
  facts.not_before = *from;
  facts.not_after = *to;
  if (!NameText(X509_get_issuer_name(certificate.get()), facts.issuer) ||
      !NameText(X509_get_subject_name(certificate.get()), facts.subject)) {
    return CertificateProblem("a name in it cannot be read", "certificate");
  }
  const EVP_PKEY* const key = X509_get0_pubkey(certificate.get());
  if (key != nullptr && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    facts.rsa_bits = EVP_PKEY_get_bits(key);
  }
  facts.only_signs = (X509_get_extension_flags(certificate.get()) & EXFLAG_KUSAGE) != 0 &&
                     X509_get_key_usage(certificate.get()) == KU_DIGITAL_SIGNATURE;
  facts.has_alternative_names =
      X509_get_ext_by_NID(certificate.get(), NID_subject_alt_name, -1) >= 0;
  return facts;
}

bool IsSignedBy(absl::string_view certificate, absl::string_view issuer) {
  const X509Ptr leaf = FromDer(certificate);
  const X509Ptr root = FromDer(issuer);
  if (leaf == nullptr || root == nullptr || X509_check_ca(root.get()) == 0) return false;
  if (X509_NAME_cmp(X509_get_issuer_name(leaf.get()), X509_get_subject_name(root.get())) != 0) {
    return false;
  }
  EVP_PKEY* const key = X509_get0_pubkey(root.get());
  return key != nullptr && X509_verify(leaf.get(), key) == 1;
}

bool HasSigned(absl::string_view certificate, absl::string_view data, absl::string_view signature) {
  const X509Ptr leaf = FromDer(certificate);
  if (leaf == nullptr) return false;
  EVP_PKEY* const key = X509_get0_pubkey(leaf.get());
  const MdPtr context(EVP_MD_CTX_new());
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA || context == nullptr ||
      EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1) {
    return false;
  }
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(data.data()),
                          data.size()) == 1;
}

absl::StatusOr<std::vector<std::string>> PemToDer(absl::string_view pem) {
  std::vector<std::string> all;
  for (const X509Ptr& certificate : ParseCertificates(pem)) {
    unsigned char* bytes = nullptr;
    const int length = i2d_X509(certificate.get(), &bytes);
    if (length <= 0) return CertificateProblem("a certificate cannot be written", "certificate");
    all.emplace_back(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
    OPENSSL_free(bytes);
  }
  if (all.empty()) return CertificateProblem("it holds no certificate as PEM", "certificate");
  return all;
}

}  // namespace madoguchi::crypto
