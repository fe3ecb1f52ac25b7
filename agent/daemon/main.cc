// madoguchid: one daemon per site. This file parses the command line, waits for signals and ends.

#include <pthread.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/daemon/config.h"
#include "agent/daemon/daemon.h"
#include "agent/rpc/accept/accept_room.h"
#include "agent/rpc/accept/server_options.h"
#include "agent/rpc/accept/tls.h"
#include "agent/version.h"

namespace madoguchi::daemon {
namespace {

// Exit codes: 2 for what the technician has to mend, 5 for what failed outside.
constexpr int kUsage = 2;
constexpr int kOutsideFailed = 5;

int Tell(const absl::Status& status) {
  const v1::ErrorDetail detail = *base::DetailOf(status);
  std::cerr << detail.number() << " " << detail.text_en() << '\n'
            << detail.text_ja() << " " << detail.next_step_ja() << '\n';
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
      return kUsage;
    default:
      return kOutsideFailed;
  }
}

// Everything this process must have before its first thread.
sigset_t PrepareProcess() {
  rpc::DropDangerousEnvironment();
  rpc::RouteGrpcLog();
  ::umask(0077);
  rpc::RaiseDescriptorLimit();
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Returns at SIGTERM or SIGINT. SIGHUP is what people send for "read your files again":
// certificates are read again by themselves, the rest of the configuration at a restart.
void WaitForEnd(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0 || signal == SIGHUP) {
    base::LogInfo("hangup_ignored", {{"why", "certificates are taken again by themselves"}});
  }
  base::LogInfo("stopping", {{"signal", std::to_string(signal)}});
}

int Serve(Config config, const sigset_t& signals) {
  rpc::SetTlsCiphers(config.listen.tls13_only);
  Daemon daemon(std::move(config));
  if (const absl::Status status = daemon.Start(); !status.ok()) {
    const int exit = Tell(status);
    std::cerr.flush();
    if (!daemon.Stop()) ::_exit(exit);
    return exit;
  }
  std::cout << "ready " << daemon.Listeners() << std::endl;
  sd_notify(0, "READY=1");
  WaitForEnd(signals);
  sd_notify(0, "STOPPING=1");
  if (!daemon.Stop()) {
    // A thread that hangs in a dead share or reader cannot be joined; everything is on disk by now.
    base::LogWarning("left_a_hanging_thread");
    ::_exit(EXIT_SUCCESS);
  }
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  const sigset_t signals = PrepareProcess();
  CLI::App app{"madoguchid: serves the receptions of one site to its systems"};
  app.set_version_flag("--version", std::string("madoguchid ") + kVersion);
  std::string path;
  bool check = false;
  app.add_option("--config", path, "the site's configuration (madoguchi.toml)")->required();
  app.add_flag("--check", check, "read the configuration, say whether it is good, and end");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
  auto config = LoadConfig(path);
  if (!config.ok()) return Tell(config.status());
  if (check) {
    std::cout << path << ": good (" << config->terminals.size() << " terminals, "
              << config->clients.size() << " clients)\n";
    return EXIT_SUCCESS;
  }
  return Serve(*std::move(config), signals);
}

}  // namespace
}  // namespace madoguchi::daemon

int main(int argc, char** argv) { return madoguchi::daemon::Main(argc, argv); }
