#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "adapters/adapter/commands.h"
#include "adapters/adapter/config.h"
#include "agent/base/error.h"

namespace madoguchi::adapters {
namespace {

struct Question {
  const char* key;
  const char* ja;
  const char* en;
  const char* proposed;
};

constexpr Question kBasics[] = {
    {"target", "madoguchid の場所", "where madoguchid is (unix:PATH or HOST:PORT)",
     "unix:/run/madoguchi/madoguchi.sock"},
    {"state_dir", "配送の記録を置くフォルダ", "folder for what is still to be delivered",
     "/var/lib/madoguchi-adapter"},
    {"route", "配送先の名前 (英数字)", "name of the route (A-Z a-z 0-9 . _ -)", "emr"},
    {"to", "届け方: folder, mllp, http, fhir, hook", "how to deliver", "folder"}};
// What a way of delivering asks.
constexpr Question kFolder[] = {
    {"path", "フォルダ", "the folder (it has to exist)", "/srv/madoguchi"},
    {"format", "形式: fhir, hl7v2, jahis, oqs-xml, oqs-json, csv は後で編集",
     "format (edit the file for csv)", "oqs-xml"}};
constexpr Question kMllp[] = {{"host", "相手のコンピューター (名前か IP アドレス)",
                               "the receiver's name or address", "127.0.0.1"},
                              {"port", "ポート番号", "its port", "2575"}};
constexpr Question kHttp[] = {
    {"url", "URL (https://)", "the address", "https://emr.example/oqs"},
    {"ca", "相手の証明書を確かめる CA の証明書", "CA certificate (PEM)", "/etc/madoguchi/ca.pem"},
    {"format", "形式: fhir, hl7v2, oqs-json", "format", "fhir"}};
constexpr Question kFhir[] = {
    {"url", "FHIR サーバーの URL (https://)", "base address of the FHIR server",
     "https://fhir.example/r4"},
    {"ca", "相手の証明書を確かめる CA の証明書", "CA certificate (PEM)", "/etc/madoguchi/ca.pem"}};
constexpr Question kHook[] = {
    {"program", "プログラム (フルパス)", "the program (from the root)", "/usr/local/bin/take"},
    {"format", "形式: fhir, hl7v2, oqs-json", "format", "oqs-json"}};

class Asker {
 public:
  explicit Asker(const NewOptions& options) : options_(options) {
    for (const std::string& answer : options.answers) {
      const std::pair<std::string, std::string> halves =
          absl::StrSplit(answer, absl::MaxSplits('=', 1));
      given_[halves.first] = halves.second;
    }
  }

  std::string Ask(const Question& question) {
    if (const auto given = given_.find(question.key); given != given_.end()) return given->second;
    if (options_.defaults) return question.proposed;
    std::cerr << question.ja << " (" << question.en << ") [" << question.proposed << "]: ";
    std::string line;
    if (!std::getline(std::cin, line) || line.empty()) return question.proposed;
    return line;
  }

 private:
  const NewOptions& options_;
  std::map<std::string, std::string> given_;
};

std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

std::string Line(const char* key, const std::string& value, const char* note) {
  return absl::StrCat("# ", note, "\n", key, " = ", value, "\n");
}

// `format` and the lines of [route.to] behind `kind`.
std::pair<std::string, std::string> AskWay(Asker& asker, const std::string& to) {
  std::string lines;
  std::string format = to == "mllp" ? "hl7v2" : "fhir";
  const auto ask = [&](const auto& questions) {
    for (const Question& question : questions) {
      const std::string answer = asker.Ask(question);
      if (question.key == std::string("format")) {
        format = answer;
      } else {
        const bool number = question.key == std::string("port");
        lines += Line(question.key, number ? answer : Quoted(answer), question.en);
      }
    }
  };
  if (to == "mllp") {
    ask(kMllp);
  } else if (to == "http") {
    ask(kHttp);
  } else if (to == "fhir") {
    ask(kFhir);
  } else if (to == "hook") {
    ask(kHook);
  } else {
    ask(kFolder);
  }
  return {format, lines};
}

std::string Written(Asker& asker) {
  const std::string target = asker.Ask(kBasics[0]);
  const std::string state_dir = asker.Ask(kBasics[1]);
  const std::string route = asker.Ask(kBasics[2]);
  const std::string to = asker.Ask(kBasics[3]);
  const auto [format, way] = AskWay(asker, to);
  return absl::StrCat(
      "# madoguchi-adapter の設定 (docs/ja/adapter.md, docs/en/adapter.md)\n"
      "# 変更したら: madoguchi-adapter --config このファイル check\n\n",
      "[daemon]\n", Line("target", Quoted(target), "unix:PATH, or HOST:PORT with the three below"),
      "# certificate = \"adapter.crt\"\n# key = \"adapter.key\"\n# ca = \"ca.crt\"\n\n",
      "[adapter]\n", Line("state_dir", Quoted(state_dir), "what is still to be delivered"), "\n",
      "[[route]]\n", Line("name", Quoted(route), "shown by `status`, given to `resend`"),
      Line("format", Quoted(format),
           "fhir, fhir-1.1, hl7v2, ssmix2, jahis, oqs-xml, oqs-json, "
           "reception-json, csv"),
      Line("what", format == "jahis" ? "[\"drugs\"]" : "[\"reception\"]",
           "\"reception\", \"drugs\", \"checkups\", \"diagnoses\""),
      Line("tries", "12", "parked after so many failures that are not the receiver's being away"),
      "\n[route.filter]\n# counters = [\"reception-1\"]\n"
      "# origins = [\"face_reader\", \"own_reader\"]\n# validity = [\"valid\"]\n"
      "\n[route.to]\n",
      Line("kind", Quoted(to), "docs/en/adapter-destinations.md"), way);
}

int Failed(const std::string& path, int error) {
  return Tell(base::MakeError(
      base::ErrorCode::kFileProblem,
      {.what = absl::StrCat(path, ": ", std::generic_category().message(error)), .field = path}));
}

}  // namespace

int New(const NewOptions& options) {
  Asker asker(options);
  const std::string text = Written(asker);
  // Nothing is left behind that `check` would refuse.
  const auto config = ParseConfig(text, options.output == "-" ? "adapter.toml" : options.output);
  if (!config.ok()) return Tell(config.status());
  if (options.output == "-") {
    std::cout << text;
    return EXIT_SUCCESS;
  }
  const int fd = ::open(options.output.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (fd < 0) return Failed(options.output, errno);
  const ssize_t written = ::write(fd, text.data(), text.size());
  const int error = errno;
  ::close(fd);
  if (written != static_cast<ssize_t>(text.size())) return Failed(options.output, error);
  std::cout << options.output << '\n'
            << "madoguchi-adapter --config " << options.output << " check\n";
  return EXIT_SUCCESS;
}

}  // namespace madoguchi::adapters
