#include "tests/reader/test_card.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <utility>

namespace madoguchi::reader {
namespace {

constexpr char kAid[] = "\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01";
constexpr size_t kPadded = 2048;

std::string Status(int status) {
  return {static_cast<char>(status >> 8), static_cast<char>(status & 0xFF)};
}

uint8_t At(const std::string& bytes, size_t index) { return static_cast<uint8_t>(bytes[index]); }

void AddName(X509_NAME* name, const char* field, const std::string& value) {
  X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(value.data()),
                             static_cast<int>(value.size()), -1, 0);
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

X509* MakeCertificate(EVP_PKEY* key, int64_t serial, const TestIdentityOptions& options) {
  X509* const certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(options.from));
  ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(options.to));
  X509_set_pubkey(certificate, key);
  X509_NAME* const issuer = X509_get_issuer_name(certificate);
  AddName(issuer, "C", "JP");
  AddName(issuer, "O", options.organization);
  AddName(issuer, "OU", "JPKI for user authentication");
  return certificate;
}

std::string Der(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int length = i2d_X509(certificate, &bytes);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
  OPENSSL_free(bytes);
  X509_free(certificate);
  return der;
}

}  // namespace

TestIdentity MakeTestIdentity(const TestIdentityOptions& options) {
  EVP_PKEY* const root_key = EVP_RSA_gen(2048);
  X509* const root = MakeCertificate(root_key, 1, options);
  X509_set_subject_name(root, X509_get_issuer_name(root));
  AddExtension(root, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(root, root_key, EVP_sha256());

  TestIdentity identity;
  identity.key = std::shared_ptr<EVP_PKEY>(EVP_RSA_gen(2048), EVP_PKEY_free);
  X509* const leaf = MakeCertificate(identity.key.get(), 2, options);
  AddName(X509_get_subject_name(leaf), "CN", "997794E9AGCIEG13221003A");
  AddExtension(leaf, NID_key_usage, options.key_usage);
  if (!options.alternative_name.empty()) {
    AddExtension(leaf, NID_subject_alt_name, options.alternative_name);
  }
  X509_sign(leaf, root_key, EVP_sha256());
  identity.root_der = Der(root);
  identity.certificate_der = Der(leaf);
  EVP_PKEY_free(root_key);
  return identity;
}

std::optional<std::string> TestCard::operator()(const std::string& command) {
  ++exchanges;
  if (exchanges == yank_at && !yank_after) return std::nullopt;
  std::string answer = Answer(command);
  if (exchanges == yank_at) return std::nullopt;
  return answer;
}

std::string TestCard::Answer(const std::string& command) {
  if (std::exchange(first_fails, false)) return Status(0x6F00);
  const uint8_t ins = At(command, 1);
  if (ins == 0xA4 && At(command, 2) == 0x04) {
    if (command.substr(5) != std::string(kAid, 10)) ++forbidden;
    selected_ = has_application && command.substr(5) == std::string(kAid, 10);
    return Status(selected_ ? 0x9000 : 0x6A82);
  }
  if (!selected_) return Status(0x6985);
  if (ins == 0xA4) {
    current_ = At(command, 6);
    return Status(0x9000);
  }
  if (ins == 0xB0) return Read(command);
  if (ins == 0x20) return Verify(command);
  if (ins == 0x2A) return SignWith(command);
  return Status(0x6D00);
}

std::string TestCard::Read(const std::string& command) {
  const bool extended = command.size() == 7;
  if (extended && !extended_length) return Status(0x6700);
  size_t offset = At(command, 3);
  if ((At(command, 2) & 0x80) != 0) {
    if (!short_ids) return Status(0x6A86);
    current_ = At(command, 2) & 0x1F;
  } else {
    offset += size_t{At(command, 2)} << 8;
  }
  std::string file;
  if (current_ == 0x0A) {
    if (!has_certificate) return Status(0x6A82);
    file = identity_.certificate_der;
    file.resize(kPadded, '\xFF');
  } else if (current_ == 0x06) {
    file = label;
    file.resize(32, ' ');
    file.resize(160, '\0');
  } else {
    ++forbidden;
    return Status(0x6982);
  }
  if (offset >= file.size()) return Status(0x6B00);
  const size_t most = extended ? 65'536 : command.back() == 0 ? 256 : At(command, 4);
  return file.substr(offset, most) + Status(0x9000);
}

std::string TestCard::Verify(const std::string& command) {
  const uint8_t reference = At(command, 3);
  if (reference == 0x98 && !short_ids) return Status(0x6A86);
  if (reference != 0x98 && current_ != 0x18) return Status(0x6986);
  if (command.size() == 4) return Status(attempts == 0 ? 0x6984 : 0x63C0 + attempts);
  ++verifies;
  if (attempts == 0) return Status(0x6984);
  if (command.substr(5) != pin) return Status(0x63C0 + --attempts);
  attempts = 3;
  verified_ = true;
  return Status(0x9000);
}

std::string TestCard::SignWith(const std::string& command) {
  const uint8_t reference = At(command, 3);
  if (reference == 0x97 && !short_ids) return Status(0x6A86);
  if (reference != 0x97 && current_ != 0x17) return Status(0x6986);
  if (!verified_) return Status(0x6982);
  ++signatures;
  const std::string input = command.substr(5, At(command, 4));
  std::string signature(256, '\0');
  size_t length = signature.size();
  EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new(identity_.key.get(), nullptr);
  EVP_PKEY_sign_init(context);
  EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING);
  EVP_PKEY_sign(context, reinterpret_cast<unsigned char*>(signature.data()), &length,
                reinterpret_cast<const unsigned char*>(input.data()), input.size());
  EVP_PKEY_CTX_free(context);
  return signature + Status(0x9000);
}

}  // namespace madoguchi::reader
