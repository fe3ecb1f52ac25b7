#ifndef MADOGUCHI_AGENT_OQS_WRITE_TREE_H_
#define MADOGUCHI_AGENT_OQS_WRITE_TREE_H_

#include <map>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "agent/oqs/unknown.h"

// unknown_elements as a tree, so that the writer can put each back at its path.
namespace madoguchi::oqs {

struct WriteNode {
  // By name and index among siblings of that name.
  std::map<std::pair<std::string, int>, WriteNode> children;
  std::map<std::string, std::string> attributes;
  std::string text;
};

// The node of the root element. MDG-1307 (`field`: unknown_elements and the number of the entry,
// from 0) for a path that cannot be one: other root, names that are no XML names, levels, entries
// or indices beyond the reader's bounds, an attribute given twice, characters XML forbids in the
// text.
absl::StatusOr<WriteNode> MakeWriteTree(const UnknownElements& elements);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_WRITE_TREE_H_
