#ifndef MADOGUCHI_AGENT_TEXT_XML_ESCAPE_H_
#define MADOGUCHI_AGENT_TEXT_XML_ESCAPE_H_

#include <string>

#include "absl/strings/string_view.h"

// Escaping for XML. `text` must be valid UTF-8 of characters XML allows (text::FindNonXml).
namespace madoguchi::text {

// Appends `text` as content of an element: a reader gets exactly it back. Carriage returns become
// references, because readers fold line ends.
void AppendXmlText(absl::string_view text, std::string& out);

// The same as the value of an attribute in double quotes, where readers also fold tabs and LFs.
void AppendXmlAttribute(absl::string_view text, std::string& out);

}  // namespace madoguchi::text

#endif  // MADOGUCHI_AGENT_TEXT_XML_ESCAPE_H_
