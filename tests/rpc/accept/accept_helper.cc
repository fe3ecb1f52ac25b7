// A second process for the tests of the accept room.
//   accept_helper call UID SOCKET              becomes UID, asks who it is, prints pid and answer
//   accept_helper serve DESCRIPTORS TOTAL DIR  serves DIR/m.sock and TCP with the files of a
//                                              TestPki in DIR under a limit of descriptors (and at
//                                              most TOTAL connections, 0: as derived); prints
//                                              `ready PORT`, a line of figures for each line it
//                                              reads, and ends with its input
//   accept_helper prove 1.2|1.3 DIR            serves the least version given and prints whether
//                                              its TLS is as promised
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/rpc/accept/server_options.h"
#include "tests/rpc/accept/test_server.h"

namespace madoguchi::rpc {
namespace {

int CallAs(uid_t uid, const std::string& path) {
  if (::getuid() != uid && (::setgid(uid) != 0 || ::setuid(uid) != 0)) return 1;
  const auto channel = grpc::CreateChannel("unix:" + path, grpc::InsecureChannelCredentials());
  std::cout << ::getpid() << " " << Call(channel, "/test/Who").text << std::endl;
  return 0;
}

// Not by /proc: that would need a descriptor.
int OpenDescriptors(int limit) {
  int open = 0;
  for (int fd = 0; fd < limit; ++fd) open += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
  return open;
}

int64_t CpuMilliseconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

TlsFiles FilesIn(const std::string& folder) {
  return {folder + "/server.crt", folder + "/server.key", folder + "/ca.crt"};
}

int Prove(bool tls13_only, const std::string& folder) {
  DropDangerousEnvironment();
  SetTlsCiphers(tls13_only);
  const TestServer server(
      {.tcp_address = "127.0.0.1:0", .tls = TlsIdentity::Load(FilesIn(folder)).value()});
  const absl::Status status = ProveTlsPromises("127.0.0.1", server.room->TcpPort(), tls13_only);
  std::cout << (status.ok() ? "as promised" : status.ToString()) << std::endl;
  return 0;
}

int Serve(int descriptors, int total, const std::string& folder) {
  const rlimit limit{static_cast<rlim_t>(descriptors), static_cast<rlim_t>(descriptors)};
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  RouteGrpcLog();
  AcceptOptions options;
  options.unix_path = folder + "/m.sock";
  options.tcp_address = "127.0.0.1:0";
  options.tls = TlsIdentity::Load(FilesIn(folder)).value();
  if (total > 0) {
    AcceptLimits limits = AcceptLimits::For(descriptors);
    limits.total = total;
    limits.per_owner = total;
    limits.unproven = total;
    options.limits = limits;
  }
  const TestServer server(options);
  std::cout << "ready " << server.room->TcpPort() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const AcceptStatus status = server.room->Status();
    std::cout << absl::StrCat("unix ", status.unix_connections, " tcp ", status.tcp_connections,
                              " accepted ", status.accepted, " refused ", status.refused,
                              " descriptors ", OpenDescriptors(descriptors), " cpu_ms ",
                              CpuMilliseconds())
              << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace madoguchi::rpc

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "call" && argc == 4) {
    return madoguchi::rpc::CallAs(static_cast<uid_t>(std::atoi(argv[2])), argv[3]);
  }
  if (what == "serve" && argc == 5) {
    return madoguchi::rpc::Serve(std::atoi(argv[2]), std::atoi(argv[3]), argv[4]);
  }
  if (what == "prove" && argc == 4) {
    return madoguchi::rpc::Prove(std::string(argv[2]) == "1.3", argv[3]);
  }
  return 2;
}
