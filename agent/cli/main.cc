// madoguchi: the command line of the reception counter. This file only parses; each command is a
// function of commands.h.

#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <functional>

#include "agent/cli/commands.h"
#include "agent/cli/formats/command_line.h"
#include "agent/version.h"

namespace madoguchi::cli {
namespace {

std::string DefaultPerson() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry == nullptr ? "" : entry->pw_name;
}

std::string DefaultTarget() {
  const char* target = std::getenv("MADOGUCHI_TARGET");
  return target == nullptr ? "unix:/run/madoguchi/madoguchi.sock" : target;
}

// Everything the command line can say, and the command it chose.
struct CommandLine {
  Global global;
  WatchOptions watch;
  ListOptions list;
  ChangeOptions change;
  ExpectOptions expect;
  DocumentOptions document;
  ConfirmOptions confirm;
  CheckInOptions check_in;
  bool pin_stdin = false;
  AuditOptions audit;
  PkiOptions pki;
  FormatOptions formats;
  std::string number;
  std::string reader;
  bool follow = false;
  bool today = false;
  std::function<int()> run;
};

void AddGlobal(CLI::App& app, Global& global) {
  global.target = DefaultTarget();
  global.person = DefaultPerson();
  app.add_option("--target", global.target,
                 "unix:PATH or HOST:PORT of the daemon (also MADOGUCHI_TARGET)");
  app.add_option("--cert", global.certificate, "client certificate (PEM), for HOST:PORT");
  app.add_option("--key", global.key, "its key (PEM)");
  app.add_option("--ca", global.ca, "the site's CA (PEM)");
  app.add_option("--operator", global.person, "the person who acts (default: the login name)");
  app.add_option("--timeout", global.timeout_seconds, "seconds a call may take")
      ->check(CLI::Range(0.1, 600.0));
  app.add_flag("--json", global.json, "print the bare messages, one per line");
}

void AddWatch(CLI::App& app, CommandLine& line) {
  CLI::App* watch = app.add_subcommand("watch", "show receptions as they come (受付の監視)");
  CLI::Option* now = watch->add_flag("--now", line.watch.now, "only what comes from now on");
  CLI::Option* after =
      watch->add_option("--after", line.watch.after, "what came after this cursor");
  watch->add_flag("--today", line.today, "what came today (default)")
      ->excludes(now)
      ->excludes(after);
  now->excludes(after);
  watch->add_option("--counter", line.watch.counters, "only these counters");
  watch->add_option("--count", line.watch.count, "end after so many receptions")
      ->check(CLI::NonNegativeNumber);
  watch->add_flag("--until-caught-up", line.watch.until_caught_up,
                  "end when everything known has been shown");
  watch->callback([&line] { line.run = [&line] { return Watch(line.global, line.watch); }; });
}

void AddStatus(CLI::App& app, CommandLine& line) {
  CLI::App* status =
      app.add_subcommand("status", "how the daemon and its terminals are (稼働状況)");
  status->add_flag("--watch", line.follow, "go on and show every change");
  status->callback([&line] { line.run = [&line] { return Status(line.global, line.follow); }; });
}

void AddReaders(CLI::App& app, CommandLine& line) {
  CLI::App* readers =
      app.add_subcommand("readers", "the card readers of the counters (カードリーダー)");
  readers->add_flag("--watch", line.follow, "go on and show every change");
  readers->callback(
      [&line] { line.run = [&line] { return ListReaders(line.global, line.follow); }; });
  CLI::App* reader = app.add_subcommand("reader", "one card reader (カードリーダー)");
  reader->require_subcommand(1);
  CLI::App* test = reader->add_subcommand(
      "test", "read the card on it but for the PIN, and say what works (動作確認)");
  test->add_option("NAME", line.reader, "the reader, as `readers` names it")->required();
  test->callback([&line] { line.run = [&line] { return TestReader(line.global, line.reader); }; });
}

// Adds a subcommand that changes one reception.
CLI::App* AddChange(CLI::App& reception, CommandLine& line, const char* name, const char* help,
                    int (*run)(const Global&, const ChangeOptions&)) {
  CLI::App* command = reception.add_subcommand(name, help);
  command->add_option("ID", line.change.reception_id, "the reception")->required();
  command->add_option("--request-id", line.change.request_id,
                      "repeat safely with the same one (default: made up)");
  command->callback(
      [&line, run] { line.run = [&line, run] { return run(line.global, line.change); }; });
  return command;
}

// What is missing of these is asked for.
void AddIdentifiers(CLI::App& command, Identifiers& to) {
  command.add_option("--insurer", to.insurer_number, "保険者番号");
  command.add_option("--symbol", to.symbol, "記号");
  command.add_option("--number", to.number, "番号");
  command.add_option("--branch", to.branch, "枝番");
  command.add_option("--birth-date", to.birth_date, "生年月日 (S55.1.15, 1980-01-15, …)");
}

void AddConfirm(CLI::App& app, CommandLine& line) {
  CLI::App* confirm = app.add_subcommand("confirm", "ask OQS by identifiers (番号による資格確認)");
  ConfirmOptions& to = line.confirm;
  AddIdentifiers(*confirm, to.identifiers);
  confirm->add_option("--counter", to.counter, "where (needed if there are several)");
  confirm->add_option("--patient", to.patient, "chart number the person is thought to have");
  CLI::Option* open =
      confirm->add_flag("--open-reception", to.open_reception, "open a reception (受付を開く)");
  confirm
      ->add_option("--reception", to.reception_id,
                   "ask about this one again, with other identifiers")
      ->excludes(open);
  confirm->add_option("--wait", to.wait_seconds, "seconds to wait for the answer (default 30)")
      ->check(CLI::Range(0, 600));
  confirm->add_option("--request-id", to.request_id, "repeat safely with the same one");
  confirm->callback([&line] { line.run = [&line] { return Confirm(line.global, line.confirm); }; });
}

void AddQuestions(CLI::App& reception, CommandLine& line) {
  AddChange(reception, line, "retry", "ask OQS once more (もう一度問い合わせる)", ReceptionRetry);
  CLI::App* complete = reception.add_subcommand(
      "complete", "write down what is known of one that waits for the line (情報の追記)");
  complete->add_option("ID", line.confirm.reception_id, "the reception")->required();
  AddIdentifiers(*complete, line.confirm.identifiers);
  complete->add_option("--request-id", line.confirm.request_id, "repeat safely with the same one");
  complete->callback(
      [&line] { line.run = [&line] { return ReceptionComplete(line.global, line.confirm); }; });
}

void AddExpect(CLI::App& reception, CommandLine& line) {
  CLI::App* expect =
      reception.add_subcommand("expect", "announce who reads a card next (来院予定)");
  ExpectOptions& to = line.expect;
  expect->add_option("PATIENT", to.patient, "chart number")->required();
  expect->add_option("--counter", to.counter, "where")->required();
  AddIdentifiers(*expect, to.identifiers);
  expect->add_option("--seconds", to.seconds, "how long (default 300)")->check(CLI::Range(0, 3600));
  expect->add_option("--request-id", to.request_id, "repeat safely with the same one");
  expect->callback(
      [&line] { line.run = [&line] { return ReceptionExpect(line.global, line.expect); }; });
}

void AddCheckIn(CLI::App& reception, CommandLine& line) {
  CLI::App* start = reception.add_subcommand(
      "start", "check a patient in with the card on a reader (カードによる受付)");
  CheckInOptions& to = line.check_in;
  start->add_option("--reader", to.reader, "the reader, as `readers` names it")->required();
  CLI::Option* pin = start->add_flag("--pin-stdin", line.pin_stdin,
                                     "the PIN comes from standard input, one a line");
  CLI::Option* visual = start->add_option(
      "--visual", to.visual, "no PIN: this member of staff has compared face and card");
  pin->excludes(visual);
  start->add_option("--consent", to.consent,
                    "what the patient consents to: drug, checkup, diagnosis, operation, limit, "
                    "specific, separated by commas (default: nothing)");
  start->add_flag("--use-last-attempt", to.use_last_attempt,
                  "the patient wants to spend the last attempt at the PIN");
  start->add_flag("--enroll", to.enroll,
                  "enrol a card for insurance use that is not yet (the patient has agreed)");
  start->callback([&line] {
    if (!line.pin_stdin && line.check_in.visual.empty()) {
      throw CLI::RequiredError("--pin-stdin or --visual");
    }
    line.run = [&line] { return ReceptionStart(line.global, line.check_in); };
  });
}

void AddReception(CLI::App& app, CommandLine& line) {
  CLI::App* reception = app.add_subcommand("reception", "receptions (受付)");
  reception->require_subcommand(1);
  CLI::App* list = reception->add_subcommand("list", "the receptions of a day (一覧)");
  list->add_option("--counter", line.list.counter, "only this counter");
  list->add_option("--day", line.list.day, "yyyy-mm-dd (default: today)");
  list->add_option("--patient", line.list.patient, "only this chart number");
  list->callback([&line] { line.run = [&line] { return ReceptionList(line.global, line.list); }; });
  CLI::App* show = reception->add_subcommand("show", "one reception in full (詳細)");
  show->add_option("ID", line.change.reception_id, "the reception")->required();
  show->callback([&line] {
    line.run = [&line] { return ReceptionShow(line.global, line.change.reception_id); };
  });
  CLI::App* assign =
      AddChange(*reception, line, "assign", "tie to a chart (カルテに結び付け)", ReceptionAssign);
  assign->add_option("PATIENT", line.change.patient, "chart number")->required();
  CLI::App* unassign = AddChange(*reception, line, "unassign", "take the tie back (結び付け解除)",
                                 ReceptionUnassign);
  for (CLI::App* command : {assign, unassign}) {
    command->add_option("--revision", line.change.expected_revision,
                        "refuse if the reception changed since this revision");
  }
  CLI::App* cancel =
      AddChange(*reception, line, "cancel", "end a wrong reception (取消)", ReceptionCancel);
  for (CLI::App* command : {unassign, cancel}) {
    command->add_option("--reason", line.change.reason, "why");
  }
  AddCheckIn(*reception, line);
  AddQuestions(*reception, line);
  AddExpect(*reception, line);
}

// Adds a command about the records of one reception.
CLI::App* AddRecord(CLI::App& app, CommandLine& line, const char* name, const char* help,
                    const std::function<int()>& run) {
  CLI::App* command = app.add_subcommand(name, help);
  RecordOptions& to = line.document.record;
  command->add_option("ID", to.reception_id, "the reception")->required();
  command->add_option("--request-id", to.request_id, "repeat safely with the same one");
  command->callback([&line, run] { line.run = run; });
  return command;
}

void AddRecords(CLI::App& app, CommandLine& line) {
  RecordOptions& to = line.document.record;
  CLI::App* drugs = AddRecord(app, line, "drugs", "medicines of a patient (薬剤情報)",
                              [&line] { return Drugs(line.global, line.document.record); });
  drugs->add_flag("--duplicates", to.duplicates, "also lines that repeat another (重複も表示)");
  CLI::App* checkups =
      AddRecord(app, line, "checkups", "health checkups of a patient (特定健診情報)",
                [&line] { return Checkups(line.global, line.document.record); });
  CLI::App* diagnoses =
      AddRecord(app, line, "diagnoses", "treatments and operations (診療・手術情報)",
                [&line] { return Diagnoses(line.global, line.document.record); });
  CLI::App* document = AddRecord(app, line, "document", "a PDF of them into a file (PDF)",
                                 [&line] { return Document(line.global, line.document); });
  document->add_option("--kind", line.document.kind, "drug, drug-diagnosis or checkup")
      ->required()
      ->check(CLI::IsMember({"drug", "drug-diagnosis", "checkup"}));
  document->add_option("--out", line.document.out, "the file to write (for its owner only)")
      ->required();
  document->add_flag("--force", line.document.force, "overwrite a file that exists");
  for (CLI::App* command : {drugs, diagnoses, document}) {
    command->add_option("--from", to.from, "first month, yyyy-mm (default: three years ago)");
    command->add_option("--to", to.to, "last month, yyyy-mm (default: this one)");
  }
  for (CLI::App* command : {drugs, checkups, diagnoses}) {
    command
        ->add_option("--freshness", to.freshness,
                     "stored-or-fetch (default), stored (ask nobody), fetch (ask OQS anew)")
        ->check(CLI::IsMember({"stored-or-fetch", "stored", "fetch"}));
  }
}

CLI::App* AddAuditCommand(CLI::App& audit, CommandLine& line, const char* name, const char* help,
                          int (*run)(const Global&, const AuditOptions&)) {
  CLI::App* command = audit.add_subcommand(name, help);
  command->callback(
      [&line, run] { line.run = [&line, run] { return run(line.global, line.audit); }; });
  return command;
}

void AddAudit(CLI::App& app, CommandLine& line) {
  CLI::App* audit = app.add_subcommand("audit", "the audit trail (監査記録)");
  audit->require_subcommand(1);
  AuditOptions& to = line.audit;
  CLI::App* list = AddAuditCommand(*audit, line, "list", "entries, oldest first (一覧)", AuditList);
  list->add_option("--reception", to.reception_id, "only of this reception");
  CLI::App* verify =
      AddAuditCommand(*audit, line, "verify", "whether it is what was written (検査)", AuditVerify);
  verify->add_option("--anchors", to.anchors, "file with an anchor a line, - for standard input");
  AddAuditCommand(*audit, line, "anchor", "the anchor of now, to be kept elsewhere (控え)",
                  AuditAnchor);
  CLI::App* disclose = AddAuditCommand(*audit, line, "disclose",
                                       "whose records a client was given (開示)", AuditDisclose);
  disclose->add_option("--person", to.person, "only what this operator asked for");
  for (CLI::App* command : {list, disclose}) {
    command->add_option("--identity", to.identity, "only the doing of this client");
    command->add_option("--from", to.from, "first day, yyyy-mm-dd");
    command->add_option("--to", to.to, "last day");
    command->add_option("--kind", to.kinds, "only these kinds (numbers, docs/en/audit.md)")
        ->check(CLI::PositiveNumber);
  }
}

CLI::App* AddPkiCommand(CLI::App& pki, CommandLine& line, const char* name, const char* help,
                        int (*run)(const Global&, const PkiOptions&)) {
  CLI::App* command = pki.add_subcommand(name, help);
  command->add_option("--dir", line.pki.folder, "folder of ca.pem and ca.key (default: here)");
  command->add_flag("--force", line.pki.force, "overwrite files that exist");
  command->callback(
      [&line, run] { line.run = [&line, run] { return run(line.global, line.pki); }; });
  return command;
}

void AddPki(CLI::App& app, CommandLine& line) {
  CLI::App* pki = app.add_subcommand("pki", "certificates for TCP clients (証明書)");
  pki->require_subcommand(1);
  AddPkiCommand(*pki, line, "init", "make the site's CA", PkiInit);
  CLI::App* server =
      AddPkiCommand(*pki, line, "server", "make the daemon's certificate", PkiServer);
  server->add_option("NAME", line.pki.name, "host name or address clients use")->required();
  server->add_option("--also", line.pki.also, "further host names and addresses");
  CLI::App* client =
      AddPkiCommand(*pki, line, "client", "make a client's certificate (PEM and PFX)", PkiClient);
  client->add_option("NAME", line.pki.name, "common name, as in [[client]] certificate")
      ->required();
  for (CLI::App* command : {server, client}) {
    command->add_option("--days", line.pki.days, "validity (default 730)")
        ->check(CLI::Range(1, 3650));
  }
}

void AddErrors(CLI::App& app, CommandLine& line) {
  CLI::App* errors = app.add_subcommand("errors", "the failure catalogue (エラー番号の説明)");
  errors->add_option("NUMBER", line.number, "only this one, e.g. MDG-1203");
  errors->callback([&line] { line.run = [&line] { return Errors(line.global, line.number); }; });
}

int Main(int argc, char** argv) {
  CLI::App app{"窓口 (madoguchi): receptions and insurance confirmations at the counter"};
  app.set_version_flag("--version", std::string("madoguchi ") + kVersion);
  app.require_subcommand(1);
  // `--json` and the like may stand behind the subcommand too.
  app.fallthrough();
  app.footer(
      "exit codes: 0 done, 1 the answer is no, 2 wrong use, 3 daemon not reached,\n"
      "            4 not allowed, 5 something outside failed, outcome unknown");
  CommandLine line;
  AddGlobal(app, line.global);
  AddWatch(app, line);
  AddStatus(app, line);
  AddReaders(app, line);
  AddConfirm(app, line);
  AddReception(app, line);
  AddRecords(app, line);
  AddAudit(app, line);
  AddPki(app, line);
  AddFormats(app, line.global, line.formats, line.run);
  AddErrors(app, line);
  for (CLI::App* command : app.get_subcommands({})) {
    command->fallthrough();
    for (CLI::App* below : command->get_subcommands({})) below->fallthrough();
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kSuccess : kUsage;
  }
  return line.run();
}

}  // namespace
}  // namespace madoguchi::cli

int main(int argc, char** argv) { return madoguchi::cli::Main(argc, argv); }
