#include "adapters/adapter/config_destinations.h"

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/strip.h"
#include "adapters/destination/folder_destination.h"
#include "adapters/destination/hook_destination.h"
#include "adapters/destination/http_destination.h"
#include "adapters/destination/mirror_destination.h"
#include "adapters/destination/mllp_destination.h"
#include "adapters/destination/orca_destination.h"
#include "adapters/destination/ssmix2_destination.h"
#include "agent/base/error.h"
#include "agent/config/checks.h"

namespace madoguchi::adapters {
namespace {

using Absolute = std::function<std::string(const std::string&)>;

constexpr absl::Duration kShortest = absl::Seconds(1);
constexpr absl::Duration kLongest = absl::Minutes(5);

// What the destination itself checks, with a better word for it than we have here.
const config::Check& AnyText() {
  static const config::Check check{[](const std::string&) { return true; }, "a text"};
  return check;
}

const config::Check& KindCheck() {
  static const config::Check check =
      config::OneOf({"folder", "mirror", "mllp", "http", "fhir", "orca", "hook", "ssmix2"});
  return check;
}

class Reader {
 public:
  Reader(config::Section& from, const Absolute& absolute) : from_(from), absolute_(absolute) {}

  std::string Path(const std::string& key, bool required) {
    const std::string path = from_.Text(key, config::AnyPath(), "", required);
    return path.empty() ? path : absolute_(path);
  }

  // TLS as all destinations write it.
  web::Keys Keys() {
    return {.certificate = Path("certificate", false),
            .key = Path("key", false),
            .ca = Path("ca", false)};
  }

  HttpLogin Login() {
    HttpLogin login;
    login.user = from_.Text("user", AnyText(), "");
    const std::string password = Path("password_file", false);
    const std::string token = Path("token_file", false);
    if (!password.empty() && !token.empty()) {
      from_.RefuseKey("token_file", "password_file or token_file, not both");
    }
    if (!password.empty()) {
      login.kind = HttpLogin::Kind::kBasic;
      login.file = password;
    } else if (!token.empty()) {
      login.kind = HttpLogin::Kind::kBearer;
      login.file = token;
    }
    if (!login.user.empty() && login.kind != HttpLogin::Kind::kBasic) {
      from_.RefuseKey("user", "a user only with password_file");
    }
    return login;
  }

  void Times(absl::Duration& connect_within, absl::Duration& answer_within) {
    connect_within = from_.Time("connect_within", kShortest, kLongest, connect_within);
    answer_within = from_.Time("answer_within", kShortest, kLongest, answer_within);
  }

  std::unique_ptr<Destination> Folder() {
    FolderConfig to;
    to.path = Path("path", true);
    to.name = from_.Text("name", AnyText(), to.name);
    to.replace = from_.Flag("replace", to.replace);
    return Made(FolderDestination::Make(std::move(to)));
  }

  std::unique_ptr<Destination> Mirror() {
    MirrorConfig to;
    to.folder = Path("folder", true);
    to.keep = from_.Time("keep", absl::Hours(1), absl::Hours(24 * 30), to.keep);
    to.oqs_req = Path("oqs_req", false);
    to.oqs_res = Path("oqs_res", false);
    std::vector<std::string> families = from_.List("families", AnyText(), false);
    if (!families.empty()) to.families = std::move(families);
    return Made(MirrorDestination::Make(std::move(to)));
  }

  std::unique_ptr<Destination> Mllp() {
    MllpConfig to;
    to.host = from_.Text("host", AnyText(), "", true);
    to.port = static_cast<int>(from_.Number("port", 1, 65535, 2575));
    to.tls = from_.Flag("tls", to.tls);
    to.keys = Keys();
    if (!to.tls && !(to.keys.ca + to.keys.certificate + to.keys.key).empty()) {
      from_.RefuseKey("tls", "true, as there are keys");
    }
    Times(to.connect_within, to.answer_within);
    return Made(MllpDestination::Make(std::move(to)));
  }

  std::unique_ptr<Destination> Http(bool fhir) {
    HttpConfig to;
    to.fhir = fhir;
    to.url = from_.Text("url", AnyText(), "", true);
    to.plain = from_.Flag("plain", to.plain);
    if (fhir) {
      to.find_patient = from_.Flag("find_patient", to.find_patient);
    } else {
      to.method = from_.Text("method", config::OneOf({"POST", "PUT"}), to.method);
    }
    to.keys = Keys();
    to.login = Login();
    to.id_header = from_.Text("id_header", AnyText(), to.id_header);
    to.headers = from_.List("headers", AnyText(), false);
    Times(to.connect_within, to.answer_within);
    return Made(HttpDestination::Make(std::move(to)));
  }

  std::unique_ptr<Destination> Orca() {
    OrcaConfig to;
    to.url = from_.Text("url", AnyText(), "", true);
    to.plain = from_.Flag("plain", to.plain);
    to.keys = Keys();
    to.login = Login();
    to.patient_digits = static_cast<int>(from_.Number("patient_digits", 0, 20, to.patient_digits));
    to.add_insurance = from_.Flag("add_insurance", to.add_insurance);
    Times(to.connect_within, to.answer_within);
    return Made(OrcaDestination::Make(std::move(to)));
  }

  std::unique_ptr<Destination> Hook() {
    HookConfig to;
    to.program = Path("program", true);
    to.arguments = from_.List("arguments", AnyText(), false);
    to.user = from_.Text("user", AnyText(), "");
    to.within = from_.Time("within", kShortest, kLongest, to.within);
    return Made(HookDestination::Make(std::move(to)));
  }

  std::unique_ptr<Destination> Ssmix2() {
    Ssmix2Config to;
    to.root = Path("root", true);
    to.institution = from_.Text("institution", AnyText(), "", true);
    to.patient_digits = static_cast<int>(from_.Number("patient_digits", 7, 15, to.patient_digits));
    return Made(Ssmix2Destination::Make(std::move(to)));
  }

 private:
  // Says what is wrong where it stands in the file.
  template <typename Kind>
  std::unique_ptr<Destination> Made(absl::StatusOr<std::unique_ptr<Kind>> made) {
    from_.RefuseUnknown();
    if (made.ok()) return *std::move(made);
    const std::optional<v1::ErrorDetail> detail = base::DetailOf(made.status());
    const absl::string_view text = detail->text_en();
    absl::string_view allowed = text.substr(text.find(": ") + 2);
    absl::ConsumePrefix(&allowed, "allowed is ");
    from_.RefuseKey(detail->field(), std::string(allowed));
    return nullptr;
  }

  config::Section& from_;
  const Absolute& absolute_;
};

}  // namespace

std::unique_ptr<Destination> ReadDestination(config::Section& to, const Absolute& absolute) {
  const std::string kind = to.Text("kind", KindCheck(), "", true);
  Reader reader(to, absolute);
  std::unique_ptr<Destination> made;
  if (kind == "folder") made = reader.Folder();
  if (kind == "mirror") made = reader.Mirror();
  if (kind == "mllp") made = reader.Mllp();
  if (kind == "http" || kind == "fhir") made = reader.Http(kind == "fhir");
  if (kind == "orca") made = reader.Orca();
  if (kind == "hook") made = reader.Hook();
  if (kind == "ssmix2") made = reader.Ssmix2();
  return to.status().ok() ? std::move(made) : nullptr;
}

}  // namespace madoguchi::adapters
