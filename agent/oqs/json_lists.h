#ifndef MADOGUCHI_AGENT_OQS_JSON_LISTS_H_
#define MADOGUCHI_AGENT_OQS_JSON_LISTS_H_

#include "absl/strings/string_view.h"

namespace madoguchi::oqs {

// True for an element that holds nothing but one kind of repeated element (`ResultList`), wherever
// it stands: the JSON form has an array for it.
bool IsListElement(absl::string_view name);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_JSON_LISTS_H_
