#ifndef MADOGUCHI_AGENT_CONFIG_SECTION_H_
#define MADOGUCHI_AGENT_CONFIG_SECTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/config/checks.h"

namespace madoguchi::config {

// One table of a TOML file. Remembers which keys were asked for, so that the others can be refused.
// The first problem of the whole file is kept (MDG-1601; its text names file, line, key, value and
// what is allowed) and everything after it reads as the fallback. For one thread.
class Section {
 public:
  // The file itself. `path` is for messages only. MDG-1601 when it is not TOML.
  static absl::StatusOr<Section> Parse(absl::string_view text, const std::string& path);
  Section(Section&& other) noexcept;
  Section& operator=(Section&& other) noexcept;
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;
  ~Section();

  std::string Text(const std::string& key, const Check& check, const std::string& fallback,
                   bool required = false);
  int64_t Number(const std::string& key, int64_t least, int64_t most, int64_t fallback);
  bool Flag(const std::string& key, bool fallback);
  absl::Duration Time(const std::string& key, absl::Duration least, absl::Duration most,
                      absl::Duration fallback);
  std::vector<std::string> List(const std::string& key, const Check& check, bool required);
  std::optional<Section> Table(const std::string& key, bool required);
  std::vector<Section> Tables(const std::string& key);

  // After everything was asked for: what is left over is a mistake, and one that explains better
  // than that something is missing (a misspelt key is both).
  void RefuseUnknown();
  // Refuses what is written at `key`, or its absence.
  void RefuseKey(const std::string& key, const std::string& allowed);

  // The first problem of the file, in any of its tables.
  const absl::Status& status() const;

 private:
  class Impl;
  explicit Section(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace madoguchi::config

#endif  // MADOGUCHI_AGENT_CONFIG_SECTION_H_
