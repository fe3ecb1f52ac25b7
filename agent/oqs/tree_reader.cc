#include "agent/oqs/tree_reader.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/derive.h"

namespace madoguchi::oqs {
namespace {

// No scope has more rows (a test holds that).
constexpr size_t kMaxRows = 64;

bool IsText(const pugi::xml_node& node) {
  return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

bool IsBlank(absl::string_view text) { return absl::StripLeadingAsciiWhitespace(text).empty(); }

bool HasElements(const pugi::xml_node& node) {
  const auto children = node.children();
  return !std::all_of(children.begin(), children.end(), IsText);
}

// The text of an element without elements inside: all its pieces.
void AppendPieces(const pugi::xml_node& node, std::string& text) {
  text.append(node.value());
  for (const pugi::xml_node& child : node) text.append(child.value());
}

// Puts `text` (not blank, but for kTexts) into the field of a leaf.
void Store(const Element& element, absl::string_view text, void* record) {
  const Accessor& access = element.access;
  switch (element.kind) {
    case Kind::kText:
      access.text(record)->assign(text.data(), text.size());
      return;
    case Kind::kCode:
      access.text(record)->assign(text.data(), text.size());
      access.set_value(record, element.codes->ValueOf(text));
      return;
    case Kind::kPercent:
      access.text(record)->assign(text.data(), text.size());
      access.set_value(record, ParsePercent(text));
      return;
    case Kind::kDate:
    case Kind::kMonth:
      base::ParseOqsDate(text, *access.date(record));
      return;
    case Kind::kTime:
      *access.time(record) = base::ParseOqsTime(text);
      return;
    case Kind::kTexts:
      static_cast<std::string*>(access.add(record))->assign(text.data(), text.size());
      return;
    case Kind::kGroup:
    case Kind::kRepeated:
      return;
  }
}

// The known elements of a scope that were seen. One that is empty all through counts as absent.
class Seen {
 public:
  // The index the next one of `row` has among its siblings, from 1.
  int NextIndex(size_t row) const { return counts_[row] + 1; }
  bool Has(size_t row) const { return counts_[row] > 0; }
  void Count(size_t row) { ++counts_[row]; }

 private:
  std::array<int, kMaxRows> counts_{};
};

}  // namespace

void StrayText::EndRun() {
  if (run_.empty()) return;
  const absl::string_view run = absl::StripAsciiWhitespace(run_);
  if (!run.empty()) absl::StrAppend(&text_, text_.empty() ? "" : " ", run);
  run_.clear();
}

std::string StrayText::Take() && {
  EndRun();
  return std::move(text_);
}

unsigned ParseFlags(bool splits_text) {
  const unsigned flags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                         pugi::parse_wconv_attribute | pugi::parse_embed_pcdata;
  return splits_text ? flags | pugi::parse_ws_pcdata : flags;
}

void TreeReader::Read(Scope scope, const pugi::xml_node& root, void* record) {
  const Place place{nullptr, kRootName};
  if (has_attributes_) KeepAttributes(root, place);
  ReadScope(scope, root, place, record);
}

// Reads the elements inside `node` into `record`; true when that stored anything.
bool TreeReader::ReadScope(Scope scope, const pugi::xml_node& node, const Place& place,
                           void* record) {
  Seen seen;
  absl::flat_hash_map<absl::string_view, int> unknown_counts;
  StrayText stray;
  stray.Add(node.value());
  bool stored = false;
  size_t hint = 0;
  for (pugi::xml_node child = node.first_child(); child; child = child.next_sibling()) {
    if (child.type() != pugi::node_element) {
      stray.Add(child.value());
      continue;
    }
    stray.EndRun();
    const absl::string_view name = child.name();
    const size_t row = FindElement(scope, name, hint);
    if (row == kNotFound) {
      KeepUnknown(child, {&place, name, ++unknown_counts[name]});
      continue;
    }
    hint = row + 1;
    const Element& element = ElementsOf(scope)[row];
    const Place here{&place, name, seen.NextIndex(row)};
    const size_t leftovers = unknown_.size();
    if (seen.Has(row) && element.kind != Kind::kRepeated && element.kind != Kind::kTexts) {
      KeepDuplicate(child, here);
    } else if (ReadElement(element, child, here, record)) {
      stored = true;
      seen.Count(row);
      continue;
    }
    if (unknown_.size() == leftovers) continue;
    seen.Count(row);
    if (element.kind == Kind::kRepeated) {
      // Only text or attributes: one all the same, or those behind it would take its place.
      element.access.add(record);
      stored = true;
    }
  }
  KeepStray(std::move(stray), place);
  return stored;
}

// True when anything was stored.
bool TreeReader::ReadElement(const Element& element, const pugi::xml_node& node, const Place& place,
                             void* record) {
  if (has_attributes_) KeepAttributes(node, place);
  if (element.kind == Kind::kGroup || element.kind == Kind::kRepeated) {
    return ReadGroup(element, node, place, record);
  }
  const absl::string_view text = node.first_child() ? JoinedText(node, place) : node.value();
  if (IsBlank(text)) {
    if (element.kind != Kind::kTexts) return false;
    Store(element, "", record);
    return true;
  }
  Store(element, text, record);
  return true;
}

bool TreeReader::ReadGroup(const Element& element, const pugi::xml_node& node, const Place& place,
                           void* record) {
  if (!HasElements(node)) {
    // No record is made for it.
    const absl::string_view text = JoinedText(node, place);
    if (!IsBlank(text)) unknown_.AddText(place, text);
    return false;
  }
  const size_t leftovers = unknown_.size();
  void* inner = element.access.add(record);
  bool keep = ReadScope(element.inner, node, place, inner);
  // One of several that holds only what we do not know is one all the same.
  keep = keep || (element.kind == Kind::kRepeated && unknown_.size() > leftovers);
  if (!keep) element.access.drop(record);
  return keep;
}

// The text of an element that is not one plain run. Elements inside are leftovers. The result is
// valid until the next call.
absl::string_view TreeReader::JoinedText(const pugi::xml_node& node, const Place& place) {
  if (HasElements(node)) {
    joined_ = KeepChildren(node, place).Take();
    return joined_;
  }
  joined_.clear();
  AppendPieces(node, joined_);
  return joined_;
}

void TreeReader::KeepAttributes(const pugi::xml_node& node, const Place& place) {
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    if (node.attribute(attribute.name()) != attribute) has_double_attribute_ = true;
    unknown_.AddAttribute(place, attribute.name(), attribute.value());
  }
}

// Keeps the elements inside `node`; returns its own text.
StrayText TreeReader::KeepChildren(const pugi::xml_node& node, const Place& place) {
  absl::flat_hash_map<absl::string_view, int> counts;
  StrayText text;
  text.Add(node.value());
  for (const pugi::xml_node& child : node) {
    if (IsText(child)) {
      text.Add(child.value());
    } else {
      text.EndRun();
      const absl::string_view name = child.name();
      KeepUnknown(child, {&place, name, ++counts[name]});
    }
  }
  return text;
}

void TreeReader::KeepStray(StrayText stray, const Place& place) {
  const std::string text = std::move(stray).Take();
  if (!text.empty()) unknown_.AddText(place, text);
}

// Keeps an element and all inside. One without elements inside is kept even when it is empty: that
// it is there may mean something.
void TreeReader::KeepUnknown(const pugi::xml_node& node, const Place& place) {
  KeepAttributes(node, place);
  if (HasElements(node)) {
    KeepStray(KeepChildren(node, place), place);
    return;
  }
  std::string text;
  AppendPieces(node, text);
  unknown_.AddText(place, IsBlank(text) ? "" : text);
}

// A second one of what there can be only one of; an empty one is as good as absent.
void TreeReader::KeepDuplicate(const pugi::xml_node& node, const Place& place) {
  std::string text;
  AppendPieces(node, text);
  if (HasElements(node) || !IsBlank(text) || node.first_attribute()) KeepUnknown(node, place);
}

}  // namespace madoguchi::oqs
