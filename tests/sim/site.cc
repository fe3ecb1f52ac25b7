#include "tests/sim/site.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/crypto/certificate.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tests/sim/center_tls.h"
#include "tests/sim/files.h"
#include "tests/sim/json.h"
#include "tests/sim/people.h"
#include "tests/sim/personas.h"

namespace madoguchi::sim {
namespace {

namespace fs = std::filesystem;

std::string FolderName(int terminal) {
  return terminal == 1 ? "oqs" : absl::StrCat("oqs", terminal);
}

std::string PersonFile(const std::string& root, int number) {
  return absl::StrFormat("%s/sim/people/%06d.json", root, number);
}

absl::Status CheckInit(const InitOptions& options) {
  if (options.patients < 0 || options.patients > kMaxPatients) {
    return absl::InvalidArgumentError(
        absl::StrCat("--patients ", options.patients, ": allowed are 0 to ", kMaxPatients));
  }
  if (options.terminals < 1 || options.terminals > kMaxTerminals) {
    return absl::InvalidArgumentError(
        absl::StrCat("--terminals ", options.terminals, ": allowed are 1 to ", kMaxTerminals));
  }
  if (options.center_port < 0 || options.center_port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat("--center-port ", options.center_port,
                                                   ": allowed are 0 (any free one) to 65535"));
  }
  const size_t colon = options.listen.rfind(':');
  int port = 0;
  if (!options.listen.empty() &&
      (colon == std::string::npos || colon == 0 ||
       !absl::SimpleAtoi(options.listen.substr(colon + 1), &port) || port < 0 || port > 65535 ||
       options.listen.find_first_of("\"\\ \t\n") != std::string::npos)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--listen ", options.listen, ": allowed is HOST:PORT, such as 127.0.0.1:50443"));
  }
  return absl::OkStatus();
}

// The certificates of `path`, as they are.
absl::StatusOr<std::string> ReadCardCa(const std::string& path) {
  absl::StatusOr<std::string> pem = ReadFile(path);
  if (pem.ok() && crypto::PemToDer(*pem).ok()) return pem;
  return absl::InvalidArgumentError(
      absl::StrCat("--trust-card-ca ", path, ": allowed is a file of certificates as PEM"));
}

absl::Status MakeEmptyFolder(const std::string& folder) {
  std::error_code error;
  if (fs::exists(folder, error) &&
      (!fs::is_directory(folder, error) || !fs::is_empty(folder, error))) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, " exists already: allowed is a folder that is empty or new"));
  }
  fs::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError(absl::StrCat("cannot make ", folder, ": ", error.message()));
  }
  return absl::OkStatus();
}

absl::Status WritePerson(const std::string& root, int number, const v1::Confirmation& answer) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(answer, &json, options).ok()) {
    return absl::InternalError("a person of the population has no JSON form");
  }
  return ReplaceFile(PersonFile(root, number), json);
}

absl::Status WritePopulation(const InitOptions& options, absl::Time now) {
  const absl::CivilDay today = base::JapanDay(now);
  int number = 0;
  for (const v1::Confirmation& patient : MakePatients(options.seed, options.patients, today)) {
    MDG_RETURN_IF_ERROR(WritePerson(options.folder, ++number, patient));
  }
  for (const Persona& persona : Personas()) {
    MDG_RETURN_IF_ERROR(WritePerson(options.folder, ++number, persona.make(today)));
  }
  return absl::OkStatus();
}

absl::Status MakeFolders(const InitOptions& options) {
  std::vector<std::string> folders = {"sim", "sim/people", "pki", "state"};
  for (int terminal = 1; terminal <= options.terminals; ++terminal) {
    const std::string oqs = FolderName(terminal);
    for (const absl::string_view part : {"", "/req", "/res", "/face", "/trash"}) {
      folders.push_back(absl::StrCat(oqs, part));
    }
  }
  for (const std::string& folder : folders) {
    MDG_RETURN_IF_ERROR(MakeFolder(absl::StrCat(options.folder, "/", folder)));
  }
  return absl::OkStatus();
}

int IntegerOf(const google::protobuf::Struct& settings, const std::string& key) {
  const auto found = settings.fields().find(key);
  return found == settings.fields().end() ? -1 : static_cast<int>(found->second.number_value());
}

}  // namespace

absl::StatusOr<SiteEncoding> ParseSiteEncoding(absl::string_view text) {
  for (const SiteEncoding encoding :
       {SiteEncoding::kUtf8, SiteEncoding::kShiftJis, SiteEncoding::kMixed}) {
    if (SiteEncodingName(encoding) == text) return encoding;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--encoding ", text, ": allowed are utf8, shift_jis, mixed"));
}

absl::string_view SiteEncodingName(SiteEncoding encoding) {
  switch (encoding) {
    case SiteEncoding::kUtf8:
      return "utf8";
    case SiteEncoding::kShiftJis:
      return "shift_jis";
    case SiteEncoding::kMixed:
      return "mixed";
  }
  return "utf8";
}

absl::Status InitSite(const InitOptions& given, absl::Time now) {
  MDG_RETURN_IF_ERROR(CheckInit(given));
  InitOptions options = given;
  std::string card_ca;
  if (!options.trust_card_ca.empty()) {
    absl::StatusOr<std::string> pem = ReadCardCa(options.trust_card_ca);
    if (!pem.ok()) return pem.status();
    card_ca = *std::move(pem);
  }
  if (options.center_port == 0) {
    const absl::StatusOr<int> port = FreePort();
    if (!port.ok()) return port.status();
    options.center_port = *port;
  }
  MDG_RETURN_IF_ERROR(MakeEmptyFolder(options.folder));
  MDG_RETURN_IF_ERROR(MakeFolders(options));
  MDG_RETURN_IF_ERROR(WriteKeys(absl::StrCat(options.folder, "/pki"),
                                options.listen.substr(0, options.listen.rfind(':')), now));
  MDG_RETURN_IF_ERROR(WriteCenterKeys(absl::StrCat(options.folder, "/pki"), now));
  if (!card_ca.empty()) {
    MDG_RETURN_IF_ERROR(
        ReplaceFile(absl::StrCat(options.folder, "/pki/trust-card-ca.pem"), card_ca));
  }
  MDG_RETURN_IF_ERROR(WritePopulation(options, now));
  MDG_RETURN_IF_ERROR(ReplaceFile(absl::StrCat(options.folder, "/madoguchi.toml"),
                                  ConfigurationText(options, geteuid())));
  // Last: a folder with settings is a whole site.
  JsonObject settings;
  settings.Number("version", 1)
      .Number("seed", static_cast<int64_t>(options.seed))
      .Number("patients", options.patients)
      .Number("terminals", options.terminals)
      .Number("center_port", options.center_port)
      .Text("encoding", SiteEncodingName(options.encoding));
  return ReplaceFile(absl::StrCat(options.folder, "/sim/settings.json"),
                     absl::StrCat(settings.Str(), "\n"));
}

absl::StatusOr<Site> Site::Open(const std::string& folder) {
  std::error_code error;
  Site site;
  site.root_ = fs::canonical(folder, error).string();
  const std::string path = absl::StrCat(folder, "/sim/settings.json");
  if (error || !Exists(path)) {
    return absl::InvalidArgumentError(absl::StrCat(
        folder, " is no simulated site: allowed is a folder made by `madoguchi-sim init`"));
  }
  const absl::StatusOr<std::string> json = ReadFile(path);
  if (!json.ok()) return json.status();
  google::protobuf::Struct settings;
  if (!google::protobuf::util::JsonStringToMessage(*json, &settings).ok()) {
    return absl::UnavailableError(absl::StrCat(path, " is not JSON"));
  }
  site.patients_ = IntegerOf(settings, "patients");
  site.terminals_ = IntegerOf(settings, "terminals");
  site.center_port_ = std::max(IntegerOf(settings, "center_port"), 0);
  const absl::StatusOr<SiteEncoding> encoding = ParseSiteEncoding(
      settings.fields().contains("encoding") ? settings.fields().at("encoding").string_value()
                                             : "");
  if (site.patients_ < 0 || site.terminals_ < 1 || !encoding.ok()) {
    return absl::UnavailableError(absl::StrCat(
        path, " is damaged: it needs patients, terminals and encoding (utf8, shift_jis, mixed)"));
  }
  site.encoding_ = *encoding;
  return site;
}

int Site::people() const { return patients_ + static_cast<int>(Personas().size()); }

std::string Site::SimFolder() const { return absl::StrCat(root_, "/sim"); }

std::string Site::PkiFile(absl::string_view name) const {
  return absl::StrCat(root_, "/pki/", name);
}

std::string Site::OqsFolder(int terminal) const {
  return absl::StrCat(root_, "/", FolderName(terminal));
}

std::string Site::HiddenFolder(int terminal) const {
  return absl::StrCat(root_, "/.share-", terminal);
}

std::string Site::DiskFolder(int terminal) const {
  std::string hidden = HiddenFolder(terminal);
  return Exists(hidden) ? hidden : OqsFolder(terminal);
}

std::string Site::GoneFolder(int terminal, absl::string_view part) const {
  return absl::StrCat(root_, "/sim/gone-", terminal, part == "face" ? "" : "-",
                      part == "face" ? "" : part);
}

std::string Site::OwnFolder(int terminal, absl::string_view part) const {
  std::string gone = GoneFolder(terminal, part);
  return Exists(gone) ? gone : absl::StrCat(DiskFolder(terminal), "/", part);
}

absl::StatusOr<Person> Site::LoadPerson(int number) const {
  if (number < 1 || number > people()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--patient ", number, ": allowed are 1 to ", people()));
  }
  const std::string path = PersonFile(root_, number);
  const absl::StatusOr<std::string> json = ReadFile(path);
  if (!json.ok()) return json.status();
  Person person;
  person.number = number;
  if (number > patients_) {
    const Persona& persona = Personas()[static_cast<size_t>(number - patients_ - 1)];
    person.persona = std::string(persona.name);
    person.text_ja = std::string(persona.text_ja);
  }
  if (!google::protobuf::util::JsonStringToMessage(*json, &person.answer).ok()) {
    return absl::UnavailableError(absl::StrCat(path, " is not a Confirmation in JSON"));
  }
  return person;
}

absl::StatusOr<int> Site::NumberOfPersona(absl::string_view persona) const {
  const std::vector<Persona>& all = Personas();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Persona& one) { return one.name == persona; });
  if (found == all.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--persona ", persona, ": allowed are ",
                     absl::StrJoin(all, ", ", [](std::string* out, const Persona& one) {
                       absl::StrAppend(out, one.name);
                     })));
  }
  return patients_ + static_cast<int>(found - all.begin()) + 1;
}

absl::Status Site::CheckTerminal(int terminal) const {
  if (terminal >= 1 && terminal <= terminals_) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--terminal ", terminal, ": allowed are 1 to ", terminals_));
}

std::string Site::TerminalName(int terminal) { return absl::StrCat("terminal-", terminal); }
std::string Site::CounterName(int terminal) { return absl::StrCat("front-", terminal); }

}  // namespace madoguchi::sim
