#include "agent/crypto/pem.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "agent/base/bounded_file.h"
#include "agent/base/error.h"
#include "agent/crypto/digest.h"

namespace madoguchi::crypto {
namespace {

using base::ErrorCode;

constexpr size_t kMostPemBytes = 256 << 10;

absl::Status FileError(absl::string_view what, const std::string& path) {
  return CertificateProblem(absl::StrCat(what, ": ", std::strerror(errno)), path);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

// A BIO that reads `text` in place.
BioPtr Reader(absl::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask the terminal for a password.
int NoPassword(char*, int, int, void*) { return -1; }

bool WriteAll(int fd, absl::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = ::write(fd, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    contents.remove_prefix(static_cast<size_t>(written));
  }
  return ::fsync(fd) == 0;
}

// Gives `from` the name `to`, which must be free. link(2) serves file systems without
// RENAME_NOREPLACE.
bool RenameToFree(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  if (::link(from.c_str(), to.c_str()) != 0) return false;
  ::unlink(from.c_str());
  return true;
}

void SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) ::fsync(fd.get());
}

bool ValidAt(X509* certificate, absl::Time now) {
  auto seconds = static_cast<time_t>(absl::ToUnixSeconds(now));
  return X509_cmp_time(X509_get0_notBefore(certificate), &seconds) < 0 &&
         X509_cmp_time(X509_get0_notAfter(certificate), &seconds) > 0;
}

absl::Status CheckClientCa(absl::string_view pem, absl::Time now, const std::string& name) {
  const std::vector<X509Ptr> all = ParseCertificates(pem);
  if (all.empty()) return CertificateProblem("there is no readable PEM certificate of a CA", name);
  bool one_valid = false;
  for (const X509Ptr& ca : all) {
    if (X509_check_ca(ca.get()) != 1)
      return CertificateProblem("a certificate is not a CA's", name);
    one_valid = one_valid || ValidAt(ca.get(), now);
  }
  if (!one_valid)
    return CertificateProblem("no CA certificate is valid now; check the clock", name);
  return absl::OkStatus();
}

}  // namespace

absl::Status CertificateProblem(std::string what, std::string field) {
  return base::MakeError(ErrorCode::kCertificateProblem,
                         {.what = std::move(what), .field = std::move(field)});
}

std::string BioText(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<size_t>(size)) : std::string();
}

absl::StatusOr<KeyPair> ToPem(X509* certificate, EVP_PKEY* key) {
  const BioPtr certificate_out(BIO_new(BIO_s_mem()));
  // Wiped when it is freed.
  const BioPtr key_out(BIO_new(BIO_s_secmem()));
  if (certificate_out == nullptr || key_out == nullptr ||
      PEM_write_bio_X509(certificate_out.get(), certificate) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) !=
          1) {
    return base::MakeError(ErrorCode::kCryptoFailed, {.what = "writing PEM"});
  }
  return KeyPair{BioText(certificate_out.get()), BioText(key_out.get())};
}

X509Ptr ParseCertificate(absl::string_view pem) {
  const BioPtr in = Reader(pem);
  X509Ptr certificate(PEM_read_bio_X509(in.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  return certificate;
}

PkeyPtr ParseKey(absl::string_view pem) {
  const BioPtr in = Reader(pem);
  PkeyPtr key(PEM_read_bio_PrivateKey(in.get(), nullptr, NoPassword, nullptr));
  ERR_clear_error();
  return key;
}

std::vector<X509Ptr> ParseCertificates(absl::string_view pem) {
  const BioPtr in = Reader(pem);
  std::vector<X509Ptr> all;
  while (X509* certificate = PEM_read_bio_X509(in.get(), nullptr, NoPassword, nullptr)) {
    all.emplace_back(certificate);
  }
  // The end shows as "no start line"; any other reason is a broken certificate.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) all.clear();
  return all;
}

absl::Status WritePemFile(const std::string& path, absl::string_view contents, mode_t mode,
                          bool overwrite) {
  struct stat there {};
  if (!overwrite && ::lstat(path.c_str(), &there) == 0) {
    return CertificateProblem("the file exists and is not overwritten unless asked to", path);
  }
  const std::string temporary = absl::StrCat(path, ".", NewId(absl::Now()).substr(24), ".new");
  {
    const Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (fd.get() < 0) return FileError("cannot be made", path);
    if (!WriteAll(fd.get(), contents) || ::fchmod(fd.get(), mode) != 0) {
      absl::Status error = FileError("cannot be written", path);
      ::unlink(temporary.c_str());
      return error;
    }
  }
  const bool named =
      overwrite ? ::rename(temporary.c_str(), path.c_str()) == 0 : RenameToFree(temporary, path);
  if (!named) {
    absl::Status error = FileError("cannot be given its name", path);
    ::unlink(temporary.c_str());
    return error;
  }
  SyncFolderOf(path);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadPemFile(const std::string& path) {
  base::FileContents file = base::ReadBoundedFile(path, kMostPemBytes);
  errno = file.error;
  switch (file.fault) {
    case base::FileFault::kNone:
      return std::move(file.bytes);
    case base::FileFault::kCannotOpen:
      return FileError("cannot be opened", path);
    case base::FileFault::kNotRegular:
      return CertificateProblem("is not a regular file", path);
    case base::FileFault::kCannotRead:
      return FileError("cannot be read", path);
    case base::FileFault::kTooLarge:
      break;
  }
  return CertificateProblem("is larger than 256 KB", path);
}

absl::StatusOr<absl::Time> NotAfter(absl::string_view certificate) {
  const X509Ptr parsed = ParseCertificate(certificate);
  struct tm end {};
  if (parsed == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(parsed.get()), &end) != 1) {
    return CertificateProblem("there is no readable PEM certificate", "certificate");
  }
  return absl::FromTM(end, absl::UTCTimeZone());
}

absl::StatusOr<bool> HasEllipticKey(absl::string_view certificate) {
  const X509Ptr parsed = ParseCertificate(certificate);
  if (parsed == nullptr)
    return CertificateProblem("there is no readable PEM certificate", "certificate");
  return EVP_PKEY_is_a(X509_get0_pubkey(parsed.get()), "EC") == 1;
}

absl::Status CheckKeyPair(absl::string_view certificate, absl::string_view key,
                          absl::string_view ca, absl::Time now, const KeyPairNames& names) {
  const std::vector<X509Ptr> chain = ParseCertificates(certificate);
  if (chain.empty())
    return CertificateProblem("there is no readable PEM certificate", names.certificate);
  X509* const leaf = chain.front().get();
  const PkeyPtr parsed_key = ParseKey(key);
  if (parsed_key == nullptr)
    return CertificateProblem("there is no readable unencrypted PEM key", names.key);
  if (X509_check_private_key(leaf, parsed_key.get()) != 1) {
    return CertificateProblem("the key does not belong to the certificate", names.key);
  }
  if (!ValidAt(leaf, now)) {
    return CertificateProblem("the certificate is not valid now; check its dates and the clock",
                              names.certificate);
  }
  if (X509_check_purpose(leaf, X509_PURPOSE_SSL_SERVER, 0) != 1) {
    return CertificateProblem(
        "the certificate is not meant for a TLS server (extended key usage serverAuth)",
        names.certificate);
  }
  return CheckClientCa(ca, now, names.ca);
}

}  // namespace madoguchi::crypto
