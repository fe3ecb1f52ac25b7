#ifndef MADOGUCHI_AGENT_OQS_TREE_READER_H_
#define MADOGUCHI_AGENT_OQS_TREE_READER_H_

#include <pugixml.hpp>
#include <string>

#include "absl/strings/string_view.h"
#include "agent/oqs/element.h"
#include "agent/oqs/unknown.h"

namespace madoguchi::oqs {

// Text between elements: runs without the white space around them, joined by a space. Pieces with
// only a comment between them are one run.
class StrayText {
 public:
  void Add(absl::string_view piece) { run_.append(piece.data(), piece.size()); }
  void EndRun();
  std::string Take() &&;

 private:
  std::string text_;
  std::string run_;
};

// How the tree is parsed: white space is kept only where `splits_text` (see XmlScan) says that it
// may be part of a value, and the first text of an element is its node's value.
unsigned ParseFlags(bool splits_text);

// From the parsed tree of one message to a record, driven by the element table. Recursion is
// bounded by the scan that went before (kMaxDepth). One use per message.
class TreeReader {
 public:
  explicit TreeReader(bool has_attributes) : has_attributes_(has_attributes) {}

  // Reads root element, which stands for `scope`, into `record`.
  void Read(Scope scope, const pugi::xml_node& root, void* record);

  // After Read. True when an element has two attributes of one name.
  bool has_double_attribute() const { return has_double_attribute_; }
  UnknownCollector& unknown() { return unknown_; }

 private:
  bool ReadScope(Scope scope, const pugi::xml_node& node, const Place& place, void* record);
  bool ReadElement(const Element& element, const pugi::xml_node& node, const Place& place,
                   void* record);
  bool ReadGroup(const Element& element, const pugi::xml_node& node, const Place& place,
                 void* record);
  absl::string_view JoinedText(const pugi::xml_node& node, const Place& place);
  void KeepAttributes(const pugi::xml_node& node, const Place& place);
  StrayText KeepChildren(const pugi::xml_node& node, const Place& place);
  void KeepStray(StrayText stray, const Place& place);
  void KeepUnknown(const pugi::xml_node& node, const Place& place);
  void KeepDuplicate(const pugi::xml_node& node, const Place& place);

  const bool has_attributes_;
  bool has_double_attribute_ = false;
  UnknownCollector unknown_;
  std::string joined_;
};

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_TREE_READER_H_
