#include "agent/rpc/accept/tls.h"

#include <grpcpp/grpcpp.h>

#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "gtest/gtest.h"
#include "tests/rpc/accept/helper_process.h"
#include "tests/rpc/accept/test_server.h"

namespace madoguchi::rpc {
namespace {

using base::ErrorCode;

class TlsTest : public testing::Test {
 protected:
  AcceptOptions Options() const {
    return {.tcp_address = "127.0.0.1:0", .tls = identity_, .reload_every = absl::Hours(1)};
  }
  grpc::StatusCode CodeOf(const TestServer& server,
                          const std::shared_ptr<grpc::ChannelCredentials>& credentials) const {
    return Call(server.Tcp(credentials), "/test/Echo").status.error_code();
  }

  TemporaryFolder folder_;
  TestPki pki_{folder_};
  std::shared_ptr<TlsIdentity> identity_ = TlsIdentity::Load(pki_.Files()).value();
};

TEST_F(TlsTest, TheCommonNameIsTheIdentity) {
  const TestServer server(Options());
  EXPECT_EQ(Call(server.Tcp(pki_.Credentials(pki_.Client("emr-1"))), "/test/Who").text, "cn emr-1");
  EXPECT_EQ(Call(server.Tcp(pki_.Credentials(pki_.Client("emr-2"))), "/test/Who").text, "cn emr-2");
}

TEST_F(TlsTest, RefusesWhoeverIsNotAClientOfTheSite) {
  const TestServer server(Options());
  const absl::Time now = absl::Now();
  // Control: a client of the site is taken.
  ASSERT_EQ(CodeOf(server, pki_.Credentials(pki_.Client("emr-1"))), grpc::StatusCode::OK);

  EXPECT_EQ(CodeOf(server, pki_.Anonymous()), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(CodeOf(server, grpc::InsecureChannelCredentials()), grpc::StatusCode::UNAVAILABLE);
  // The same names, but another CA.
  const crypto::KeyPair foreign_ca = crypto::MakeCa("test-ca", now).value();
  EXPECT_EQ(CodeOf(server, pki_.Credentials(crypto::IssueClient(foreign_ca, "emr-1", now).value())),
            grpc::StatusCode::UNAVAILABLE);
  // A server certificate of the site is no client's, and a certificate that has ended is none.
  const crypto::KeyPair other_server =
      crypto::IssueServer(pki_.ca(), "emr-1", {.dns = {"emr-1"}, .ip = {}}, now).value();
  EXPECT_EQ(CodeOf(server, pki_.Credentials(other_server)), grpc::StatusCode::UNAVAILABLE);
  const crypto::KeyPair ended =
      crypto::IssueClient(pki_.ca(), "emr-1", now - absl::Hours(50), 1).value();
  EXPECT_EQ(CodeOf(server, pki_.Credentials(ended)), grpc::StatusCode::UNAVAILABLE);
  // The client may give up before the server has seen the end of its connection.
  EXPECT_TRUE(Until([&] { return server.room->Status().unproven == 0; }));
}

TEST_F(TlsTest, TakesNewFilesWithoutARestart) {
  AcceptOptions options = Options();
  options.reload_every = absl::Milliseconds(20);
  const TestServer server(options);
  const auto old_client = pki_.Credentials(pki_.Client("emr-1"));
  const auto old_channel = server.Tcp(old_client);
  ASSERT_TRUE(Call(old_channel, "/test/Echo").status.ok());

  // Another CA, and all that belongs to it, under the same paths.
  const TestPki renewed(folder_);
  ASSERT_TRUE(Until([&] {
    return identity_->LastReload().ok() && identity_->Current()->generation > 1 &&
           CodeOf(server, renewed.Credentials(renewed.Client("emr-9"))) == grpc::StatusCode::OK;
  }));
  EXPECT_NE(CodeOf(server, old_client), grpc::StatusCode::OK);
  // Whoever is connected stays connected.
  EXPECT_TRUE(Call(old_channel, "/test/Echo").status.ok());
}

TEST_F(TlsTest, BrokenFilesDoNotTakeTheRunningOnesDown) {
  const TestServer server(Options());
  const auto client = pki_.Credentials(pki_.Client("emr-1"));
  const TlsFiles files = pki_.Files();
  const std::string good = crypto::ReadPemFile(files.certificate).value();
  const auto write = [](const std::string& path, const std::string& contents) {
    std::ofstream(path, std::ios::trunc) << contents;
  };
  const std::string other = crypto::MakeCa("other", absl::Now()).value().certificate;
  for (const std::string& broken : {std::string(), good.substr(0, good.size() / 2), other}) {
    write(files.certificate, broken);
    identity_->ReloadIfChanged();
    EXPECT_TRUE(base::Is(identity_->LastReload(), ErrorCode::kCertificateProblem));
    const std::string file = base::DetailOf(identity_->LastReload())->field();
    EXPECT_TRUE(file == files.certificate || file == files.key) << identity_->LastReload();
    EXPECT_EQ(CodeOf(server, client), grpc::StatusCode::OK);
  }
  write(files.certificate, good);
  identity_->ReloadIfChanged();
  EXPECT_TRUE(identity_->LastReload().ok());
  ASSERT_EQ(::unlink(files.key.c_str()), 0);
  identity_->ReloadIfChanged();
  EXPECT_EQ(base::DetailOf(identity_->LastReload())->field(), files.key);
  EXPECT_EQ(CodeOf(server, client), grpc::StatusCode::OK);
}

TEST_F(TlsTest, LoadingNamesTheFile) {
  TlsFiles files = pki_.Files();
  files.key = folder_ / "ca.crt";
  const absl::Status status = TlsIdentity::Load(files).status();
  EXPECT_TRUE(base::Is(status, ErrorCode::kCertificateProblem));
  EXPECT_EQ(base::DetailOf(status)->field(), files.key);
  EXPECT_GT(identity_->NotAfter(), absl::Now() + absl::Hours(24 * 700));
}

TEST_F(TlsTest, ProvesWhatTheServerPromises) {
  const TestServer server(Options());
  EXPECT_TRUE(ProveTlsPromises("127.0.0.1", server.room->TcpPort(), false).ok())
      << ProveTlsPromises("127.0.0.1", server.room->TcpPort(), false);
  EXPECT_TRUE(ProveTlsPromises("0.0.0.0", server.room->TcpPort(), false).ok());
  // Controls: a promise that is not kept is found.
  const absl::Status only_13 = ProveTlsPromises("127.0.0.1", server.room->TcpPort(), true);
  EXPECT_TRUE(absl::StrContains(only_13.message(), "TLS 1.2 is not refused")) << only_13;
}

TEST_F(TlsTest, TheProofFindsAServerThatTakesAnybody) {
  grpc::SslServerCredentialsOptions lax(GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  lax.pem_key_cert_pairs.push_back({identity_->Current()->key, identity_->Current()->certificate});
  int port = 0;
  TestService service(nullptr);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(lax), &port);
  builder.RegisterCallbackGenericService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const absl::Status status = ProveTlsPromises("127.0.0.1", port, false);
  EXPECT_TRUE(absl::StrContains(status.message(), "without a certificate is answered")) << status;
}

TEST_F(TlsTest, TheProofNeedsAListener) {
  EXPECT_FALSE(ProveTlsPromises("127.0.0.1", 1, false).ok());
  EXPECT_FALSE(ProveTlsPromises("localhost", 1, false).ok());
}

// gRPC reads its ciphers once for a process, so each case has its own.
TEST_F(TlsTest, CanBeTls13Only) {
  EXPECT_TRUE(CheckTls13Only(*identity_).ok());
  for (const std::string versions : {"1.3", "1.2"}) {
    HelperProcess helper({"prove", versions, folder_ / ""});
    EXPECT_EQ(helper.ReadLine(), "as promised") << versions;
    EXPECT_EQ(helper.Finish(), 0);
  }
}

}  // namespace
}  // namespace madoguchi::rpc
