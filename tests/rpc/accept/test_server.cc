#include "tests/rpc/accept/test_server.h"

#include <arpa/inet.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "agent/rpc/accept/server_options.h"
#include "gtest/gtest.h"

namespace madoguchi::rpc {
namespace {

void Write(const std::string& path, const std::string& contents) {
  ASSERT_TRUE(crypto::WritePemFile(path, contents, 0600, true).ok());
}

crypto::KeyPair Server(const crypto::KeyPair& ca) {
  return crypto::IssueServer(ca, "server", {.dns = {"localhost"}, .ip = {"127.0.0.1", "::1"}},
                             absl::Now())
      .value();
}

grpc::ByteBuffer Bytes(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

std::string Text(const grpc::ByteBuffer& bytes) {
  std::vector<grpc::Slice> slices;
  if (!bytes.Valid() || !bytes.Dump(&slices).ok()) return "";
  std::string text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

std::string Describe(const std::optional<Peer>& peer) {
  if (!peer.has_value()) return "nobody";
  if (peer->kind == Peer::Kind::kTls) return absl::StrCat("cn ", peer->common_name);
  return absl::StrCat("uid ", peer->uid, " pid ", peer->pid);
}

class Replier final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Replier(const std::string& text) : reply_(Bytes(text)) { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish({grpc::StatusCode::INTERNAL, "no message"});
    StartWriteAndFinish(&reply_, {}, grpc::Status::OK);
  }
  void OnDone() override { delete this; }

 private:
  grpc::ByteBuffer request_;
  grpc::ByteBuffer reply_;
};

class Holder final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Holder(std::atomic<int>& held) : held_(held) { ++held_; }
  void OnCancel() override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override {
    --held_;
    delete this;
  }

 private:
  std::atomic<int>& held_;
};

}  // namespace

TemporaryFolder::TemporaryFolder() {
  char name[] = "/tmp/accept_testXXXXXX";
  path_ = ::mkdtemp(name);
}

TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

void TemporaryFolder::LetOthersIn() const { ::chmod(path_.c_str(), 0711); }

TestPki::TestPki(const TemporaryFolder& folder)
    : ca_(crypto::MakeCa("test-ca", absl::Now()).value()),
      files_{folder / "server.crt", folder / "server.key", folder / "ca.crt"} {
  Write(files_.client_ca, ca_.certificate);
  RenewServer();
}

void TestPki::RenewServer() {
  const crypto::KeyPair server = Server(ca_);
  Write(files_.key, server.key);
  Write(files_.certificate, server.certificate);
}

crypto::KeyPair TestPki::Client(const std::string& name) const {
  return crypto::IssueClient(ca_, name, absl::Now()).value();
}

std::shared_ptr<grpc::ChannelCredentials> TestPki::Credentials(
    const crypto::KeyPair& client) const {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ca_.certificate;
  options.pem_private_key = client.key;
  options.pem_cert_chain = client.certificate;
  return grpc::SslCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> TestPki::Anonymous() const {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ca_.certificate;
  return grpc::SslCredentials(options);
}

grpc::ServerGenericBidiReactor* TestService::CreateReactor(
    grpc::GenericCallbackServerContext* context) {
  if (context->method() == "/test/Hold") return new Holder(held);
  if (context->method() == "/test/Who") return new Replier(Describe(directory_->Find(*context)));
  return new Replier("ok");
}

TestServer::TestServer(AcceptOptions options) {
  room = AcceptRoom::Open(std::move(options)).value();
  service = std::make_unique<TestService>(room.get());
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SafeServerBuilderOptions(builder);
  room->Attach(builder);
  builder.RegisterCallbackGenericService(service.get());
  server = builder.BuildAndStart();
  EXPECT_TRUE(room->Start(server.get()).ok());
}

TestServer::~TestServer() {
  room->StopListening();
  room->CutAll();
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
  room->Stop();
  server.reset();
}

std::shared_ptr<grpc::Channel> TestServer::Unix() const {
  grpc::ChannelArguments arguments;
  // Each channel has a connection of its own.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("unix:" + room->UnixPath(), grpc::InsecureChannelCredentials(),
                                   arguments);
}

std::shared_ptr<grpc::Channel> TestServer::Tcp(
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(room->TcpAddress(), credentials, arguments);
}

Answer Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
            absl::Duration within) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + within));
  const grpc::ByteBuffer request = Bytes("");
  grpc::ByteBuffer reply;
  Answer answer;
  absl::Notification done;
  stub.UnaryCall(&context, method, {}, &request, &reply, [&](grpc::Status status) {
    answer.status = std::move(status);
    done.Notify();
  });
  done.WaitForNotification();
  answer.text = Text(reply);
  return answer;
}

int ConnectUnix(const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    return fd;
  }
  if (fd >= 0) ::close(fd);
  return -1;
}

int ConnectTcp(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    return fd;
  }
  if (fd >= 0) ::close(fd);
  return -1;
}

bool ClosedByPeer(int fd, absl::Duration within) {
  const absl::Time end = absl::Now() + within;
  char buffer[4096];
  while (absl::Now() < end) {
    pollfd wait{fd, POLLIN, 0};
    const int ready =
        ::poll(&wait, 1, static_cast<int>(absl::ToInt64Milliseconds(end - absl::Now())));
    if (ready == 1 && ::recv(fd, buffer, sizeof(buffer), 0) <= 0) return true;
  }
  return false;
}

}  // namespace madoguchi::rpc
