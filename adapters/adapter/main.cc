// madoguchi-adapter: delivers records to systems that do not speak gRPC. This file only parses;
// each command is a function of commands.h.

#include <pthread.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <string>

#include "adapters/adapter/commands.h"
#include "agent/version.h"

namespace madoguchi::adapters {
namespace {

// Everything the command line can say, and the command it chose.
struct CommandLine {
  std::string config = "/etc/madoguchi/adapter.toml";
  RunOptions run;
  CheckOptions check;
  StatusOptions status;
  ResendOptions resend;
  NewOptions fresh;
  std::string route;
  std::function<int()> command;
};

// Signals are for whoever waits for them, in no thread that comes later.
sigset_t BlockSignals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void AddCommands(CLI::App& app, CommandLine& line, const sigset_t& signals) {
  CLI::App* check = app.add_subcommand("check", "look whether everything is right and reachable");
  check->add_option("--reception", line.check.reception_id,
                    "show what each route would send of this reception");
  check->add_flag("--file-only", line.check.file_only, "only the file: reach nothing");
  check->callback([&line] { line.command = [&line] { return Check(line.check); }; });

  CLI::App* test = app.add_subcommand("test", "send a marked fictional patient by one route");
  test->add_option("route", line.route, "its name")->required();
  test->callback([&line] { line.command = [&line] { return Test(line.config, line.route); }; });

  CLI::App* status = app.add_subcommand("status", "what is delivered, waits, is parked, and why");
  status->add_flag("--watch", line.status.watch, "again whenever something changes");
  status->add_flag("--json", line.status.json, "a line of JSON for each route");
  status->callback([&line, &signals] {
    line.command = [&line, &signals] { return Status(line.status, signals); };
  });

  CLI::App* resend = app.add_subcommand("resend", "let what is parked have its turn again");
  resend->add_option("route", line.resend.route, "the route")->required();
  auto* which = resend->add_option("reception", line.resend.reception_id, "one reception");
  resend->add_flag("--all", line.resend.all, "everything that is parked")->excludes(which);
  resend->callback([&line] { line.command = [&line] { return Resend(line.resend); }; });

  CLI::App* drop = app.add_subcommand("drop", "give up what is parked of one reception");
  drop->add_option("route", line.resend.route, "the route")->required();
  drop->add_option("reception", line.resend.reception_id, "the reception")->required();
  drop->callback([&line] {
    line.resend.drop = true;
    line.command = [&line] { return Resend(line.resend); };
  });

  CLI::App* fresh = app.add_subcommand("new", "ask, and write a configuration");
  fresh->add_option("--output", line.fresh.output, "where to; - is standard output")->required();
  fresh->add_option("--answer", line.fresh.answers, "KEY=VALUE: what would be answered");
  fresh->add_flag("--defaults", line.fresh.defaults, "ask nothing");
  fresh->callback([&line] { line.command = [&line] { return New(line.fresh); }; });
}

int Main(int argc, char** argv) {
  const sigset_t signals = BlockSignals();
  CommandLine line;
  CLI::App app{"madoguchi-adapter: delivers records to systems that do not speak gRPC"};
  app.set_version_flag("--version", std::string("madoguchi-adapter ") + kVersion);
  app.add_option("--config", line.config, "the configuration (adapter.toml)")
      ->capture_default_str();
  app.add_flag("--from-today", line.run.from_today,
               "forget where the routes were, and begin with today's receptions");
  app.require_subcommand(0, 1);
  app.fallthrough();
  AddCommands(app, line, signals);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
  }
  for (std::string* config :
       {&line.run.config, &line.check.config, &line.status.config, &line.resend.config}) {
    *config = line.config;
  }
  return line.command ? line.command() : Run(line.run, signals);
}

}  // namespace
}  // namespace madoguchi::adapters

int main(int argc, char** argv) { return madoguchi::adapters::Main(argc, argv); }
