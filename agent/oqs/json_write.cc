#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <pugixml.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "agent/base/error.h"
#include "agent/oqs/element.h"
#include "agent/oqs/json_form.h"
#include "agent/oqs/json_lists.h"
#include "agent/oqs/message.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;

absl::flat_hash_set<absl::string_view> ListElements() {
  absl::flat_hash_set<absl::string_view> names;
  for (size_t scope = 0; scope < kScopeCount; ++scope) {
    for (const Element& element : ElementsOf(static_cast<Scope>(scope))) {
      if (element.kind != Kind::kGroup) continue;
      const std::span<const Element> inside = ElementsOf(element.inner);
      if (inside.size() == 1 && inside.front().kind == Kind::kRepeated) names.insert(element.name);
    }
  }
  return names;
}

// From the tree of the XML to JSON. Recursion is as deep as the message (kMaxDepth).
class Printer {
 public:
  absl::Status Print(const pugi::xml_node& root) {
    writer_.StartObject();
    MDG_RETURN_IF_ERROR(Member({root}));
    writer_.EndObject();
    return absl::OkStatus();
  }
  std::string Take() && { return {buffer_.GetString(), buffer_.GetSize()}; }

 private:
  using Nodes = std::vector<pugi::xml_node>;

  static absl::Status NoPlace(const pugi::xml_node& node, absl::string_view what) {
    return base::MakeError(ErrorCode::kNotWritable,
                           {.what = std::string(what), .field = node.name()});
  }

  void Text(absl::string_view text) {
    writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }

  // All elements of one name inside one parent.
  absl::Status Member(const Nodes& same) {
    const pugi::xml_node& first = same.front();
    Text(first.name());
    if (IsListElement(first.name())) {
      if (same.size() > 1) return NoPlace(first, "JSON has no place for a second list");
      return List(first);
    }
    if (same.size() > 1) writer_.StartArray();
    for (const pugi::xml_node& node : same) MDG_RETURN_IF_ERROR(Value(node));
    if (same.size() > 1) writer_.EndArray();
    return absl::OkStatus();
  }

  absl::Status Value(const pugi::xml_node& node) {
    if (node.first_attribute()) return NoPlace(node, "JSON has no place for attributes");
    if (!node.find_child(IsElement)) {
      Text(node.child_value());
      return absl::OkStatus();
    }
    MDG_RETURN_IF_ERROR(CheckNoText(node));
    absl::flat_hash_map<absl::string_view, size_t> places;
    std::vector<Nodes> members;
    for (const pugi::xml_node& child : node) {
      const auto [place, is_new] = places.emplace(child.name(), members.size());
      if (is_new) members.emplace_back();
      members[place->second].push_back(child);
    }
    writer_.StartObject();
    for (const Nodes& same : members) MDG_RETURN_IF_ERROR(Member(same));
    writer_.EndObject();
    return absl::OkStatus();
  }

  absl::Status List(const pugi::xml_node& node) {
    if (node.first_attribute()) return NoPlace(node, "JSON has no place for attributes");
    MDG_RETURN_IF_ERROR(CheckNoText(node));
    writer_.StartArray();
    for (const pugi::xml_node& item : node) {
      writer_.StartObject();
      MDG_RETURN_IF_ERROR(Member({item}));
      writer_.EndObject();
    }
    writer_.EndArray();
    return absl::OkStatus();
  }

  static bool IsElement(const pugi::xml_node& node) { return node.type() == pugi::node_element; }

  static absl::Status CheckNoText(const pugi::xml_node& node) {
    for (const pugi::xml_node& child : node) {
      if (!IsElement(child)) return NoPlace(node, "JSON has no place for text between elements");
    }
    return absl::OkStatus();
  }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace

bool IsListElement(absl::string_view name) {
  static const auto& names = *new absl::flat_hash_set<absl::string_view>(ListElements());
  return names.contains(name);
}

absl::StatusOr<std::string> WriteJson(const v1::OqsMessage& message) {
  absl::StatusOr<std::string> xml = WriteMessage(message, Encoding::kUtf8);
  if (!xml.ok()) return xml;
  pugi::xml_document document;
  // White space that is a whole value is kept: an unknown element may hold it.
  const pugi::xml_parse_result parsed = document.load_buffer_inplace(
      xml->data(), xml->size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed) return base::MakeError(ErrorCode::kInternal, {.what = "own XML is unreadable"});
  Printer printer;
  MDG_RETURN_IF_ERROR(printer.Print(document.document_element()));
  return std::move(printer).Take();
}

}  // namespace madoguchi::oqs
