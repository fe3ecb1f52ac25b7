#include "agent/oqs/write_tree.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "agent/base/error.h"
#include "agent/oqs/element.h"
#include "agent/oqs/limits.h"
#include "agent/oqs/xml_scan.h"
#include "agent/text/utf8.h"

namespace madoguchi::oqs {
namespace {

// `Name[3]` -> {Name, 3}; index 0 when it cannot be.
std::pair<std::string, int> ParseStep(absl::string_view step) {
  int index = 1;
  if (absl::ConsumeSuffix(&step, "]")) {
    const size_t open = step.find('[');
    if (open == absl::string_view::npos || !absl::SimpleAtoi(step.substr(open + 1), &index) ||
        index < 1 || index > static_cast<int>(kBulkLimits.elements)) {
      index = 0;
    }
    step = step.substr(0, open);
  }
  if (!IsXmlName(step)) index = 0;
  return {std::string(step), index};
}

// False when `path` cannot be one.
bool PutBack(const v1::UnknownElement& element, WriteNode& root) {
  const std::vector<absl::string_view> steps = absl::StrSplit(element.path(), '/');
  if (steps.front() != kRootName || steps.size() > kMaxDepth + 1) return false;
  WriteNode* node = &root;
  for (size_t i = 1; i < steps.size(); ++i) {
    absl::string_view step = steps[i];
    if (absl::ConsumePrefix(&step, "@")) {
      if (i + 1 != steps.size() || !IsXmlName(step)) return false;
      return node->attributes.emplace(std::string(step), element.text()).second;
    }
    std::pair<std::string, int> key = ParseStep(step);
    if (key.second == 0 || i >= kMaxDepth) return false;
    node = &node->children[std::move(key)];
  }
  node->text = element.text();
  return true;
}

}  // namespace

absl::StatusOr<WriteNode> MakeWriteTree(const UnknownElements& elements) {
  WriteNode root;
  for (int i = 0; i < elements.size(); ++i) {
    const bool too_many = i >= static_cast<int>(kBulkLimits.elements);
    if (too_many || text::FindNonXml(elements[i].text()) || !PutBack(elements[i], root)) {
      return base::MakeError(base::ErrorCode::kNotWritable,
                             {.what = "cannot be put back into a message",
                              .field = absl::StrCat("unknown_elements[", i, "]")});
    }
  }
  return root;
}

}  // namespace madoguchi::oqs
