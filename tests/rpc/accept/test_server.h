#ifndef MADOGUCHI_TESTS_RPC_ACCEPT_TEST_SERVER_H_
#define MADOGUCHI_TESTS_RPC_ACCEPT_TEST_SERVER_H_

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/crypto/pki.h"
#include "agent/rpc/accept/accept_room.h"
#include "agent/rpc/accept/tls.h"

namespace madoguchi::rpc {

// A folder that is removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  // Others may pass through.
  void LetOthersIn() const;

 private:
  std::string path_;
};

// A site's CA, server certificate and clients, as files in a folder.
class TestPki {
 public:
  explicit TestPki(const TemporaryFolder& folder);

  TlsFiles Files() const { return files_; }
  // A new certificate of the same CA under the running server's paths.
  void RenewServer();
  crypto::KeyPair Client(const std::string& name) const;
  std::shared_ptr<grpc::ChannelCredentials> Credentials(const crypto::KeyPair& client) const;
  // Without a certificate.
  std::shared_ptr<grpc::ChannelCredentials> Anonymous() const;
  const crypto::KeyPair& ca() const { return ca_; }

 private:
  crypto::KeyPair ca_;
  TlsFiles files_;
};

// /test/Who answers who is calling (`uid 1000 pid 77`, `cn emr`, `nobody`), /test/Hold answers when
// it is cancelled, /test/Echo answers `ok`.
class TestService final : public grpc::CallbackGenericService {
 public:
  explicit TestService(const PeerDirectory* directory) : directory_(directory) {}
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

  std::atomic<int> held{0};

 private:
  const PeerDirectory* directory_;
};

// The accept room with a server behind it. Members are public: tests look into them.
struct TestServer {
  explicit TestServer(AcceptOptions options);
  ~TestServer();

  std::shared_ptr<grpc::Channel> Unix() const;
  std::shared_ptr<grpc::Channel> Tcp(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials) const;

  std::unique_ptr<AcceptRoom> room;
  std::unique_ptr<TestService> service;
  std::unique_ptr<grpc::Server> server;
};

struct Answer {
  grpc::Status status;
  std::string text;
};
// One call; fails after `within`.
Answer Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
            absl::Duration within = absl::Seconds(5));

// Waits without sleeping until `done` or the deadline; true when done.
template <typename Condition>
bool Until(Condition done, absl::Duration within = absl::Seconds(10)) {
  const absl::Time end = absl::Now() + within;
  absl::Mutex mu;
  absl::CondVar cv;
  while (!done()) {
    if (absl::Now() > end) return false;
    const absl::MutexLock lock(&mu);
    cv.WaitWithTimeout(&mu, absl::Milliseconds(5));
  }
  return true;
}

// A connected socket, or -1. Non-blocking connects are not needed: the queues are long.
int ConnectUnix(const std::string& path);
int ConnectTcp(int port);
// True when the other side closes `fd` within `within`.
bool ClosedByPeer(int fd, absl::Duration within);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_TESTS_RPC_ACCEPT_TEST_SERVER_H_
