#include <poll.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <vector>

#include "adapters/adapter/commands.h"
#include "adapters/adapter/config.h"
#include "adapters/route/runner.h"
#include "adapters/route/state_folder.h"
#include "agent/base/clock.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/client/channel.h"
#include "agent/crypto/digest.h"

namespace madoguchi::adapters {
namespace {

using Runners = std::vector<std::unique_ptr<Runner>>;

absl::StatusOr<Runners> MakeRunners(AdapterConfig& config, const RunOptions& options,
                                    const crypto::KeyedHash& hash, base::Clock& clock) {
  const auto channel = client::Dial(config.daemon);
  if (!channel.ok()) return channel.status();
  Runners runners;
  for (Route& route : config.routes) {
    auto state = LoadState(config.state_dir, route.name);
    if (!state.ok()) return state.status();
    if (options.from_today) state->clear_cursor();
    runners.push_back(std::make_unique<Runner>(std::move(route), config.state_dir, *state, *channel,
                                               hash, clock));
  }
  return runners;
}

void DoAsks(const Runners& runners, const std::string& folder) {
  for (const Ask& ask : TakeAsks(folder)) {
    for (const auto& runner : runners) {
      if (runner->name() != ask.route) continue;
      const int count = runner->Do(ask);
      base::LogInfo(ask.kind == Ask::Kind::kResend ? "resend" : "drop",
                    {{"route", ask.route}, {"records", std::to_string(count)}});
    }
  }
}

// Until a signal comes; what people leave in the state folder meanwhile is done.
void Wait(const Runners& runners, const std::string& folder, const sigset_t& signals) {
  const int signal_fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
  const int folder_fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  ::inotify_add_watch(folder_fd, folder.c_str(), IN_MOVED_TO);
  DoAsks(runners, folder);
  while (true) {
    std::array<pollfd, 2> waits = {{{.fd = signal_fd, .events = POLLIN, .revents = 0},
                                    {.fd = folder_fd, .events = POLLIN, .revents = 0}}};
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;
    if ((waits[1].revents & POLLIN) != 0) {
      std::array<char, 8192> events = {};
      while (::read(folder_fd, events.data(), events.size()) > 0) {
      }
      DoAsks(runners, folder);
    }
    if ((waits[0].revents & POLLIN) == 0) continue;
    signalfd_siginfo signal = {};
    if (::read(signal_fd, &signal, sizeof signal) != sizeof signal) continue;
    if (signal.ssi_signo != SIGHUP) break;
    base::LogInfo("hangup_ignored", {{"why", "the configuration is read at a start"}});
  }
  ::close(signal_fd);
  ::close(folder_fd);
}

}  // namespace

int Run(const RunOptions& options, const sigset_t& signals) {
  auto config = LoadConfig(options.config);
  if (!config.ok()) return Tell(config.status());
  const auto lock = StateLock::Take(config->state_dir);
  if (!lock.ok()) return Tell(lock.status());
  const auto hash = crypto::KeyedHash::LoadOrCreate(config->state_dir + "/hash.key");
  if (!hash.ok()) return Tell(hash.status());
  base::SystemClock clock;
  const auto runners = MakeRunners(*config, options, *hash, clock);
  if (!runners.ok()) return Tell(runners.status());
  for (const auto& runner : *runners) runner->Start();
  std::cout << "ready " << runners->size() << " routes" << std::endl;
  sd_notify(0, "READY=1");
  Wait(*runners, config->state_dir, signals);
  sd_notify(0, "STOPPING=1");
  base::LogInfo("stopping");
  for (const auto& runner : *runners) runner->Stop();
  return EXIT_SUCCESS;
}

}  // namespace madoguchi::adapters
