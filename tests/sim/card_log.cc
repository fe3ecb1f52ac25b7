#include "tests/sim/card_log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/base/error.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"

namespace madoguchi::sim {
namespace {

std::string CardLogFile(const Site& site) { return absl::StrCat(site.SimFolder(), "/card.jsonl"); }

}  // namespace

absl::StatusOr<CardLog> CardLog::Open(const Site& site) {
  CardLog log;
  log.path_ = CardLogFile(site);
  log.file_ = Descriptor(
      open(log.path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!log.file_.open()) return FileError("cannot write", log.path_);
  return log;
}

absl::Status CardLog::Add(const JsonObject& line) const {
  return WriteAll(file_.get(), absl::StrCat(line.Str(), "\n"), path_);
}

absl::StatusOr<std::vector<std::string>> CardLogLines(const Site& site) {
  if (!Exists(CardLogFile(site))) return std::vector<std::string>();
  const absl::StatusOr<std::string> text = ReadFile(CardLogFile(site));
  if (!text.ok()) return text.status();
  return absl::StrSplit(*text, '\n', absl::SkipEmpty());
}

std::string CardLogSummary(const std::vector<std::string>& lines) {
  int exchanges = 0;
  std::map<std::string, int> acts;
  std::map<std::string, int> forbidden;
  for (const std::string& line : lines) {
    google::protobuf::Struct event;
    if (!google::protobuf::util::JsonStringToMessage(line, &event).ok()) continue;
    const auto& fields = event.fields();
    if (fields.contains("act")) {
      ++exchanges;
      ++acts[fields.at("act").string_value()];
    }
    if (!fields.contains("forbidden")) continue;
    for (const auto& name : fields.at("forbidden").list_value().values()) {
      ++forbidden[name.string_value()];
    }
  }
  std::string out = absl::StrCat(exchanges, " exchange(s)\n");
  for (const auto& [act, count] : acts) absl::StrAppend(&out, "  ", act, " ", count, "\n");
  if (forbidden.empty()) return absl::StrCat(out, "nothing that must not be done\n");
  absl::StrAppend(&out, "what must not be done:\n");
  for (const auto& [name, count] : forbidden) absl::StrAppend(&out, "  ", name, " ", count, "\n");
  return out;
}

}  // namespace madoguchi::sim
