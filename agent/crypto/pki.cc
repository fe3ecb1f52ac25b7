#include "agent/crypto/pki.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/crypto/digest.h"
#include "agent/crypto/pem.h"

namespace madoguchi::crypto {
namespace {

using base::ErrorCode;

constexpr int kSerialBytes = 16;
constexpr int kPfxIterations = 10'000;
constexpr size_t kLeastPassword = 12;
constexpr size_t kMostNames = 32;
constexpr size_t kMostDnsName = 253;

absl::Status Failed(absl::string_view step) {
  return base::MakeError(ErrorCode::kCryptoFailed, {.what = std::string(step)});
}

struct Validity {
  absl::Time from;
  absl::Time to;
};

absl::StatusOr<Validity> MakeValidity(absl::Time now, int days, int most) {
  if (days < 1 || days > most) {
    return CertificateProblem(absl::StrCat("validity of ", days, " days; allowed are 1 to ", most),
                              "days");
  }
  return Validity{now - absl::Hours(1), now + absl::Hours(24) * days};
}

bool SetTime(ASN1_TIME* field, absl::Time time) {
  return ASN1_TIME_set(field, static_cast<time_t>(absl::ToUnixSeconds(time))) != nullptr;
}

bool SetSerial(X509* certificate) {
  std::string bytes = RandomBytes(kSerialBytes);
  // RFC 5280 4.1.2.2: positive, and not zero.
  bytes[0] = static_cast<char>((bytes[0] & 0x7F) | 0x40);
  const BnPtr number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), kSerialBytes, nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

struct Template {
  std::string name;
  Validity validity;
  std::vector<std::pair<int, std::string>> extensions;
};

// Self-signed when `issuer` is null.
absl::StatusOr<KeyPair> Sign(const Template& wanted, X509* issuer, EVP_PKEY* issuer_key) {
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  if (key == nullptr || certificate == nullptr) return Failed("making a key");
  X509* const cert = certificate.get();
  X509* const signer = issuer == nullptr ? cert : issuer;

  X509_NAME* const subject = X509_get_subject_name(cert);
  const auto* name = reinterpret_cast<const unsigned char*>(wanted.name.data());
  const bool filled =
      X509_set_version(cert, X509_VERSION_3) == 1 && SetSerial(cert) &&
      SetTime(X509_getm_notBefore(cert), wanted.validity.from) &&
      SetTime(X509_getm_notAfter(cert), wanted.validity.to) &&
      X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, name,
                                 static_cast<int>(wanted.name.size()), -1, 0) == 1 &&
      X509_set_issuer_name(cert, X509_get_subject_name(signer)) == 1 &&
      X509_set_pubkey(cert, key.get()) == 1;
  if (!filled) return Failed("filling a certificate");
  // The subject key identifier comes first: the authority key identifier of a CA copies it.
  for (const auto& [nid, value] : wanted.extensions) {
    if (!AddExtension(cert, signer, nid, value)) return Failed("adding an extension");
  }
  if (X509_sign(cert, issuer_key == nullptr ? key.get() : issuer_key, EVP_sha256()) == 0) {
    return Failed("signing");
  }
  return ToPem(cert, key.get());
}

struct Ca {
  X509Ptr certificate;
  PkeyPtr key;
};

absl::StatusOr<Ca> LoadCa(const KeyPair& pair) {
  Ca ca{ParseCertificate(pair.certificate), ParseKey(pair.key)};
  if (ca.certificate == nullptr) return CertificateProblem("the CA certificate is not PEM", "ca");
  if (ca.key == nullptr)
    return CertificateProblem("the key of the CA is not unencrypted PEM", "ca");
  if (X509_check_private_key(ca.certificate.get(), ca.key.get()) != 1) {
    return CertificateProblem("the key does not belong to the CA certificate", "ca");
  }
  if (X509_check_ca(ca.certificate.get()) != 1)
    return CertificateProblem("the certificate is not a CA's", "ca");
  return ca;
}

absl::StatusOr<KeyPair> IssueLeaf(const KeyPair& ca_pair, absl::string_view name, absl::Time now,
                                  int days, std::vector<std::pair<int, std::string>> extra) {
  MDG_RETURN_IF_ERROR(CheckPkiName(name));
  absl::StatusOr<Ca> ca = LoadCa(ca_pair);
  if (!ca.ok()) return ca.status();
  absl::StatusOr<Validity> validity = MakeValidity(now, days, 3650);
  if (!validity.ok()) return validity.status();
  absl::StatusOr<absl::Time> ca_end = NotAfter(ca_pair.certificate);
  if (!ca_end.ok()) return ca_end.status();
  if (*ca_end <= now) return CertificateProblem("the CA has ended", "ca");
  validity->to = std::min(validity->to, *ca_end);

  Template wanted{std::string(name),
                  *validity,
                  {{NID_basic_constraints, "critical,CA:FALSE"},
                   {NID_key_usage, "critical,digitalSignature"},
                   {NID_subject_key_identifier, "hash"},
                   {NID_authority_key_identifier, "keyid:always"}}};
  wanted.extensions.insert(wanted.extensions.end(), std::make_move_iterator(extra.begin()),
                           std::make_move_iterator(extra.end()));
  return Sign(wanted, ca->certificate.get(), ca->key.get());
}

bool IsDnsName(absl::string_view name) {
  if (name.empty() || name.size() > kMostDnsName || name.front() == '.' || name.front() == '-') {
    return false;
  }
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return absl::ascii_isalnum(c) || c == '-' || c == '.'; });
}

bool IsIpAddress(const std::string& text) {
  unsigned char out[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), out) == 1 || inet_pton(AF_INET6, text.c_str(), out) == 1;
}

// The value of subjectAltName in OpenSSL's notation; the names are checked, so none can add parts.
absl::StatusOr<std::string> AlternativeNames(const ServerNames& names) {
  const size_t count = names.dns.size() + names.ip.size();
  if (count == 0 || count > kMostNames) {
    return CertificateProblem(absl::StrCat(count, " names; 1 to ", kMostNames, " are allowed"),
                              "names");
  }
  std::vector<std::string> parts;
  for (const std::string& dns : names.dns) {
    if (!IsDnsName(dns)) {
      return CertificateProblem(absl::StrCat("`", base::Printable(dns, 80),
                                             "` is not a DNS name (letters, digits, dash, dot)"),
                                "names");
    }
    parts.push_back(absl::StrCat("DNS:", dns));
  }
  for (const std::string& ip : names.ip) {
    if (!IsIpAddress(ip)) {
      return CertificateProblem(
          absl::StrCat("`", base::Printable(ip, 80), "` is not an IP address"), "names");
    }
    parts.push_back(absl::StrCat("IP:", ip));
  }
  return absl::StrJoin(parts, ",");
}

bool IsPassword(absl::string_view password) {
  return password.size() >= kLeastPassword && password.size() <= 128 &&
         std::all_of(password.begin(), password.end(), absl::ascii_isgraph);
}

}  // namespace

absl::Status CheckPkiName(absl::string_view name) {
  const bool fits = !name.empty() && name.size() <= 64 && name[0] != '.' && name[0] != '-' &&
                    std::all_of(name.begin(), name.end(), [](char c) {
                      return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
                    });
  if (fits) return absl::OkStatus();
  return CertificateProblem(
      absl::StrCat("`", base::Printable(name, 80),
                   "` is not a name: 1 to 64 of A-Z a-z 0-9 . _ - are allowed, beginning "
                   "with a letter, digit or underscore"),
      "name");
}

absl::StatusOr<KeyPair> MakeCa(absl::string_view name, absl::Time now, int days) {
  MDG_RETURN_IF_ERROR(CheckPkiName(name));
  absl::StatusOr<Validity> validity = MakeValidity(now, days, 7300);
  if (!validity.ok()) return validity.status();
  return Sign({std::string(name),
               *validity,
               {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                {NID_key_usage, "critical,keyCertSign,cRLSign"},
                {NID_subject_key_identifier, "hash"}}},
              nullptr, nullptr);
}

absl::StatusOr<KeyPair> IssueServer(const KeyPair& ca, absl::string_view name,
                                    const ServerNames& names, absl::Time now, int days) {
  absl::StatusOr<std::string> alternative = AlternativeNames(names);
  if (!alternative.ok()) return alternative.status();
  return IssueLeaf(
      ca, name, now, days,
      {{NID_ext_key_usage, "serverAuth"}, {NID_subject_alt_name, *std::move(alternative)}});
}

absl::StatusOr<KeyPair> IssueClient(const KeyPair& ca, absl::string_view name, absl::Time now,
                                    int days) {
  return IssueLeaf(ca, name, now, days, {{NID_ext_key_usage, "clientAuth"}});
}

absl::StatusOr<std::string> MakePfx(const KeyPair& pair, absl::string_view ca_certificate,
                                    absl::string_view password) {
  if (!IsPassword(password)) {
    return CertificateProblem(
        "the password must have 12 to 128 printable ASCII characters without spaces", "password");
  }
  const X509Ptr certificate = ParseCertificate(pair.certificate);
  const PkeyPtr key = ParseKey(pair.key);
  X509Ptr ca = ParseCertificate(ca_certificate);
  if (certificate == nullptr || ca == nullptr)
    return CertificateProblem("not a PEM certificate", "certificate");
  if (key == nullptr || X509_check_private_key(certificate.get(), key.get()) != 1) {
    return CertificateProblem("the key does not belong to the certificate", "key");
  }
  const X509StackPtr chain(sk_X509_new_null());
  if (chain == nullptr || sk_X509_push(chain.get(), ca.get()) == 0) return Failed("PKCS#12");
  static_cast<void>(ca.release());  // Owned by the chain now.

  const std::string secret(password);
  const Pkcs12Ptr pfx(PKCS12_create(secret.c_str(), nullptr, key.get(), certificate.get(),
                                    chain.get(), NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
                                    NID_pbe_WithSHA1And3_Key_TripleDES_CBC, kPfxIterations, -1, 0));
  if (pfx == nullptr ||
      PKCS12_set_mac(pfx.get(), secret.c_str(), -1, nullptr, 0, kPfxIterations, EVP_sha1()) != 1) {
    return Failed("PKCS#12");
  }
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (out == nullptr || i2d_PKCS12_bio(out.get(), pfx.get()) != 1) return Failed("PKCS#12");
  return BioText(out.get());
}

std::string GeneratePassword() {
  // No 0, O, 1, I, l: somebody may have to type it. 32 signs would bias less than 56; bytes beyond
  // the last whole multiple are drawn again.
  constexpr absl::string_view kSigns = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
  constexpr size_t kLength = 24;
  constexpr size_t kFair = 256 / kSigns.size() * kSigns.size();
  std::string password;
  while (password.size() < kLength) {
    for (const char c : RandomBytes(kLength)) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < kFair && password.size() < kLength) password += kSigns[byte % kSigns.size()];
    }
  }
  return password;
}

}  // namespace madoguchi::crypto
