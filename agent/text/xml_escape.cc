#include "agent/text/xml_escape.h"

namespace madoguchi::text {
namespace {

// What stands for `c`; empty when it stands for itself.
absl::string_view Reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&apos;";
    case '\r':
      return "&#13;";
    case '\n':
      return "&#10;";
    case '\t':
      return "&#9;";
    default:
      return "";
  }
}

void AppendEscaped(absl::string_view text, absl::string_view special, std::string& out) {
  while (true) {
    const size_t at = text.find_first_of(special);
    out.append(text.data(), at == absl::string_view::npos ? text.size() : at);
    if (at == absl::string_view::npos) return;
    const absl::string_view reference = Reference(text[at]);
    out.append(reference.data(), reference.size());
    text.remove_prefix(at + 1);
  }
}

}  // namespace

void AppendXmlText(absl::string_view text, std::string& out) { AppendEscaped(text, "&<>\r", out); }

void AppendXmlAttribute(absl::string_view text, std::string& out) {
  AppendEscaped(text, "&<>\"'\r\n\t", out);
}

}  // namespace madoguchi::text
