#ifndef MADOGUCHI_AGENT_CRYPTO_PKI_H_
#define MADOGUCHI_AGENT_CRYPTO_PKI_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// A small certificate authority for one site: ECDSA P-256 with SHA-256, X.509 version 3
// (RFC 5280). Pure functions except WritePemFile and ReadPemFile; thread-safe. Errors: MDG-1801 for
// what was asked or given, MDG-1802 when OpenSSL fails. No error holds key material.
namespace madoguchi::crypto {

// A certificate and its unencrypted PKCS#8 key, both PEM.
struct KeyPair {
  std::string certificate;
  std::string key;
};

inline constexpr int kCaDays = 3650;
inline constexpr int kLeafDays = 730;

// OK for 1 to 64 of [A-Za-z0-9._-], not beginning with a dot or dash: safe as a common name and as
// a file name.
absl::Status CheckPkiName(absl::string_view name);

// A self-signed CA that can sign end certificates only (path length 0). `now`: the wall clock;
// validity begins an hour before it, because the clocks of a site differ. `days`: 1 to 7,300.
absl::StatusOr<KeyPair> MakeCa(absl::string_view name, absl::Time now, int days = kCaDays);

struct ServerNames {
  // At least one in all. DNS names of letters, digits, dash and dot; IPv4 or IPv6 in text.
  std::vector<std::string> dns;
  std::vector<std::string> ip;
};
// A server certificate of `ca` (EKU serverAuth); ends with the CA at the latest. `days`: 1 to
// 3,650.
absl::StatusOr<KeyPair> IssueServer(const KeyPair& ca, absl::string_view name,
                                    const ServerNames& names, absl::Time now, int days = kLeafDays);
// A client certificate of `ca` (EKU clientAuth) whose common name is `name`: the name a [[client]]
// of the configuration has.
absl::StatusOr<KeyPair> IssueClient(const KeyPair& ca, absl::string_view name, absl::Time now,
                                    int days = kLeafDays);

// Key, certificate and CA as PKCS#12 (DER), for Windows. Uses PBE-SHA1-3DES and a SHA-1 MAC: what
// every Windows imports (AES with SHA-256 needs Windows 10 1709 / Server 2019). That is weak
// against guessing, so the password must not be guessable: at least 12 bytes of printable ASCII.
absl::StatusOr<std::string> MakePfx(const KeyPair& pair, absl::string_view ca_certificate,
                                    absl::string_view password);
// 24 letters and digits without look-alikes, about 118 bits.
std::string GeneratePassword();

// Writes `contents` under another name first, syncs, then gives it its name; an existing file is
// replaced only with `overwrite`. `mode`: 0600 for keys and PFX, 0644 for certificates.
absl::Status WritePemFile(const std::string& path, absl::string_view contents, mode_t mode,
                          bool overwrite);
// At most 256 KB, regular files only.
absl::StatusOr<std::string> ReadPemFile(const std::string& path);

// When the first certificate in `certificate` ends.
absl::StatusOr<absl::Time> NotAfter(absl::string_view certificate);
// True when the first certificate has an elliptic-curve key.
absl::StatusOr<bool> HasEllipticKey(absl::string_view certificate);

// What the three parts are called in errors, such as their files.
struct KeyPairNames {
  std::string certificate = "certificate";
  std::string key = "key";
  std::string ca = "client_ca";
};
// OK when `key` is the key of the first certificate, that certificate is valid at `now` and may
// serve TLS, and `ca` holds at least one CA certificate, all of them readable and one valid at
// `now`. The server certificate itself may come from any CA. `field` of the error: the name of the
// part.
absl::Status CheckKeyPair(absl::string_view certificate, absl::string_view key,
                          absl::string_view ca, absl::Time now, const KeyPairNames& names = {});

}  // namespace madoguchi::crypto

#endif  // MADOGUCHI_AGENT_CRYPTO_PKI_H_
