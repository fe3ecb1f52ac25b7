#include <grpc/grpc_security.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>
#include <utility>

#include "agent/base/log.h"
#include "agent/rpc/accept/tls.h"

namespace madoguchi::rpc {
namespace {

// gRPC's C core asks a callback for the certificates at each handshake and keeps the ones it has
// when it is given nothing new. The C++ layer of 1.51 does not offer this; its file watcher takes a
// broken or half-written file as the new truth.
class ReloadingCredentials final : public grpc::ServerCredentials {
 public:
  explicit ReloadingCredentials(std::shared_ptr<TlsIdentity> identity)
      : identity_(std::move(identity)),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, Fetch, this))) {}

  ~ReloadingCredentials() override { grpc_server_credentials_release(credentials_); }

  // The house takes identities from the certificate alone.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  // gRPC calls this under a lock of its own, one handshake at a time.
  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    auto* const credentials = static_cast<ReloadingCredentials*>(self);
    const std::shared_ptr<const TlsIdentity::Material> now = credentials->identity_->Current();
    if (now->generation == credentials->given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair{now->key.c_str(), now->certificate.c_str()};
    *config = grpc_ssl_server_certificate_config_create(now->client_ca.c_str(), &pair, 1);
    credentials->given_ = now->generation;
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const std::shared_ptr<TlsIdentity> identity_;
  uint64_t given_ = 0;
  grpc_server_credentials* const credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(
    std::shared_ptr<TlsIdentity> identity) {
  return std::make_shared<ReloadingCredentials>(std::move(identity));
}

}  // namespace madoguchi::rpc
