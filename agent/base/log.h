#ifndef MADOGUCHI_AGENT_BASE_LOG_H_
#define MADOGUCHI_AGENT_BASE_LOG_H_

#include <initializer_list>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

// The log: one line per event on standard error, `time level event key=value ...`. Never personal
// data: give ids, counts, numbers of the error catalogue, never a name, a number of a certificate
// or the text of a message. Control characters in values are escaped. Thread-safe.
namespace madoguchi::base {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

using LogField = std::pair<absl::string_view, std::string>;

// Lines below `level` are dropped. Default: kInfo.
void SetLogLevel(LogLevel level);

void Log(LogLevel level, absl::string_view event, std::initializer_list<LogField> fields = {});

inline void LogInfo(absl::string_view event, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kInfo, event, fields);
}
inline void LogWarning(absl::string_view event, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kWarning, event, fields);
}
inline void LogError(absl::string_view event, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kError, event, fields);
}

// `text` with control characters, quotes and bytes outside UTF-8 as \xNN, cut to `most` bytes: safe
// in a log line, a status message and on a terminal.
std::string Printable(absl::string_view text, size_t most = 200);

}  // namespace madoguchi::base

#endif  // MADOGUCHI_AGENT_BASE_LOG_H_
