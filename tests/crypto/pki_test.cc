#include "agent/crypto/pki.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/match.h"
#include "agent/base/error.h"
#include "gtest/gtest.h"

namespace madoguchi::crypto {
namespace {

using base::ErrorCode;

const absl::Time kNow = absl::FromUnixSeconds(1'790'000'000);

std::string FieldOf(const absl::Status& status) {
  const auto detail = base::DetailOf(status);
  return detail.has_value() ? detail->field() : "";
}

std::unique_ptr<X509, void (*)(X509*)> Parse(const std::string& pem) {
  BIO* const in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509* const certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr);
  BIO_free(in);
  return {certificate, X509_free};
}

// What a TLS stack decides about `leaf` for `purpose` when it trusts `ca` alone.
int Verify(const std::string& leaf, const std::string& ca, int purpose, absl::Time at) {
  X509_STORE* const store = X509_STORE_new();
  const auto root = Parse(ca);
  const auto certificate = Parse(leaf);
  X509_STORE_add_cert(store, root.get());
  X509_STORE_CTX* const context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, certificate.get(), nullptr);
  X509_STORE_CTX_set_purpose(context, purpose);
  X509_STORE_CTX_set_time(context, 0, static_cast<time_t>(absl::ToUnixSeconds(at)));
  X509_verify_cert(context);
  const int error = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return error;
}

class PkiTest : public testing::Test {
 protected:
  const KeyPair ca_ = MakeCa("clinic-ca", kNow).value();
  const ServerNames names_{.dns = {"madoguchi.example"}, .ip = {"192.0.2.7", "2001:db8::7"}};
};

TEST_F(PkiTest, IssuesWhatTlsAccepts) {
  const KeyPair server = IssueServer(ca_, "server", names_, kNow).value();
  const KeyPair client = IssueClient(ca_, "emr-1", kNow).value();
  EXPECT_EQ(Verify(server.certificate, ca_.certificate, X509_PURPOSE_SSL_SERVER, kNow), X509_V_OK);
  EXPECT_EQ(Verify(client.certificate, ca_.certificate, X509_PURPOSE_SSL_CLIENT, kNow), X509_V_OK);
  // Neither serves as the other.
  EXPECT_EQ(Verify(server.certificate, ca_.certificate, X509_PURPOSE_SSL_CLIENT, kNow),
            X509_V_ERR_INVALID_PURPOSE);
  EXPECT_EQ(Verify(client.certificate, ca_.certificate, X509_PURPOSE_SSL_SERVER, kNow),
            X509_V_ERR_INVALID_PURPOSE);
  const KeyPair other = MakeCa("clinic-ca", kNow).value();
  EXPECT_NE(Verify(client.certificate, other.certificate, X509_PURPOSE_SSL_CLIENT, kNow),
            X509_V_OK);
}

TEST_F(PkiTest, NamesWhatTheServerIsCalled) {
  const KeyPair server = IssueServer(ca_, "server", names_, kNow).value();
  const auto certificate = Parse(server.certificate);
  EXPECT_EQ(X509_check_host(certificate.get(), "madoguchi.example", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(certificate.get(), "other.example", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "192.0.2.7", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "2001:db8::7", 0), 1);
  EXPECT_EQ(X509_check_ip_asc(certificate.get(), "192.0.2.8", 0), 0);
}

TEST_F(PkiTest, CaSignsEndCertificatesOnly) {
  const auto certificate = Parse(ca_.certificate);
  EXPECT_EQ(X509_check_ca(certificate.get()), 1);
  EXPECT_EQ(X509_get_pathlen(certificate.get()), 0);
  // A client's certificate cannot issue others.
  const KeyPair client = IssueClient(ca_, "emr-1", kNow).value();
  const absl::Status status = IssueClient(client, "emr-2", kNow).status();
  EXPECT_TRUE(base::Is(status, ErrorCode::kCertificateProblem));
}

TEST_F(PkiTest, ValidityIsBounded) {
  EXPECT_EQ(NotAfter(ca_.certificate).value(), kNow + absl::Hours(24) * kCaDays);
  const KeyPair client = IssueClient(ca_, "emr-1", kNow, 30).value();
  EXPECT_EQ(NotAfter(client.certificate).value(), kNow + absl::Hours(24) * 30);
  EXPECT_EQ(Verify(client.certificate, ca_.certificate, X509_PURPOSE_SSL_CLIENT,
                   kNow + absl::Hours(24) * 31),
            X509_V_ERR_CERT_HAS_EXPIRED);
  // Another machine's clock may be a little behind.
  EXPECT_EQ(Verify(client.certificate, ca_.certificate, X509_PURPOSE_SSL_CLIENT,
                   kNow - absl::Minutes(50)),
            X509_V_OK);
  // Never longer than the CA.
  const KeyPair short_ca = MakeCa("short", kNow, 10).value();
  const KeyPair capped = IssueClient(short_ca, "emr-1", kNow, 30).value();
  EXPECT_EQ(NotAfter(capped.certificate).value(), kNow + absl::Hours(24) * 10);
  EXPECT_FALSE(IssueClient(short_ca, "emr-1", kNow + absl::Hours(24) * 11).ok());
  for (const int days : {0, -1, 3651}) {
    EXPECT_EQ(FieldOf(IssueClient(ca_, "emr-1", kNow, days).status()), "days") << days;
  }
}

TEST_F(PkiTest, RefusesNamesThatCouldMeanSomethingElse) {
  for (const char* name :
       {"", ".", "..", ".hidden", "-x", "a/b", "a b", "a\nb", "a,CN=b", "窓口"}) {
    EXPECT_EQ(FieldOf(IssueClient(ca_, name, kNow).status()), "name") << name;
  }
  EXPECT_FALSE(CheckPkiName(std::string(65, 'a')).ok());
  EXPECT_TRUE(CheckPkiName(std::string(64, 'a')).ok());
  EXPECT_TRUE(CheckPkiName("emr-1_x.y").ok());
  const std::vector<ServerNames> wrong = {{},
                                          {.dns = {"a,IP:10.0.0.1"}, .ip = {}},
                                          {.dns = {"a b"}, .ip = {}},
                                          {.dns = {""}, .ip = {}},
                                          {.dns = {}, .ip = {"10.0.0.300"}},
                                          {.dns = {}, .ip = {"10.0.0.1,DNS:evil"}}};
  for (const ServerNames& names : wrong) {
    EXPECT_EQ(FieldOf(IssueServer(ca_, "server", names, kNow).status()), "names");
  }
}

TEST_F(PkiTest, PfxHoldsKeyCertificateAndCa) {
  const KeyPair client = IssueClient(ca_, "emr-1", kNow).value();
  const std::string password = GeneratePassword();
  const std::string pfx = MakePfx(client, ca_.certificate, password).value();
  const auto* bytes = reinterpret_cast<const unsigned char*>(pfx.data());
  PKCS12* const parsed = d2i_PKCS12(nullptr, &bytes, static_cast<long>(pfx.size()));
  ASSERT_NE(parsed, nullptr);
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  STACK_OF(X509)* chain = nullptr;
  EXPECT_EQ(PKCS12_parse(parsed, "another-password", &key, &certificate, &chain), 0);
  ASSERT_EQ(PKCS12_parse(parsed, password.c_str(), &key, &certificate, &chain), 1);
  EXPECT_EQ(X509_cmp(certificate, Parse(client.certificate).get()), 0);
  EXPECT_EQ(X509_check_private_key(certificate, key), 1);
  ASSERT_EQ(sk_X509_num(chain), 1);
  EXPECT_EQ(X509_cmp(sk_X509_value(chain, 0), Parse(ca_.certificate).get()), 0);
  sk_X509_pop_free(chain, X509_free);
  X509_free(certificate);
  EVP_PKEY_free(key);
  PKCS12_free(parsed);
  // 1.2.840.113549.1.12.1.3, the encryption every Windows knows.
  EXPECT_NE(pfx.find("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01\x03"), std::string::npos);
  EXPECT_EQ(pfx.find(client.key.substr(30, 20)), std::string::npos);
}

TEST_F(PkiTest, PfxRefusesWeakPasswordsAndForeignKeys) {
  const KeyPair client = IssueClient(ca_, "emr-1", kNow).value();
  for (const char* password :
       {"", "short", "eleven-char", "with spaces in it", "長いパスワード長い"}) {
    EXPECT_EQ(FieldOf(MakePfx(client, ca_.certificate, password).status()), "password");
  }
  const KeyPair mixed{client.certificate, ca_.key};
  EXPECT_EQ(FieldOf(MakePfx(mixed, ca_.certificate, "twelve-chars").status()), "key");
}

TEST(Password, IsLongAndNeverTheSame) {
  const std::string one = GeneratePassword();
  EXPECT_EQ(one.size(), 24U);
  EXPECT_NE(one, GeneratePassword());
  EXPECT_EQ(one.find_first_of("0O1Il"), std::string::npos);
}

TEST_F(PkiTest, CheckKeyPairNamesWhatDoesNotFit) {
  const KeyPair server = IssueServer(ca_, "server", names_, kNow).value();
  const KeyPair client = IssueClient(ca_, "emr-1", kNow).value();
  const auto check = [&](const std::string& certificate, const std::string& key,
                         const std::string& ca, absl::Time at = kNow) {
    const absl::Status status = CheckKeyPair(certificate, key, ca, at);
    return status.ok() ? "ok" : FieldOf(status);
  };
  EXPECT_EQ(check(server.certificate, server.key, ca_.certificate), "ok");
  EXPECT_EQ(check(server.certificate, ca_.key, ca_.certificate), "key");
  EXPECT_EQ(check(server.certificate, "", ca_.certificate), "key");
  EXPECT_EQ(check("", server.key, ca_.certificate), "certificate");
  EXPECT_EQ(check(client.certificate, client.key, ca_.certificate), "certificate");
  EXPECT_EQ(check(server.certificate, server.key, ""), "client_ca");
  EXPECT_EQ(check(server.certificate, server.key, client.certificate), "client_ca");
  const absl::Time later = kNow + absl::Hours(24) * (kLeafDays + 1);
  EXPECT_EQ(check(server.certificate, server.key, ca_.certificate, later), "certificate");
  // Half a file, as it looks while somebody copies it.
  const std::string half = server.certificate.substr(0, server.certificate.size() / 2);
  EXPECT_EQ(check(half, server.key, ca_.certificate), "certificate");
  EXPECT_EQ(check(server.certificate + half, server.key, ca_.certificate), "certificate");
  EXPECT_EQ(check(server.certificate, server.key.substr(0, 90), ca_.certificate), "key");
}

TEST_F(PkiTest, ErrorsHoldNoKey) {
  const KeyPair server = IssueServer(ca_, "server", names_, kNow).value();
  const std::string secret = server.key.substr(40, 20);
  const absl::Status status = CheckKeyPair(ca_.certificate, server.key, ca_.certificate, kNow);
  ASSERT_FALSE(status.ok());
  EXPECT_FALSE(absl::StrContains(status.ToString(), secret));
}

class PemFileTest : public testing::Test {
 protected:
  PemFileTest() {
    char name[] = "/tmp/pki_testXXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~PemFileTest() override { std::filesystem::remove_all(folder_); }
  size_t Entries() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_),
                                             std::filesystem::directory_iterator()));
  }
  std::string folder_;
};

TEST_F(PemFileTest, NeverOverwritesUnlessAsked) {
  const std::string path = folder_ + "/a.key";
  ASSERT_TRUE(WritePemFile(path, "first", 0600, false).ok());
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600U);
  const absl::Status again = WritePemFile(path, "second", 0600, false);
  EXPECT_TRUE(base::Is(again, ErrorCode::kCertificateProblem));
  EXPECT_EQ(FieldOf(again), path);
  EXPECT_EQ(ReadPemFile(path).value(), "first");
  ASSERT_TRUE(WritePemFile(path, "second", 0644, true).ok());
  EXPECT_EQ(ReadPemFile(path).value(), "second");
  // A dangling link is something too.
  ASSERT_EQ(::symlink("/nowhere", (folder_ + "/link").c_str()), 0);
  EXPECT_FALSE(WritePemFile(folder_ + "/link", "x", 0600, false).ok());
  EXPECT_EQ(Entries(), 2U);
}

TEST_F(PemFileTest, LeavesNothingBehindWhenItFails) {
  const std::string taken = folder_ + "/taken";
  std::filesystem::create_directories(taken + "/x");
  EXPECT_FALSE(WritePemFile(taken, "x", 0600, true).ok());
  EXPECT_FALSE(WritePemFile(folder_ + "/no/such/folder", "x", 0600, false).ok());
  EXPECT_EQ(Entries(), 1U);
}

TEST_F(PemFileTest, ReadsOnlyModestRegularFiles) {
  ASSERT_EQ(::mkfifo((folder_ + "/fifo").c_str(), 0600), 0);
  EXPECT_FALSE(ReadPemFile(folder_ + "/fifo").ok());
  EXPECT_FALSE(ReadPemFile(folder_).ok());
  EXPECT_FALSE(ReadPemFile(folder_ + "/none").ok());
  std::ofstream(folder_ + "/huge") << std::string((256 << 10) + 1, 'x');
  EXPECT_FALSE(ReadPemFile(folder_ + "/huge").ok());
}

}  // namespace
}  // namespace madoguchi::crypto
