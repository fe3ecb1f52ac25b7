#include "agent/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace madoguchi::base {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

spdlog::logger& Logger() {
  // Leaked on purpose: threads that are abandoned at exit may still log.
  static spdlog::logger* const logger = [] {
    auto* made = new spdlog::logger("madoguchi", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}

// Bytes of the UTF-8 sequence that begins with `lead` (2 to 4), or 0 when none does.
size_t LengthByLead(unsigned char lead) {
  if (lead < 0xC2 || lead > 0xF4) return 0;
  if (lead <= 0xDF) return 2;
  return lead <= 0xEF ? 3 : 4;
}

// Length of the UTF-8 sequence that begins at text[at] (2 to 4), or 0 when it is not one.
size_t Utf8Length(absl::string_view text, size_t at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  const size_t length = LengthByLead(lead);
  if (length == 0 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[at + i]) & 0xC0) != 0x80) return 0;
  }
  const auto second = static_cast<unsigned char>(text[at + 1]);
  // Longer than need be, surrogates, beyond U+10FFFF.
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90)) return 0;
  if ((lead == 0xED && second >= 0xA0) || (lead == 0xF4 && second >= 0x90)) return 0;
  // C1 controls (U+0080 to U+009F) can drive a terminal too.
  if (lead == 0xC2 && second < 0xA0) return 0;
  return length;
}

}  // namespace

void SetLogLevel(LogLevel level) { Logger().set_level(ToSpdlog(level)); }

std::string Printable(absl::string_view text, size_t most) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (out.size() >= most) return out + "...";
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
      out += text[i++];
      continue;
    }
    const size_t length = c >= 0x80 ? Utf8Length(text, i) : 0;
    if (length > 0) {
      out.append(text.data() + i, length);
      i += length;
    } else {
      absl::StrAppendFormat(&out, "\\x%02x", c);
      ++i;
    }
  }
  return out;
}

void Log(LogLevel level, absl::string_view event, std::initializer_list<LogField> fields) {
  const auto spd = ToSpdlog(level);
  if (!Logger().should_log(spd)) return;
  std::string line(event.data(), event.size());
  for (const auto& [key, value] : fields) {
    const std::string safe = Printable(value, 500);
    const bool quote = safe.empty() || safe.find(' ') != std::string::npos;
    absl::StrAppend(&line, " ", key, "=", quote ? "\"" : "", safe, quote ? "\"" : "");
  }
  Logger().log(spd, line);
}

}  // namespace madoguchi::base
