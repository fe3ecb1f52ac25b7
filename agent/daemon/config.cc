#include "agent/daemon/config.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/base/error.h"
#include "agent/config/checks.h"
#include "agent/config/file.h"
#include "agent/config/section.h"
#include "agent/daemon/config_center.h"
#include "agent/daemon/config_checks.h"

namespace madoguchi::daemon {
namespace {

using config::AnyName;
using config::AnyPath;
using config::Check;
using config::HostPort;
using config::NameCharacters;
using config::OctalMode;
using config::Section;

class FileReader {
 public:
  explicit FileReader(const std::string& path)
      : folder_(std::filesystem::absolute(path).parent_path()) {}

  absl::StatusOr<Config> Read(Section top) {
    if (auto table = top.Table("site", true)) ReadSite(*table);
    if (auto table = top.Table("listen", true)) ReadListen(*table);
    if (auto table = top.Table("records", false)) ReadRecords(*table);
    for (Section& table : top.Tables("terminal")) ReadTerminal(table);
    for (Section& table : top.Tables("reader")) ReadReader(table);
    if (auto table = top.Table("center", false)) ReadWebApi(*table);
    if (auto table = top.Table("cards", !config_.readers.empty())) ReadCards(*table);
    for (Section& table : top.Tables("client")) ReadClient(table);
    top.RefuseUnknown();
    MDG_RETURN_IF_ERROR(top.status());
    return std::move(config_);
  }

 private:
  std::string Absolute(const std::string& path) const {
    if (path.empty()) return path;
    return (folder_ / path).lexically_normal().string();
  }

  void ReadSite(Section& site) {
    config_.institution = site.Text(
        "institution", {TenDigits, "the 10 digits of the institution (医療機関コード)"}, "", true);
    config_.state_dir = Absolute(site.Text("state_dir", AnyPath(), "", true));
    config_.keep_days = static_cast<int>(site.Number("keep_days", 1, 3650, config_.keep_days));
    config_.keep_request_ids_days = static_cast<int>(
        site.Number("keep_request_ids_days", 1, 3650, config_.keep_request_ids_days));
    config_.answer_within =
        site.Time("answer_within", absl::Seconds(1), absl::Hours(1), config_.answer_within);
    site.RefuseUnknown();
  }

  void ReadRecords(Section& records) {
    MedicalConfig& to = config_.medical;
    // What was fetched inside the window is not kept for ever (assumption of the design: 72 h).
    to.keep = records.Time("keep", absl::Seconds(10), absl::Hours(24 * 31), to.keep);
    to.grace = records.Time("grace", absl::ZeroDuration(), to.keep, std::min(to.grace, to.keep));
    records.RefuseUnknown();
  }

  void ReadListen(Section& listen) {
    ListenConfig& to = config_.listen;
    // sun_path holds 107 bytes; a longer path would fail only when the socket is made.
    const Check socket_path{[this](const std::string& text) {
                              return AnyPath().accepts(text) && Absolute(text).size() <= 107;
                            },
                            "a path of at most 107 bytes"};
    to.unix_path = Absolute(listen.Text("unix", socket_path, ""));
    const std::string mode =
        listen.Text("unix_mode", {OctalMode, "three or four octal digits in quotes"}, "0660");
    to.unix_mode = static_cast<mode_t>(std::stoul(mode, nullptr, 8));
    to.tcp = listen.Text("tcp", {HostPort, "HOST:PORT (port 0: any free one)"}, "");
    const bool tls = !to.tcp.empty();
    to.certificate = Absolute(listen.Text("certificate", AnyPath(), "", tls));
    to.key = Absolute(listen.Text("key", AnyPath(), "", tls));
    to.client_ca = Absolute(listen.Text("client_ca", AnyPath(), "", tls));
    to.tls13_only = listen.Flag("tls13_only", false);
    if (to.unix_path.empty() && to.tcp.empty()) {
      listen.RefuseKey("unix", "a path, or `tcp` beside it: one of the two is needed");
    }
    listen.RefuseUnknown();
  }

  void ReadTerminal(Section& from) {
    eligibility::TerminalConfig to;
    to.name = from.Text("name", AnyName(), "", true);
    to.counter = from.Text("counter", AnyName(), "", true);
    to.face = Absolute(from.Text("face", AnyPath(), "", true));
    for (const std::string& extra : from.List("extra_folders", AnyPath(), false)) {
      to.extra_folders.push_back(Absolute(extra));
    }
    to.rescan = from.Time("rescan", absl::Milliseconds(100), absl::Minutes(1), to.rescan);
    to.hang_after = from.Time("hang_after", absl::Seconds(1), absl::Minutes(5), to.hang_after);
    to.incomplete_after =
        from.Time("incomplete_after", absl::Seconds(1), absl::Minutes(10), to.incomplete_after);
    for (const eligibility::TerminalConfig& other : config_.terminals) {
      if (other.name == to.name) from.RefuseKey("name", "a name no other terminal has");
      if (other.face == to.face) from.RefuseKey("face", "a folder no other terminal has");
    }
    ReadLine(from, to);
    const Check kind{[](const std::string& text) { return text == "drug" || text == "checkup"; },
                     "\"drug\" and \"checkup\""};
    for (const std::string& text : from.List("prefetch", kind, false)) {
      config_.medical.prefetch[to.counter].push_back(text == "drug" ? records::Kind::kDrug
                                                                    : records::Kind::kCheckup);
    }
    from.RefuseUnknown();
    config_.terminals.push_back(std::move(to));
  }

  void ReadLine(Section& from, const eligibility::TerminalConfig& terminal) {
    eligibility::LineConfig to;
    to.terminal = terminal.name;
    to.counter = terminal.counter;
    to.rescan = terminal.rescan;
    to.hang_after = terminal.hang_after;
    to.req = Absolute(from.Text("req", AnyPath(), ""));
    to.res = Absolute(from.Text("res", AnyPath(), ""));
    to.range.first = static_cast<int>(from.Number("suffix_first", 0, 9999, to.range.first));
    to.range.last = static_cast<int>(from.Number("suffix_last", 0, 9999, to.range.last));
    if (to.range.first > to.range.last) {
      from.RefuseKey("suffix_last", "a number not below suffix_first");
    }
    const Check encoding{
        [](const std::string& text) { return text == "Shift_JIS" || text == "UTF-8"; },
        "\"Shift_JIS\" or \"UTF-8\""};
    if (from.Text("request_encoding", encoding, "Shift_JIS") == "UTF-8") {
      to.encoding = oqs::Encoding::kUtf8;
    }
    to.try_again_after =
        from.Time("try_again_after", absl::Seconds(1), absl::Hours(1), to.try_again_after);
    if (to.req.empty() != to.res.empty()) {
      from.RefuseKey(to.req.empty() ? "req" : "res", "a path: `req` and `res` belong together");
    }
    if (to.req.empty()) return;
    if (to.req == to.res) from.RefuseKey("res", "another folder than `req`");
    for (const eligibility::LineConfig& other : config_.lines) {
      if (other.req == to.req) from.RefuseKey("req", "a folder no other terminal has");
    }
    config_.lines.push_back(std::move(to));
  }

  void ReadWebApi(Section& from) {
    config_.center = ReadCenter(from, [this](const std::string& path) { return Absolute(path); });
    for (const eligibility::TerminalConfig& terminal : config_.terminals) {
      if (terminal.name == config_.center->name) from.RefuseKey("name", "a name no terminal has");
    }
  }

  void ReadReader(Section& from) {
    reader::ReaderRule to;
    to.match = from.Text(
        "match",
        {ReaderPattern, "the name of a reader, 1 to 128 bytes; `*` at its end stands for any rest"},
        "", true);
    to.counter = from.Text("counter", AnyName(), "", true);
    for (const reader::ReaderRule& other : config_.readers) {
      if (other.match == to.match) from.RefuseKey("match", "a name no other [[reader]] has");
    }
    from.RefuseUnknown();
    config_.readers.push_back(std::move(to));
  }

  void ReadCards(Section& from) {
    for (const std::string& root : from.List("roots", AnyPath(), true)) {
      config_.cards.roots.push_back(Absolute(root));
    }
    if (config_.cards.roots.empty()) from.RefuseKey("roots", "at least one path");
    config_.cards.test_hierarchy = from.Flag("test_hierarchy", false);
    config_.cards.medical_consent = from.Flag("medical_consent", false);
    config_.cards.exchange_within = from.Time("exchange_within", absl::Seconds(1), absl::Minutes(1),
                                              config_.cards.exchange_within);
    from.RefuseUnknown();
  }

  void ReadClient(Section& from) {
    rpc::ClientConfig to;
    to.name = from.Text("name", AnyName(), "", true);
    const int64_t uid = from.Number("uid", 0, 4294967294, -1);
    if (uid >= 0) to.uid = static_cast<uid_t>(uid);
    const std::string certificate = from.Text("certificate", AnyName(), "");
    if (!certificate.empty()) to.common_name = certificate;
    if (to.uid.has_value() == to.common_name.has_value()) {
      from.RefuseKey("uid", "either `uid` or `certificate` (the common name), not both");
    }
    ReadRoles(from, to);
    to.counters =
        from.List("counters",
                  {[](const std::string& text) { return text == "*" || NameCharacters(text); },
                   "counter names, or \"*\" for all"},
                  true);
    CheckCounters(from, to);
    for (const rpc::ClientConfig& other : config_.clients) {
      if (other.name == to.name) from.RefuseKey("name", "a name no other client has");
      if (to.uid.has_value() && other.uid == to.uid) {
        from.RefuseKey("uid", "a uid no other client has");
      }
      if (to.common_name.has_value() && other.common_name == to.common_name) {
        from.RefuseKey("certificate", "a common name no other client has");
      }
    }
    from.RefuseUnknown();
    config_.clients.push_back(std::move(to));
  }

  static void ReadRoles(Section& from, rpc::ClientConfig& to) {
    std::vector<std::string> allowed;
    for (const auto& [name, role] : RoleNames()) allowed.push_back(name);
    const Check check{[&allowed](const std::string& text) {
                        return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
                      },
                      absl::StrJoin(allowed, ", ")};
    for (const std::string& text : from.List("roles", check, true)) {
      for (const auto& [name, role] : RoleNames()) {
        if (name == text) to.roles.push_back(role);
      }
    }
  }

  void CheckCounters(Section& from, rpc::ClientConfig& to) const {
    if (std::find(to.counters.begin(), to.counters.end(), "*") != to.counters.end()) {
      to.counters.clear();
      return;
    }
    const std::vector<std::string> known = config_.Counters();
    for (const std::string& counter : to.counters) {
      if (std::find(known.begin(), known.end(), counter) == known.end()) {
        from.RefuseKey("counters",
                       absl::StrCat("counters of a [[terminal]], a [[reader]] or [center] above: ",
                                    absl::StrJoin(known, ", "), " or \"*\""));
      }
    }
    if (to.counters.empty()) from.RefuseKey("counters", "at least one counter, or \"*\"");
  }

  const std::filesystem::path folder_;
  Config config_;
};

}  // namespace

std::vector<std::string> Config::Counters() const {
  std::vector<std::string> counters;
  const auto add = [&counters](const std::string& counter) {
    if (std::find(counters.begin(), counters.end(), counter) == counters.end()) {
      counters.push_back(counter);
    }
  };
  for (const eligibility::TerminalConfig& terminal : terminals) add(terminal.counter);
  for (const reader::ReaderRule& reader : readers) add(reader.counter);
  if (center.has_value()) {
    for (const std::string& counter : center->counters) add(counter);
  }
  return counters;
}

absl::StatusOr<Config> LoadConfig(const std::string& path) {
  const absl::StatusOr<std::string> text = config::ReadText(path);
  if (!text.ok()) return text.status();
  return ParseConfig(*text, path);
}

absl::StatusOr<Config> ParseConfig(absl::string_view text, const std::string& path) {
  absl::StatusOr<Section> root = Section::Parse(text, path);
  if (!root.ok()) return root.status();
  return FileReader(path).Read(*std::move(root));
}

}  // namespace madoguchi::daemon
