#include "agent/daemon/config.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>
#include <sstream>
#include <utility>

#define TOML_HEADER_ONLY 0
#include <toml++/toml.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "agent/base/error.h"
#include "agent/base/log.h"
#include "agent/daemon/config_checks.h"

namespace madoguchi::daemon {
namespace {

absl::Status Problem(const std::string& what, const std::string& key) {
  return base::MakeError(base::ErrorCode::kBadConfiguration, {.what = what, .field = key});
}

// One table of the file. Remembers which keys were asked for, so that the others can be refused;
// the first problem is kept in `status`.
class Section {
 public:
  Section(const toml::table& table, std::string name, const std::string& file, absl::Status& status)
      : table_(table), name_(std::move(name)), file_(file), status_(status) {}

  std::string Text(const std::string& key, const Check& check, const std::string& fallback,
                   bool required = false) {
    const toml::node* node = Find(key, required);
    if (node == nullptr) return fallback;
    const auto value = node->value_exact<std::string>();
    if (!value.has_value() || !check.accepts(*value)) {
      Refuse(*node, key, check.allowed);
      return fallback;
    }
    return *value;
  }

  int64_t Number(const std::string& key, int64_t least, int64_t most, int64_t fallback) {
    const toml::node* node = Find(key, false);
    if (node == nullptr) return fallback;
    const auto value = node->value_exact<int64_t>();
    if (!value.has_value() || *value < least || *value > most) {
      Refuse(*node, key, absl::StrCat("a whole number from ", least, " to ", most));
      return fallback;
    }
    return *value;
  }

  bool Flag(const std::string& key, bool fallback) {
    const toml::node* node = Find(key, false);
    if (node == nullptr) return fallback;
    const auto value = node->value_exact<bool>();
    if (!value.has_value()) Refuse(*node, key, "true or false");
    return value.value_or(fallback);
  }

  absl::Duration Time(const std::string& key, absl::Duration least, absl::Duration most,
                      absl::Duration fallback) {
    const toml::node* node = Find(key, false);
    if (node == nullptr) return fallback;
    absl::Duration value;
    const auto text = node->value_exact<std::string>();
    if (!text.has_value() || !absl::ParseDuration(*text, &value) || value < least || value > most) {
      Refuse(*node, key,
             absl::StrCat("a time from \"", absl::FormatDuration(least), "\" to \"",
                          absl::FormatDuration(most), "\""));
      return fallback;
    }
    return value;
  }

  std::vector<std::string> List(const std::string& key, const Check& check, bool required) {
    std::vector<std::string> values;
    const toml::node* node = Find(key, required);
    if (node == nullptr) return values;
    const toml::array* array = node->as_array();
    if (array == nullptr || array->size() > 1000) {
      Refuse(*node, key, "a list of " + check.allowed);
      return values;
    }
    for (const toml::node& element : *array) {
      const auto value = element.value_exact<std::string>();
      if (!value.has_value() || !check.accepts(*value)) {
        Refuse(element, key, "a list of " + check.allowed);
        return {};
      }
      values.push_back(*value);
    }
    return values;
  }

  const toml::table* Table(const std::string& key, bool required) {
    const toml::node* node = Find(key, required);
    if (node == nullptr) return nullptr;
    if (!node->is_table()) Refuse(*node, key, "a [" + key + "] table");
    return node->as_table();
  }

  std::vector<const toml::table*> Tables(const std::string& key) {
    std::vector<const toml::table*> tables;
    const toml::node* node = Find(key, false);
    if (node == nullptr) return tables;
    const toml::array* array = node->as_array();
    if (array == nullptr || array->size() > 1000 || !array->is_homogeneous<toml::table>()) {
      Refuse(*node, key, "[[" + key + "]] tables");
      return tables;
    }
    for (const toml::node& element : *array) tables.push_back(element.as_table());
    return tables;
  }

  // After everything was asked for: what is left over is a mistake, and one that explains better
  // than that something is missing (a misspelt key is both).
  void RefuseUnknown() {
    for (const auto& [key, node] : table_) {
      if (used_.count(std::string(key.str())) == 0) {
        if (only_missing_) status_ = absl::OkStatus();
        only_missing_ = false;
        Refuse(node, std::string(key.str()),
               "one of the keys " + absl::StrJoin(used_, ", ") + " (unknown key)");
      }
    }
  }

  // Refuses what is written at `key`, or its absence.
  void RefuseKey(const std::string& key, const std::string& allowed) {
    const toml::node* node = table_.get(key);
    Refuse(node == nullptr ? static_cast<const toml::node&>(table_) : *node, key, allowed);
  }

 private:
  const toml::node* Find(const std::string& key, bool required) {
    used_.insert(key);
    const toml::node* node = table_.get(key);
    if (node == nullptr && required && status_.ok()) {
      Refuse(table_, key, "a value; it is missing");
      only_missing_ = true;
    }
    return node;
  }

  void Refuse(const toml::node& node, const std::string& key, const std::string& allowed) {
    if (!status_.ok()) return;
    std::ostringstream value;
    if (!node.is_table() && !node.is_array()) node.visit([&value](auto&& it) { value << it; });
    const std::string path = name_.empty() ? key : absl::StrCat(name_, ".", key);
    const std::string shown = value.str();
    status_ = Problem(
        absl::StrCat(file_, ":", node.source().begin.line, ": ", path, shown.empty() ? "" : " = ",
                     base::Printable(shown), ": allowed is ", allowed),
        path);
  }

  const toml::table& table_;
  const std::string name_;
  const std::string& file_;
  absl::Status& status_;
  std::set<std::string> used_;
  bool only_missing_ = false;
};

class Reader {
 public:
  explicit Reader(const std::string& path)
      : path_(path), folder_(std::filesystem::absolute(path).parent_path()) {}

  absl::StatusOr<Config> Read(const toml::table& root) {
    Section top(root, "", path_, status_);
    if (const toml::table* table = top.Table("site", true)) ReadSite(*table);
    if (const toml::table* table = top.Table("listen", true)) ReadListen(*table);
    if (const toml::table* table = top.Table("records", false)) ReadRecords(*table);
    for (const toml::table* table : top.Tables("terminal")) ReadTerminal(*table);
    for (const toml::table* table : top.Tables("client")) ReadClient(*table);
    top.RefuseUnknown();
    MDG_RETURN_IF_ERROR(status_);
    return std::move(config_);
  }

 private:
  std::string Absolute(const std::string& path) const {
    if (path.empty()) return path;
    return (folder_ / path).lexically_normal().string();
  }

  void ReadSite(const toml::table& table) {
    Section site(table, "site", path_, status_);
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

  void ReadRecords(const toml::table& table) {
    Section records(table, "records", path_, status_);
    MedicalConfig& to = config_.medical;
    // What was fetched inside the window is not kept for ever (assumption of the design: 72 h).
    to.keep = records.Time("keep", absl::Seconds(10), absl::Hours(24 * 31), to.keep);
    to.grace = records.Time("grace", absl::ZeroDuration(), to.keep, std::min(to.grace, to.keep));
    records.RefuseUnknown();
  }

  void ReadListen(const toml::table& table) {
    Section listen(table, "listen", path_, status_);
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

  void ReadTerminal(const toml::table& table) {
    Section from(table, "terminal", path_, status_);
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

  void ReadClient(const toml::table& table) {
    Section from(table, "client", path_, status_);
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
        from.RefuseKey("counters", absl::StrCat("counters of a [[terminal]] above: ",
                                                absl::StrJoin(known, ", "), " or \"*\""));
      }
    }
    if (to.counters.empty()) from.RefuseKey("counters", "at least one counter, or \"*\"");
  }

  const std::string path_;
  const std::filesystem::path folder_;
  absl::Status status_;
  Config config_;
};

}  // namespace

std::vector<std::string> Config::Counters() const {
  std::vector<std::string> counters;
  for (const eligibility::TerminalConfig& terminal : terminals) {
    if (std::find(counters.begin(), counters.end(), terminal.counter) == counters.end()) {
      counters.push_back(terminal.counter);
    }
  }
  return counters;
}

absl::StatusOr<Config> ParseConfig(absl::string_view text, const std::string& path) {
  try {
    const toml::table root = toml::parse(std::string(text), path);
    return Reader(path).Read(root);
  } catch (const toml::parse_error& error) {
    return Problem(absl::StrCat(path, ":", error.source().begin.line, ": ",
                                base::Printable(std::string(error.description()), 300)),
                   "");
  }
}

}  // namespace madoguchi::daemon
