#include "tests/sim/requests.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/base/japan_time.h"
#include "tests/sim/files.h"
#include "tests/sim/json.h"

namespace madoguchi::sim {
namespace {

std::string LogFile(const Site& site) { return absl::StrCat(site.SimFolder(), "/requests.jsonl"); }

}  // namespace

absl::Status LogRequest(const Site& site, const SeenRequest& request) {
  JsonObject line;
  line.Text("file", request.file)
      .Text("terminal", request.terminal == 0 ? "web" : Site::TerminalName(request.terminal))
      .Text("at", base::FormatOqsTime(request.at))
      .Number("patient", request.patient)
      .Text("family", request.family)
      .Text("file_category", request.file_category)
      .Text("from_month", request.from_month)
      .Text("to_month", request.to_month)
      .Text("question", request.question)
      .Text("identifier", request.identifier)
      .Text("outcome", request.outcome);
  const std::string path = LogFile(site);
  const Descriptor file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file.open()) return FileError("cannot write", path);
  return WriteAll(file.get(), absl::StrCat(line.Str(), "\n"), path);
}

absl::StatusOr<std::vector<std::string>> SeenRequestLines(const Site& site) {
  if (!Exists(LogFile(site))) return std::vector<std::string>();
  const absl::StatusOr<std::string> text = ReadFile(LogFile(site));
  if (!text.ok()) return text.status();
  return absl::StrSplit(*text, '\n', absl::SkipEmpty());
}

}  // namespace madoguchi::sim
