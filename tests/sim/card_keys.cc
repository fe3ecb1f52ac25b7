#include "tests/sim/card_keys.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/conf.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/base/error.h"
#include "agent/crypto/digest.h"

namespace madoguchi::sim {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using BigNumber = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Settings = std::unique_ptr<CONF, Freed<NCONF_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyUse = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Name = std::unique_ptr<X509_NAME, Freed<X509_NAME_free>>;

constexpr int kKeyBits = 2048;
constexpr int kSerialBytes = 4;
constexpr int kRootDays = 3650;

// Everything but the names is of the same length as what real certificates carry, so that as many
// reads are needed. The places named are invented ones.
constexpr absl::string_view kRootExtensions = R"(
[certificate]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
)";
constexpr absl::string_view kLeafExtensions = R"(
[certificate]
keyUsage=critical,USAGE
certificatePolicies=@policy
issuerAltName=dirName:people
crlDistributionPoints=revoked
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always,issuer:always
SUBJECT
[policy]
policyIdentifier=POLICY
CPS.1=http://www.jpki-test.invalid/cps.html
userNotice.1=@notice
[notice]
explicitText=UTF8:これは試験用の証明書です。実在する人のものではありません。発行者も架空です。
[people]
C=JP
O=Test Certificates of the Individual Number Card
[revoked]
fullname=dirName:list
[list]
C=JP
O=JPKI-TEST
0.OU=JPKI for TITLE
1.OU=CRL Distribution Points
2.OU=Mihon-ken
CN=Mihon-shi CRLDP
)";

absl::Status Failed(absl::string_view step) {
  return absl::InternalError(absl::StrCat("a card's key or certificate: ", step, " failed"));
}

absl::string_view TitleOf(CardUse use) {
  return use == CardUse::kAuthenticate ? "user authentication" : "digital signature";
}

Bio MemoryOf(absl::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string TextOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

Key KeyOf(const std::string& pem) {
  const Bio in = MemoryOf(pem);
  return Key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
}

Certificate CertificateOf(const std::string& pem) {
  const Bio in = MemoryOf(pem);
  return Certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
}

bool AddText(X509_NAME* name, int field, absl::string_view text) {
  return X509_NAME_add_entry_by_NID(name, field, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

Name RootName(CardUse use) {
  Name name(X509_NAME_new());
  const bool filled =
      name != nullptr && AddText(name.get(), NID_countryName, "JP") &&
      AddText(name.get(), NID_organizationName, "JPKI-TEST") &&
      AddText(name.get(), NID_organizationalUnitName, absl::StrCat("JPKI for ", TitleOf(use))) &&
      AddText(name.get(), NID_organizationalUnitName,
              "Japan Agency for Local Authority Information Systems");
  return filled ? std::move(name) : nullptr;
}

Name PersonName(const std::string& subject) {
  Name name(X509_NAME_new());
  const bool filled = name != nullptr && AddText(name.get(), NID_countryName, "JP") &&
                      AddText(name.get(), NID_commonName, subject);
  return filled ? std::move(name) : nullptr;
}

struct Filling {
  Name subject;
  const X509_NAME* issuer = nullptr;
  absl::Time from;
  absl::Time to;
  EVP_PKEY* key = nullptr;
};

bool SetCardSerial(X509* certificate) {
  std::string bytes = crypto::RandomBytes(kSerialBytes);
  bytes[0] = static_cast<char>((bytes[0] & 0x3F) | 0x01);
  const BigNumber number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), kSerialBytes, nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool Fill(X509* certificate, const Filling& filling) {
  return filling.subject != nullptr && X509_set_version(certificate, X509_VERSION_3) == 1 &&
         SetCardSerial(certificate) &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(filling.from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(filling.to)) != nullptr &&
         X509_set_subject_name(certificate, filling.subject.get()) == 1 &&
         X509_set_issuer_name(certificate, filling.issuer) == 1 &&
         X509_set_pubkey(certificate, filling.key) == 1;
}

bool AddExtensions(X509* certificate, X509* issuer, absl::string_view text) {
  const Settings settings(NCONF_new(nullptr));
  const Bio in = MemoryOf(text);
  long line = 0;
  if (settings == nullptr || NCONF_load_bio(settings.get(), in.get(), &line) != 1) return false;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_nconf(&context, settings.get());
  return X509V3_EXT_add_nconf(settings.get(), &context, "certificate", certificate) == 1;
}

absl::StatusOr<std::string> CertificatePem(X509* certificate) {
  const Bio out(BIO_new(BIO_s_mem()));
  if (out == nullptr || PEM_write_bio_X509(out.get(), certificate) != 1) return Failed("writing");
  return TextOf(out.get());
}

std::string LeafExtensions(const CardCertificateWishes& wishes) {
  const bool authenticates = (wishes.use == CardUse::kAuthenticate) != wishes.wrong_usage;
  // The name is quoted, so that it cannot add settings of its own.
  const std::string subject =
      wishes.use == CardUse::kSign
          ? absl::StrCat("subjectAltName=otherName:1.2.392.200149.8.5.5.1;UTF8:",
                         absl::StrReplaceAll(
                             wishes.name,
                             {{"\\", ""}, {"\n", ""}, {"$", ""}, {"#", ""}, {",", ""}, {"\"", ""}}))
          : "";
  return absl::StrReplaceAll(
      kLeafExtensions,
      {{"USAGE", authenticates ? "digitalSignature" : "digitalSignature,nonRepudiation"},
       {"POLICY", wishes.use == CardUse::kAuthenticate ? "1.2.392.200149.8.5.1.3.30"
                                                       : "1.2.392.200149.8.5.1.0.20"},
       {"SUBJECT", subject},
       {"TITLE", TitleOf(wishes.use)}});
}

std::string SignBytes(EVP_PKEY* key, absl::string_view bytes) {
  const KeyUse use(EVP_PKEY_CTX_new(key, nullptr));
  size_t size = static_cast<size_t>(EVP_PKEY_get_size(key));
  std::string signature(size, '\0');
  // Without a digest OpenSSL pads exactly what it is given.
  if (use == nullptr || EVP_PKEY_sign_init(use.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(use.get(), RSA_PKCS1_PADDING) != 1 ||
      EVP_PKEY_sign(use.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                    reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) != 1) {
    return "";
  }
  signature.resize(size);
  return signature;
}

}  // namespace

absl::StatusOr<std::string> MakeCardKey() {
  const Key key(EVP_RSA_gen(kKeyBits));
  const Bio out(BIO_new(BIO_s_mem()));
  if (key == nullptr || out == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return Failed("making a key");
  }
  return TextOf(out.get());
}

absl::StatusOr<CardKeyPair> MakeCardRoot(CardUse use, absl::Time now) {
  absl::StatusOr<std::string> pem = MakeCardKey();
  if (!pem.ok()) return pem.status();
  const Key key = KeyOf(*pem);
  const Certificate certificate(X509_new());
  const Name name = RootName(use);
  if (certificate == nullptr || key == nullptr || name == nullptr ||
      !Fill(certificate.get(), {.subject = RootName(use),
                                .issuer = name.get(),
                                .from = now - absl::Hours(24 * 400),
                                .to = now + absl::Hours(24 * kRootDays),
                                .key = key.get()}) ||
      !AddExtensions(certificate.get(), certificate.get(), kRootExtensions) ||
      X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) {
    return Failed("making a root");
  }
  absl::StatusOr<std::string> text = CertificatePem(certificate.get());
  if (!text.ok()) return text.status();
  return CardKeyPair{.certificate = *std::move(text), .key = *std::move(pem)};
}

absl::StatusOr<std::string> IssueCardCertificate(const CardKeyPair& root, const std::string& key,
                                                 const CardCertificateWishes& wishes) {
  const Certificate issuer = CertificateOf(root.certificate);
  const Key issuer_key = KeyOf(root.key);
  const Key owner = KeyOf(key);
  const Certificate certificate(X509_new());
  if (issuer == nullptr || issuer_key == nullptr || owner == nullptr || certificate == nullptr ||
      !Fill(certificate.get(), {.subject = PersonName(wishes.subject),
                                .issuer = X509_get_subject_name(issuer.get()),
                                .from = wishes.from,
                                .to = wishes.to,
                                .key = owner.get()}) ||
      !AddExtensions(certificate.get(), issuer.get(), LeafExtensions(wishes)) ||
      X509_sign(certificate.get(), issuer_key.get(), EVP_sha256()) == 0) {
    return Failed("issuing a certificate");
  }
  return CertificatePem(certificate.get());
}

absl::StatusOr<std::string> CertificateDer(const std::string& pem) {
  const Certificate certificate = CertificateOf(pem);
  unsigned char* bytes = nullptr;
  const int size = certificate == nullptr ? -1 : i2d_X509(certificate.get(), &bytes);
  if (size < 0) return Failed("reading a certificate");
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

absl::StatusOr<CardKey> LoadCardKey(const std::string& pem) {
  Key key = KeyOf(pem);
  if (key == nullptr || EVP_PKEY_is_a(key.get(), "RSA") != 1) return Failed("reading a key");
  const std::shared_ptr<EVP_PKEY> shared(key.release(), EVP_PKEY_free);
  return CardKey([shared](absl::string_view bytes) { return SignBytes(shared.get(), bytes); });
}

}  // namespace madoguchi::sim
