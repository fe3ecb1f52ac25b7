#ifndef MADOGUCHI_AGENT_DAEMON_CONFIG_H_
#define MADOGUCHI_AGENT_DAEMON_CONFIG_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/daemon/medical.h"
#include "agent/daemon/readers.h"
#include "agent/eligibility/folder_line.h"
#include "agent/eligibility/terminal.h"
#include "agent/eligibility/web_line.h"
#include "agent/reader/monitor.h"
#include "agent/rpc/identity.h"

namespace madoguchi::daemon {

struct ListenConfig {
  // Absolute path of the UNIX socket; empty: none.
  std::string unix_path;
  mode_t unix_mode = 0660;
  // HOST:PORT (port 0: any free one); empty: none.
  std::string tcp;
  // Absolute paths of PEM files, for TCP.
  std::string certificate;
  std::string key;
  std::string client_ca;
  bool tls13_only = false;
};

// The whole configuration (docs/en/configuration.md), checked.
struct Config {
  // 10 digits.
  std::string institution;
  // Absolute.
  std::string state_dir;
  int keep_days = 14;
  int keep_request_ids_days = 90;
  absl::Duration answer_within = absl::Minutes(3);
  ListenConfig listen;
  std::vector<eligibility::TerminalConfig> terminals;
  // Of the terminals that have `req` and `res`.
  std::vector<eligibility::LineConfig> lines;
  // The web API of OQS, where the site has it.
  std::optional<eligibility::WebConfig> center;
  MedicalConfig medical;
  // Whose a card reader is, the first rule that fits its name; none: the daemon uses no reader.
  std::vector<reader::ReaderRule> readers;
  CardsConfig cards;
  // Each known by either its uid (UNIX socket) or the common name of its certificate (TCP).
  std::vector<rpc::ClientConfig> clients;

  // Every counter named by a terminal, a reader or the web API, each once, in the order of the
  // file.
  std::vector<std::string> Counters() const;
};

// Reads and checks `path`; relative paths in it are taken from its folder. Every error is MDG-1601
// and its text names file, line, key, value and what is allowed. Unknown keys are errors.
absl::StatusOr<Config> LoadConfig(const std::string& path);

// The same for text that is already there; `path` is used for messages and relative paths.
absl::StatusOr<Config> ParseConfig(absl::string_view text, const std::string& path);

}  // namespace madoguchi::daemon

#endif  // MADOGUCHI_AGENT_DAEMON_CONFIG_H_
