#ifndef MADOGUCHI_AGENT_OQS_XML_SCAN_H_
#define MADOGUCHI_AGENT_OQS_XML_SCAN_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/oqs/limits.h"

// A look at a text before the XML parser sees it: linear in time, constant in memory.
namespace madoguchi::oqs {

struct XmlScan {
  // Comments, CDATA sections or processing instructions split or hide text: the parser must then
  // keep white space, so that none inside a value is lost.
  bool splits_text = false;
  // Any element has an attribute.
  bool has_attributes = false;
};

// Refuses what is not one element with at most white space, comments and processing instructions
// around it (MDG-1302), declarations `<!...` of a DTD (1303), more than kMaxDepth or `max_elements`
// (1305), and a text that ends before the root element does (1308). References must be to the five
// predefined entities or to characters XML allows. What it leaves to the parser: whether end tags
// fit their start tags. `text` is DecodedText::utf8. `field` of errors is a line.
absl::StatusOr<XmlScan> ScanXml(absl::string_view text,
                                size_t max_elements = kPersonLimits.elements);

// True for a name as elements and attributes may have (ASCII rules; any character beyond ASCII).
bool IsXmlName(absl::string_view name);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_XML_SCAN_H_
