#ifndef MADOGUCHI_AGENT_RPC_ACCEPT_TLS_H_
#define MADOGUCHI_AGENT_RPC_ACCEPT_TLS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace grpc {
class ServerCredentials;
}

namespace madoguchi::rpc {

struct TlsFiles {
  // PEM. The server's certificate (with intermediates, if any), its key, and the CA that signs the
  // certificates of clients.
  std::string certificate;
  std::string key;
  std::string client_ca;
};

// What the server shows and whom it believes, taken again from the files when they change. A new
// set of files is used only when certificate, key and CA fit each other and are valid now: until
// then the old ones go on. Thread-safe.
class TlsIdentity {
 public:
  struct Material {
    std::string certificate;
    std::string key;
    std::string client_ca;
    // Grows with each accepted change.
    uint64_t generation = 0;
    absl::Time not_after;
  };

  // MDG-1801 naming the file when something does not fit.
  static absl::StatusOr<std::shared_ptr<TlsIdentity>> Load(TlsFiles files);

  // Reads the files again. An error leaves the old material in use.
  absl::Status Reload();
  // Reload when a file's time, size or inode changed since the last try; logs what it did.
  void ReloadIfChanged();
  // The end of the server certificate in use.
  absl::Time NotAfter() const;
  // OK, or why the files as they are now are not in use (for status).
  absl::Status LastReload() const;
  std::shared_ptr<const Material> Current() const;

 private:
  explicit TlsIdentity(TlsFiles files);
  std::string Stamp() const;

  const TlsFiles files_;
  mutable absl::Mutex mu_;
  std::shared_ptr<const Material> material_ ABSL_GUARDED_BY(mu_);
  std::string stamp_ ABSL_GUARDED_BY(mu_);
  absl::Status last_reload_ ABSL_GUARDED_BY(mu_);
};

// Mutual TLS 1.2 (ECDHE with AEAD) and 1.3: a client without a certificate of the CA is refused in
// the handshake. Each new connection uses the identity's material of that moment. nullptr when gRPC
// refuses the material.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(
    std::shared_ptr<TlsIdentity> identity);

// With `tls13_only`, gRPC offers TLS 1.2 no cipher that fits the certificate, which must be ECDSA
// (CheckTls13Only). gRPC 1.51 has no setting for the version and reads the ciphers once for the
// process: after DropDangerousEnvironment, before any thread and before gRPC is used.
void SetTlsCiphers(bool tls13_only);
// MDG-1801 unless the certificate in use has an elliptic-curve key.
absl::Status CheckTls13Only(const TlsIdentity& identity);

// Connects to the listener as a stranger would and proves what was promised: TLS 1.1 refused,
// TLS 1.2 refused or taken as `tls13_only` says, nothing said to a client without a certificate.
// `port` on `host` (an IP address; a wildcard is tried on loopback). At most `within` in all.
// The server must be running. MDG-1801 says what is not as promised.
absl::Status ProveTlsPromises(const std::string& host, int port, bool tls13_only,
                              absl::Duration within = absl::Seconds(5));

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_AGENT_RPC_ACCEPT_TLS_H_
