#include "tests/sim/run_state.h"

#include <fcntl.h>
#include <sys/file.h>

#include <csignal>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "tests/sim/files.h"

namespace madoguchi::sim {

std::string RunStateFile(const Site& site) { return absl::StrCat(site.SimFolder(), "/run.json"); }
std::string RunLockFile(const Site& site) { return absl::StrCat(site.SimFolder(), "/run.lock"); }

absl::Status WriteRunState(const Site& site, const RunState& state) {
  google::protobuf::Struct document;
  auto& fields = *document.mutable_fields();
  fields["pid"].set_number_value(state.pid);
  fields["fuse"].set_bool_value(state.fuse);
  google::protobuf::ListValue& bindfs = *fields["bindfs"].mutable_list_value();
  for (const pid_t pid : state.bindfs) bindfs.add_values()->set_number_value(pid);
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(document, &json).ok()) {
    return absl::InternalError("the state of run has no JSON form");
  }
  return ReplaceFile(RunStateFile(site), absl::StrCat(json, "\n"));
}

std::optional<RunState> ReadRunState(const Site& site) {
  const Descriptor lock(open(RunLockFile(site).c_str(), O_RDWR | O_CLOEXEC));
  // Nobody holds it: what the file says is left over.
  if (!lock.open() || flock(lock.get(), LOCK_SH | LOCK_NB) == 0) return std::nullopt;
  const absl::StatusOr<std::string> json = ReadFile(RunStateFile(site));
  google::protobuf::Struct document;
  if (!json.ok() || !google::protobuf::util::JsonStringToMessage(*json, &document).ok()) {
    return std::nullopt;
  }
  const auto& fields = document.fields();
  if (!fields.contains("pid") || !fields.contains("fuse") || !fields.contains("bindfs")) {
    return std::nullopt;
  }
  RunState state;
  state.pid = static_cast<pid_t>(fields.at("pid").number_value());
  state.fuse = fields.at("fuse").bool_value();
  for (const auto& value : fields.at("bindfs").list_value().values()) {
    state.bindfs.push_back(static_cast<pid_t>(value.number_value()));
  }
  return state;
}

absl::Status SignalShare(const RunState& run, int terminal, int signal) {
  const size_t place = static_cast<size_t>(terminal) - 1;
  const pid_t pid = place < run.bindfs.size() ? run.bindfs[place] : 0;
  const absl::StatusOr<std::string> name = ReadFile(absl::StrCat("/proc/", pid, "/comm"));
  if (pid <= 0 || !name.ok() || absl::StripSuffix(*name, "\n") != "bindfs" ||
      kill(pid, signal) != 0) {
    return absl::UnavailableError(
        absl::StrCat("the bindfs process of ", Site::TerminalName(terminal), " is gone"));
  }
  return absl::OkStatus();
}

}  // namespace madoguchi::sim
