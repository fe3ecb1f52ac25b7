// madoguchi-sim: the outside world of a clinic on one machine.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/base/error.h"
#include "tests/sim/card_behaviour.h"
#include "tests/sim/card_control.h"
#include "tests/sim/card_desk.h"
#include "tests/sim/card_log.h"
#include "tests/sim/card_run.h"
#include "tests/sim/card_store.h"
#include "tests/sim/faults.h"
#include "tests/sim/files.h"
#include "tests/sim/push.h"
#include "tests/sim/requests.h"
#include "tests/sim/run.h"
#include "tests/sim/site.h"
#include "tests/sim/table.h"
#include "tests/sim/tap.h"

namespace madoguchi::sim {
namespace {

constexpr int kUsage = 2;
constexpr int kOutsideFailed = 5;
constexpr int kMaxTaps = 1000000;

// What a command does once its line is understood.
using Action = std::function<absl::Status()>;

// Everything the commands' options write to.
struct Words {
  std::string folder = {};
  InitOptions init = {};
  std::string encoding = "utf8";
  TapOptions tap = {};
  std::string consent = {};
  std::string consent_for = "24h";
  int count = 1;
  bool json = false;
  std::string fault = {};
  int fault_terminal = 0;
  bool fuse = false;
  std::string stay = "1440m";
  std::string answer_after = "200ms";
  std::string token_for = "1h";
  CardOptions card = {};
  std::string persona = {};
  std::string standing = {};
  int patient = 0;
  CardChange card_change = {};
};

absl::StatusOr<absl::Duration> ParsePositive(absl::string_view option, absl::string_view text) {
  absl::Duration duration;
  if (absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration() &&
      duration <= absl::Hours(24 * 366)) {
    return duration;
  }
  return absl::InvalidArgumentError(
      absl::StrCat(option, " ", text, ": allowed is a time up to 8784h, such as 20s, 5m or 24h"));
}

absl::Status Init(const Words& words) {
  InitOptions options = words.init;
  options.folder = words.folder;
  const absl::StatusOr<SiteEncoding> encoding = ParseSiteEncoding(words.encoding);
  if (!encoding.ok()) return encoding.status();
  options.encoding = *encoding;
  MDG_RETURN_IF_ERROR(InitSite(options, absl::Now()));
  const absl::StatusOr<Site> site = Site::Open(options.folder);
  if (!site.ok()) return site.status();
  MDG_RETURN_IF_ERROR(EnsureCardRoots(*site, absl::Now()));
  std::cout << "made " << options.folder << ": " << options.terminals << " terminal(s), "
            << options.patients << " patients and the personas\n";
  return absl::OkStatus();
}

absl::Status ShowPopulation(const Words& words) {
  const absl::StatusOr<Site> site = Site::Open(words.folder);
  if (!site.ok()) return site.status();
  const absl::Time now = absl::Now();
  std::vector<Person> people;
  for (int number = 1; number <= site->people(); ++number) {
    absl::StatusOr<Person> person = site->LoadPerson(number);
    if (!person.ok()) return person.status();
    if (words.json) {
      std::cout << PersonJson(*person, now) << "\n";
    } else {
      people.push_back(std::move(*person));
    }
  }
  if (!words.json) std::cout << PopulationTable(people, now);
  return absl::OkStatus();
}

std::string TapText(const Tapped& tapped) {
  const Expected& expected = tapped.expected;
  return absl::StrCat(
      tapped.file, "\n  ", Site::TerminalName(tapped.terminal), " (",
      Site::CounterName(tapped.terminal), "), expected: ", expected.state, " ", expected.validity,
      " ", expected.assignment, expected.usable_consents.empty() ? "" : ", consents ",
      absl::StrJoin(expected.usable_consents, ","), expected.error.empty() ? "" : ", ",
      expected.error, tapped.faults.empty() ? "" : ", faults ", absl::StrJoin(tapped.faults, ","),
      "\n");
}

absl::Status CheckTap(const TapOptions& options, int count) {
  const int chosen = (options.persona.empty() ? 0 : 1) + (options.patient == 0 ? 0 : 1) +
                     (options.replay.empty() ? 0 : 1);
  if (chosen > 1) {
    return absl::InvalidArgumentError("allowed is one of --persona, --patient and --replay");
  }
  if (count < 1 || count > kMaxTaps) {
    return absl::InvalidArgumentError(
        absl::StrCat("--count ", count, ": allowed are 1 to ", kMaxTaps));
  }
  return absl::OkStatus();
}

absl::Status Taps(const Words& words) {
  TapOptions options = words.tap;
  MDG_RETURN_IF_ERROR(CheckTap(options, words.count));
  const absl::StatusOr<absl::Duration> consent_for =
      ParsePositive("--consent-for", words.consent_for);
  if (!consent_for.ok()) return consent_for.status();
  options.consent_for = *consent_for;
  if (!words.consent.empty()) {
    absl::StatusOr<std::vector<v1::ConsentCategory>> consents = ParseConsents(words.consent);
    if (!consents.ok()) return consents.status();
    options.consents = std::move(*consents);
  }
  const absl::StatusOr<Site> site = Site::Open(words.folder);
  if (!site.ok()) return site.status();
  Tapper tapper(*site);
  for (int i = 0; i < words.count; ++i) {
    const absl::StatusOr<Tapped> tapped = tapper.Tap(options);
    if (!tapped.ok()) return tapped.status();
    std::cout << (words.json ? absl::StrCat(tapped->Json().Str(), "\n") : TapText(*tapped))
              << std::flush;
  }
  return absl::OkStatus();
}

absl::Status SetOneFault(const Words& words) {
  const absl::StatusOr<Site> site = Site::Open(words.folder);
  if (!site.ok()) return site.status();
  const absl::StatusOr<Fault> fault = ParseFault(words.fault);
  if (!fault.ok()) return fault.status();
  return SetFault(*site, *fault, words.fault_terminal);
}

absl::Status ClearSomeFaults(const Words& words) {
  const absl::StatusOr<Site> site = Site::Open(words.folder);
  if (!site.ok()) return site.status();
  if (!words.fault.empty()) MDG_RETURN_IF_ERROR(ParseFault(words.fault).status());
  return ClearFaults(*site, words.fault, words.fault_terminal);
}

absl::Status ListFaults(const Words& words) {
  const absl::StatusOr<Site> site = Site::Open(words.folder);
  if (!site.ok()) return site.status();
  const absl::StatusOr<std::vector<ActiveFault>> faults = ReadFaults(*site);
  if (!faults.ok()) return faults.status();
  for (const FaultInfo& info : AllFaults()) {
    std::vector<std::string> where;
    for (const ActiveFault& active : *faults) {
      if (active.fault != info.fault) continue;
      where.push_back(active.terminal == 0 ? "all terminals" : Site::TerminalName(active.terminal));
    }
    if (!where.empty()) std::cout << info.name << " " << absl::StrJoin(where, ",") << "\n";
  }
  return absl::OkStatus();
}

absl::Status Run(const Words& words) {
  const absl::StatusOr<Site> site = Site::Open(words.folder);
  if (!site.ok()) return site.status();
  const absl::StatusOr<absl::Duration> stay = ParsePositive("--stay", words.stay);
  if (!stay.ok()) return stay.status();
  const absl::StatusOr<absl::Duration> answer_after =
      ParsePositive("--answer-after", words.answer_after);
  if (!answer_after.ok()) return answer_after.status();
  const absl::StatusOr<absl::Duration> consent_for =
      ParsePositive("--consent-for", words.consent_for);
  if (!consent_for.ok()) return consent_for.status();
  const absl::StatusOr<absl::Duration> token_for = ParsePositive("--token-for", words.token_for);
  if (!token_for.ok()) return token_for.status();
  return RunSite(*site,
                 RunOptions{.fuse = words.fuse,
                            .stay = *stay,
                            .answer_after = *answer_after,
                            .consent_for = *consent_for,
                            .token_for = *token_for},
                 [] { std::cout << "ready" << std::endl; });
}

absl::Status ShowRequests(const Words& words) {
  const absl::StatusOr<Site> site = Site::Open(words.folder);
  if (!site.ok()) return site.status();
  const absl::StatusOr<std::vector<std::string>> lines = SeenRequestLines(*site);
  if (!lines.ok()) return lines.status();
  for (const std::string& line : *lines) {
    if (words.json) std::cout << line << "\n";
  }
  if (!words.json) std::cout << lines->size() << " request(s) seen\n";
  return absl::OkStatus();
}

// Whose card; 0 when nobody was named.
absl::StatusOr<int> CardPerson(const Site& site, const Words& words) {
  if (words.persona.empty()) return words.patient;
  if (words.patient != 0) {
    return absl::InvalidArgumentError("allowed is one of --persona and --patient");
  }
  return site.NumberOfPersona(words.persona);
}

absl::Status PutCard(const Words& words) {
  const absl::StatusOr<Site> site = Site::Open(words.folder);
  if (!site.ok()) return site.status();
  const absl::StatusOr<int> person = CardPerson(*site, words);
  if (!person.ok()) return person.status();
  CardOptions options = words.card;
  options.person = *person == 0 ? 1 : *person;
  return RunCard(*site, options, [](const std::string& line) { std::cout << line << std::endl; });
}

absl::Status ChangeOneCard(const Words& words) {
  const absl::StatusOr<Site> site = Site::Open(words.folder);
  if (!site.ok()) return site.status();
  const absl::StatusOr<int> person = CardPerson(*site, words);
  if (!person.ok()) return person.status();
  CardChange change = words.card_change;
  if (*person != 0) change.person = *person;
  if (!words.card.behaviour.empty()) change.behaviour = words.card.behaviour;
  return ChangeCard(*site, words.card.port, change);
}

absl::Status ShowCardLog(const Words& words) {
  const absl::StatusOr<Site> site = Site::Open(words.folder);
  if (!site.ok()) return site.status();
  const absl::StatusOr<std::vector<std::string>> lines = CardLogLines(*site);
  if (!lines.ok()) return lines.status();
  if (!words.json) std::cout << CardLogSummary(*lines);
  for (const std::string& line : *lines) {
    if (words.json) std::cout << line << "\n";
  }
  return absl::OkStatus();
}

absl::Status SetOneStanding(const Words& words) {
  const absl::StatusOr<Site> site = Site::Open(words.folder);
  if (!site.ok()) return site.status();
  const absl::StatusOr<int> person = CardPerson(*site, words);
  if (!person.ok()) return person.status();
  return SetCardStanding(*site, *person == 0 ? 1 : *person, words.standing);
}

// A subcommand whose first word is the folder of the site.
CLI::App* Command(CLI::App& parent, const std::string& name, const std::string& text, Words& words,
                  Action& action, absl::Status (*run)(const Words&)) {
  CLI::App* const command = parent.add_subcommand(name, text);
  command->add_option("DIR", words.folder, "Folder of the simulated site")->required();
  command->callback([&words, &action, run] { action = [&words, run] { return run(words); }; });
  return command;
}

void AddTap(CLI::App& app, Words& words, Action& action) {
  CLI::App* const tap = Command(app, "tap", "A face reader reports somebody", words, action, Taps);
  tap->add_option("--persona", words.tap.persona, "Name of a persona (see population)");
  tap->add_option("--patient", words.tap.patient, "Number of a person (see population)");
  tap->add_option("--replay", words.tap.replay, "Deliver this file's bytes as they are");
  tap->add_option("--terminal", words.tap.terminal, "Which terminal, from 1 (default 1)");
  tap->add_option("--consent", words.consent,
                  "What the patient agrees to: drug,checkup,diagnosis,operation | all | none");
  tap->add_option("--consent-for", words.consent_for, "How long consent lasts (default 24h)");
  tap->add_option("--count", words.count, "That many taps (default 1)");
  tap->add_flag("--json", words.json, "One JSON object per tap");
}

void AddCard(CLI::App& app, Words& words, Action& action) {
  CLI::App* const card =
      Command(app, "card", "A My Number Card lies on a virtual reader (vpcd) until SIGTERM", words,
              action, PutCard);
  CLI::App* const change = Command(app, "card-change", "Change, take away or put back that card",
                                   words, action, ChangeOneCard);
  CLI::App* const standing = Command(app, "card-standing", "Revoke or suspend somebody's card",
                                     words, action, SetOneStanding);
  standing->add_option("STANDING", words.standing, "good, revoked or suspended")->required();
  for (CLI::App* const command : {card, change, standing}) {
    command->add_option("--persona", words.persona, "Whose card: name of a persona");
    command->add_option("--patient", words.patient, "Whose card: number of a person");
  }
  for (CLI::App* const command : {card, change}) {
    command->add_option("--port", words.card.port, "Port of vpcd (default 35963)");
    command->add_option("--behave", words.card.behaviour,
                        absl::StrCat("How it differs from an ordinary card: parts separated by "
                                     "commas, or none\n",
                                     CardBehaviourHelp()));
  }
  change->add_flag("--take", words.card_change.take, "Off the reader");
  change->add_flag("--put", words.card_change.put, "On the reader again");
  CLI::App* const log =
      Command(app, "card-log", "What cards have seen", words, action, ShowCardLog);
  log->add_flag("--json", words.json, "One JSON object per event");
}

void AddFault(CLI::App& app, Words& words, Action& action) {
  CLI::App* const fault = app.add_subcommand("fault", "Switch faults on and off");
  fault->add_option("DIR", words.folder, "Folder of the simulated site")->required();
  fault->require_subcommand(1);
  std::string names = "Name of the fault:";
  for (const FaultInfo& info : AllFaults()) absl::StrAppend(&names, " ", info.name);
  const auto add = [&](const std::string& name, const std::string& text,
                       absl::Status (*run)(const Words&)) {
    CLI::App* const command = fault->add_subcommand(name, text);
    command->callback([&words, &action, run] { action = [&words, run] { return run(words); }; });
    return command;
  };
  CLI::App* const set = add("set", "Switch a fault on", SetOneFault);
  set->add_option("NAME", words.fault, names)->required();
  set->add_option("--terminal", words.fault_terminal, "Only this terminal (default all)");
  CLI::App* const clear = add("clear", "Switch faults off", ClearSomeFaults);
  clear->add_option("NAME", words.fault, absl::StrCat(names, " (default all)"));
  clear->add_option("--terminal", words.fault_terminal, "Only this terminal (default all)");
  add("list", "What is switched on", ListFaults);
}

void AddCommands(CLI::App& app, Words& words, Action& action) {
  app.require_subcommand(1);
  CLI::App* const init = Command(app, "init", "Write a new simulated site", words, action, Init);
  init->add_option("--seed", words.init.seed, "Same seed, same population (default 1)");
  init->add_option("--patients", words.init.patients, "Ordinary patients (default 50)");
  init->add_option("--terminals", words.init.terminals, "Terminals (default 1)");
  init->add_option("--listen", words.init.listen, "HOST:PORT on which the daemon serves TLS");
  init->add_option("--center-port", words.init.center_port,
                   "Port of the web API on 127.0.0.1 (default any free one)");
  init->add_flag("--asks-by-web", words.init.asks_by_web,
                 "Ask about identifiers and records over the web, not by the terminals");
  init->add_option("--trust-card-ca", words.init.trust_card_ca,
                   "Root (PEM) of other cards, which are given to the population");
  init->add_option("--encoding", words.encoding, "utf8, shift_jis or mixed (default utf8)");
  CLI::App* const run =
      Command(app, "run", "Serve the site until SIGTERM; prints `ready`", words, action, Run);
  run->add_flag("--fuse", words.fuse, "Serve the folders through bindfs (for fault share-hung)");
  run->add_option("--stay", words.stay, "Remove result files older than this (default 1440m)");
  run->add_option("--answer-after", words.answer_after,
                  "Answer requests that long after taking them (default 200ms)");
  run->add_option("--consent-for", words.consent_for,
                  "How long consent lasts that came over the web (default 24h)");
  run->add_option("--token-for", words.token_for,
                  "How long a token of the web API counts (default 1h)");
  AddTap(app, words, action);
  AddCard(app, words, action);
  CLI::App* const requests = Command(app, "requests", "What terminals and the web API were asked",
                                     words, action, ShowRequests);
  requests->add_flag("--json", words.json, "One JSON object per request");
  CLI::App* const population =
      Command(app, "population", "Who lives here", words, action, ShowPopulation);
  population->add_flag("--json", words.json, "One JSON object per person");
  AddFault(app, words, action);
}

int ExitCode(const absl::Status& status) {
  if (status.ok()) return 0;
  std::cerr << "madoguchi-sim: " << status.message() << "\n";
  return absl::IsInvalidArgument(status) ? kUsage : kOutsideFailed;
}

int Main(int argc, char** argv) {
  CLI::App app("madoguchi-sim: the world outside a clinic's madoguchid, simulated");
  Words words;
  Action action;
  AddCommands(app, words, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::cerr << "madoguchi-sim: " << error.what() << " (allowed: see --help)\n";
    return kUsage;
  }
  return ExitCode(action());
}

}  // namespace
}  // namespace madoguchi::sim

int main(int argc, char** argv) { return madoguchi::sim::Main(argc, argv); }
