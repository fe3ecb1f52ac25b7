#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/base/log.h"
#include "agent/oqs/decode.h"
#include "agent/oqs/derive.h"
#include "agent/oqs/element.h"
#include "agent/oqs/family.h"
#include "agent/oqs/message.h"
#include "agent/oqs/unknown.h"
#include "agent/oqs/xml_scan.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;
using base::MakeError;

constexpr unsigned kParseFlags =
    pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_wconv_attribute;

// No scope has more rows.
constexpr size_t kMaxRows = 64;

bool IsText(const pugi::xml_node& node) {
  return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

bool IsBlank(absl::string_view text) { return absl::StripLeadingAsciiWhitespace(text).empty(); }

// Puts `text` (not blank) into the field of a leaf.
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
      *access.date(record) = base::ParseOqsDate(text);
      return;
    case Kind::kTime:
      *access.time(record) = base::ParseOqsTime(text);
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

// Text between elements: runs without the white space around them, joined by a space. Pieces with
// only a comment between them are one run.
class StrayText {
 public:
  void Add(absl::string_view piece) { run_.append(piece.data(), piece.size()); }
  void EndRun() {
    const absl::string_view run = absl::StripAsciiWhitespace(run_);
    if (!run.empty()) absl::StrAppend(&text_, text_.empty() ? "" : " ", run);
    run_.clear();
  }
  std::string Take() && {
    EndRun();
    return std::move(text_);
  }

 private:
  std::string text_;
  std::string run_;
};

// Walks over a parsed message. Its depth is bounded by the scan that went before.
class Reader {
 public:
  // Reads the elements inside `node` into `record`; true when that stored anything.
  bool ReadScope(Scope scope, const pugi::xml_node& node, const Place& place, void* record) {
    Seen seen;
    absl::flat_hash_map<absl::string_view, int> unknown_counts;
    StrayText stray;
    bool stored = false;
    size_t hint = 0;
    for (const pugi::xml_node& child : node) {
      if (IsText(child)) {
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
      if (seen.Has(row) && element.kind != Kind::kRepeated) {
        KeepDuplicate(child, here);
      } else if (ReadElement(element, child, here, record)) {
        stored = true;
        seen.Count(row);
        continue;
      }
      if (unknown_.size() > leftovers) seen.Count(row);
    }
    KeepStray(std::move(stray), place);
    return stored;
  }

  void KeepAttributes(const pugi::xml_node& node, const Place& place) {
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      if (node.attribute(attribute.name()) != attribute) has_double_attribute_ = true;
      unknown_.AddAttribute(place, attribute.name(), attribute.value());
    }
  }

  UnknownCollector& unknown() { return unknown_; }
  bool has_double_attribute() const { return has_double_attribute_; }

 private:
  bool ReadElement(const Element& element, const pugi::xml_node& node, const Place& place,
                   void* record) {
    if (node.first_attribute()) KeepAttributes(node, place);
    if (element.kind == Kind::kGroup || element.kind == Kind::kRepeated) {
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
    const pugi::xml_node first = node.first_child();
    if (!first) return false;
    absl::string_view text = first.value();
    if (!IsText(first) || first.next_sibling()) text = JoinedText(node, place);
    if (IsBlank(text)) return false;
    Store(element, text, record);
    return true;
  }

  // The text of a leaf that holds more than one run of text. Elements inside are leftovers. The
  // result is valid until the next call.
  absl::string_view JoinedText(const pugi::xml_node& node, const Place& place) {
    if (HasElements(node)) {
      joined_ = KeepChildren(node, place).Take();
      return joined_;
    }
    joined_.clear();
    for (const pugi::xml_node& child : node) joined_.append(child.value());
    return joined_;
  }

  static bool HasElements(const pugi::xml_node& node) {
    for (const pugi::xml_node& child : node) {
      if (!IsText(child)) return true;
    }
    return false;
  }

  // Keeps the elements inside `node`; returns its own text.
  StrayText KeepChildren(const pugi::xml_node& node, const Place& place) {
    absl::flat_hash_map<absl::string_view, int> counts;
    StrayText text;
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

  void KeepStray(StrayText stray, const Place& place) {
    const std::string text = std::move(stray).Take();
    if (!text.empty()) unknown_.AddText(place, text);
  }

  // Keeps an element and all inside. One without elements inside is kept even when it is empty:
  // that it is there may mean something.
  void KeepUnknown(const pugi::xml_node& node, const Place& place) {
    KeepAttributes(node, place);
    if (HasElements(node)) {
      KeepStray(KeepChildren(node, place), place);
      return;
    }
    std::string text;
    for (const pugi::xml_node& child : node) text.append(child.value());
    unknown_.AddText(place, IsBlank(text) ? "" : text);
  }

  // A second one of what there can be only one of; an empty one is as good as absent.
  void KeepDuplicate(const pugi::xml_node& node, const Place& place) {
    const auto children = node.children();
    const bool has_content = std::any_of(
        children.begin(), children.end(),
        [](const pugi::xml_node& child) { return !IsText(child) || !IsBlank(child.value()); });
    if (has_content || node.first_attribute()) KeepUnknown(node, place);
  }

  UnknownCollector unknown_;
  std::string joined_;
  bool has_double_attribute_ = false;
};

absl::Status ParseError(const pugi::xml_parse_result& result, absl::string_view text) {
  const auto offset = static_cast<size_t>(std::max<ptrdiff_t>(result.offset, 0));
  // The parser works in place and leaves line ends alone up to the offset.
  return MakeError(ErrorCode::kNotXml,
                   {.what = result.description(),
                    .field = absl::StrCat("character ", std::min(offset, text.size()))});
}

bool HasChild(const pugi::xml_node& node, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (node.child(name)) return true;
  }
  return false;
}

// What the content says, for files whose name says nothing.
std::optional<Family> FamilyOfContent(const pugi::xml_node& root) {
  const pugi::xml_node header = root.child("MessageHeader");
  const pugi::xml_node body = root.child("MessageBody");
  if (HasChild(header, {"SegmentOfResult"}) ||
      HasChild(body, {"ProcessingResultStatus", "QualificationValidity", "ResultList"})) {
    const absl::string_view by = header.child_value("ReferenceClassification");
    if (by == "1") return kFacePush;
    return kResponse;
  }
  if (body.child("QualificationConfirmSearchInfo")) return kRequest;
  return std::nullopt;
}

absl::StatusOr<Family> DecideFamily(absl::string_view file_name, const pugi::xml_node& root) {
  if (absl::string_view(root.name()) != kRootName) {
    return MakeError(ErrorCode::kNotAnOqsMessage,
                     {.what = "the root element must be XmlMsg", .field = "root element"});
  }
  if (!HasChild(root, {"MessageHeader", "MessageBody"})) {
    return MakeError(ErrorCode::kNotAnOqsMessage,
                     {.what = "neither MessageHeader nor MessageBody", .field = "XmlMsg"});
  }
  if (const std::optional<FileName> name = ParseFileName(file_name)) {
    return Family{name->family, name->role};
  }
  if (NamesOtherFamily(file_name)) {
    return MakeError(ErrorCode::kNotAnOqsMessage,
                     {.what = "a family whose layout is not known", .field = "file name"});
  }
  const std::optional<Family> family = FamilyOfContent(root);
  if (!family) {
    return MakeError(ErrorCode::kNotAnOqsMessage,
                     {.what = "neither a qualification query nor an answer to one",
                      .field = "XmlMsg/MessageBody"});
  }
  return *family;
}

// Name without folder, safe to print.
std::string BareName(absl::string_view file_name) {
  const size_t slash = file_name.rfind('/');
  if (slash != absl::string_view::npos) file_name.remove_prefix(slash + 1);
  return base::Printable(file_name, 255);
}

}  // namespace

absl::StatusOr<v1::OqsMessage> ReadMessage(absl::string_view file_name, absl::string_view bytes) {
  absl::StatusOr<DecodedText> text = DecodeText(bytes);
  if (!text.ok()) return text.status();
  const absl::StatusOr<XmlScan> scan = ScanXml(text->utf8);
  if (!scan.ok()) return scan.status();
  pugi::xml_document document;
  const unsigned flags = kParseFlags | (scan->splits_text ? pugi::parse_ws_pcdata : 0U);
  const pugi::xml_parse_result parsed = document.load_buffer_inplace(
      text->utf8.data(), text->utf8.size(), flags, pugi::encoding_utf8);
  if (!parsed) return ParseError(parsed, text->utf8);
  const pugi::xml_node root = document.document_element();
  const std::string name = BareName(file_name);
  const absl::StatusOr<Family> family = DecideFamily(name, root);
  if (!family.ok()) return family.status();

  v1::OqsMessage message;
  message.set_family(family->family);
  message.set_role(family->role);
  message.set_file_name(name);
  message.set_declared_encoding(std::move(text->declared));
  message.set_actual_encoding(std::string(text->actual));
  const bool is_request = family->role == v1::MESSAGE_ROLE_REQUEST;
  Reader reader;
  const Place place{nullptr, kRootName};
  reader.KeepAttributes(root, place);
  if (is_request) {
    reader.ReadScope(Scope::kRequest, root, place, &message);
  } else {
    reader.ReadScope(Scope::kResponse, root, place, message.mutable_confirmation());
  }
  if (reader.has_double_attribute()) {
    return MakeError(ErrorCode::kNotXml, {.what = "an attribute given twice", .field = "XmlMsg"});
  }
  if (!reader.unknown().WithinBounds()) {
    return MakeError(ErrorCode::kTooDeep, {.what = "too much that is unknown", .field = "XmlMsg"});
  }
  *(is_request ? message.mutable_unknown_elements()
               : message.mutable_confirmation()->mutable_unknown_elements()) =
      std::move(reader.unknown()).Take();
  Derive(message);
  return message;
}

}  // namespace madoguchi::oqs
