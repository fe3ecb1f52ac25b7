#include <algorithm>
#include <initializer_list>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "agent/base/error.h"
#include "agent/oqs/decode.h"
#include "agent/oqs/derive.h"
#include "agent/oqs/element.h"
#include "agent/oqs/family.h"
#include "agent/oqs/limits.h"
#include "agent/oqs/message.h"
#include "agent/oqs/root.h"
#include "agent/oqs/tree_reader.h"
#include "agent/oqs/xml_scan.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;
using base::MakeError;

absl::Status ParseError(const pugi::xml_parse_result& result, absl::string_view text) {
  const auto offset = static_cast<size_t>(std::max<ptrdiff_t>(result.offset, 0));
  // The parser works in place and leaves line ends alone up to the offset.
  return MakeError(ErrorCode::kNotXml,
                   {.what = result.description(),
                    .field = absl::StrCat("character ", std::min(offset, text.size()))});
}

// True when the record keeps something of `node`: text or an attribute, at whatever depth. An
// element that says nothing is left out by reader and writer, so it must not decide of what family
// a file is. Recursion is bounded by the scan that went before (kMaxDepth).
bool SaysAnything(const pugi::xml_node& node) {
  if (node.first_attribute() || !absl::StripAsciiWhitespace(node.value()).empty()) return true;
  const auto children = node.children();
  return std::any_of(children.begin(), children.end(), SaysAnything);
}

// The first child `name` that says anything; an empty node when there is none.
pugi::xml_node Child(const pugi::xml_node& node, const char* name) {
  const auto children = node.children(name);
  const auto found = std::find_if(children.begin(), children.end(), SaysAnything);
  return found == children.end() ? pugi::xml_node() : *found;
}

bool HasChild(const pugi::xml_node& node, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const char* name) { return !Child(node, name).empty(); });
}

size_t CountChildren(const pugi::xml_node& node, const char* name) {
  const auto children = node.children(name);
  return static_cast<size_t>(std::count_if(children.begin(), children.end(), SaysAnything));
}

// The text of `node` itself, as the writer may put white space around it.
std::string OwnText(const pugi::xml_node& node) {
  std::string text = node.value();
  for (const pugi::xml_node& child : node) {
    if (child.type() != pugi::node_element) text.append(child.value());
  }
  absl::StripAsciiWhitespace(&text);
  return text;
}

// The same as FamilyOfContent for batches and registrations. Several kinds of batch have one
// layout: what they have in common counts as one of appointments.
std::optional<Family> BatchOfContent(const pugi::xml_node& header, const pugi::xml_node& body) {
  if (HasChild(body, {"BulkRegistrationUnit"})) return AnswerOf(v1::MESSAGE_FAMILY_OQSMUIMM02);
  if (HasChild(body, {"BulkConfirmUnit"}) || HasChild(header, {"ReceptionNumber"})) {
    return AnswerOf(v1::MESSAGE_FAMILY_OQSMUQUC02);
  }
  const bool is_answer =
      HasChild(header, {"ProcessExecutionTime", "SegmentOfResult", "CharacterCodeIdentifier"}) ||
      HasChild(body, {"ProcessingResultStatus"});
  if (HasChild(body, {"ReceptionNumber"})) {
    return is_answer ? AnswerOf(v1::MESSAGE_FAMILY_OQSMUQUC01)
                     : RequestOf(v1::MESSAGE_FAMILY_OQSMUQUC02);
  }
  const size_t registrations = CountChildren(body, "ReferenceNumberRegistrationInfo");
  if (registrations > 0 && is_answer) return AnswerOf(v1::MESSAGE_FAMILY_OQSSIIMM01);
  if (registrations > 0) {
    return registrations == 1 ? RequestOf(v1::MESSAGE_FAMILY_OQSSIIMM01)
                              : RequestOf(v1::MESSAGE_FAMILY_OQSMUIMM01);
  }
  if (CountChildren(body, "QualificationConfirmSearchInfo") > 1 && !is_answer) {
    return RequestOf(v1::MESSAGE_FAMILY_OQSMUQUC01);
  }
  return std::nullopt;
}

// What the content says, for files whose name says nothing.
std::optional<Family> FamilyOfContent(const pugi::xml_node& root) {
  const pugi::xml_node header = Child(root, "MessageHeader");
  const pugi::xml_node body = Child(root, "MessageBody");
  if (HasChild(header, {"QuaInf"}) || HasChild(body, {"MeTrMonthInf", "CzDiInf", "ShPrInf"})) {
    return AnswerOf(v1::MESSAGE_FAMILY_YZKSIQUC01);
  }
  if (HasChild(header, {"QualificationsInfo"}) || HasChild(body, {"SpecificHealthCheckupInfos"})) {
    return AnswerOf(v1::MESSAGE_FAMILY_TKKSIQUC01);
  }
  if (const std::optional<Family> batch = BatchOfContent(header, body)) return batch;
  if (HasChild(header, {"SegmentOfResult"}) ||
      HasChild(body, {"ProcessingResultStatus", "QualificationValidity", "ResultList"})) {
    if (OwnText(Child(header, "ReferenceClassification")) == "1") return kFacePush;
    return AnswerOf(v1::MESSAGE_FAMILY_OQSSIQUC01);
  }
  if (HasChild(body, {"QualificationConfirmSearchInfo"})) {
    return RequestOf(v1::MESSAGE_FAMILY_OQSSIQUC01);
  }
  return std::nullopt;
}

absl::StatusOr<Family> DecideFamily(absl::string_view file_name, const pugi::xml_node& root) {
  if (absl::string_view(root.name()) != kRootName) {
    return MakeError(ErrorCode::kNotAnOqsMessage,
                     {.what = "the root element must be XmlMsg", .field = "root element"});
  }
  if (!root.child("MessageHeader") && !root.child("MessageBody")) {
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
                     {.what = "neither a request of a known layout nor an answer to one",
                      .field = "XmlMsg/MessageBody"});
  }
  return *family;
}

}  // namespace

absl::StatusOr<v1::OqsMessage> ReadMessage(absl::string_view file_name, absl::string_view bytes) {
  v1::OqsMessage message;
  MDG_RETURN_IF_ERROR(ReadMessage(file_name, bytes, message));
  return message;
}

absl::Status ReadMessage(absl::string_view file_name, absl::string_view bytes,
                         v1::OqsMessage& message, Wanted wanted) {
  const std::string name = BareName(file_name);
  const Limits limits = LimitsOf(name);
  absl::StatusOr<DecodedText> text = DecodeText(bytes, limits.bytes);
  if (!text.ok()) return text.status();
  const absl::StatusOr<XmlScan> scan = ScanXml(text->utf8, limits.elements);
  if (!scan.ok()) return scan.status();
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer_inplace(
      text->utf8.data(), text->utf8.size(), ParseFlags(scan->splits_text), pugi::encoding_utf8);
  if (!parsed) return ParseError(parsed, text->utf8);
  const pugi::xml_node root = document.document_element();
  const absl::StatusOr<Family> family = DecideFamily(name, root);
  if (!family.ok()) return family.status();

  message.set_family(family->family);
  message.set_role(family->role);
  message.set_file_name(name);
  message.set_declared_encoding(std::move(text->declared));
  message.set_actual_encoding(std::string(text->actual));
  const Root body = MakeRoot(message);
  TreeReader reader(scan->has_attributes);
  reader.Read(body.scope, root, body.record);
  if (reader.has_double_attribute()) {
    return MakeError(ErrorCode::kNotXml, {.what = "an attribute given twice", .field = "XmlMsg"});
  }
  if (!reader.unknown().WithinBounds()) {
    return MakeError(ErrorCode::kTooDeep, {.what = "too much that is unknown", .field = "XmlMsg"});
  }
  *body.unknown = std::move(reader.unknown()).Take();
  Derive(message, wanted);
  return absl::OkStatus();
}

}  // namespace madoguchi::oqs
