#include "tests/oqs/leaves.h"

#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "absl/strings/ascii.h"

namespace madoguchi::oqs {
namespace {

void Add(absl::string_view text, Texts& texts) {
  if (!absl::StripAsciiWhitespace(text).empty()) texts.insert(std::string(text));
}

void WalkXml(const pugi::xml_node& node, Texts& texts) {
  for (const pugi::xml_attribute& attribute : node.attributes()) texts.insert(attribute.value());
  bool has_elements = false;
  std::string text;
  for (const pugi::xml_node& child : node) {
    if (child.type() == pugi::node_element) {
      has_elements = true;
      WalkXml(child, texts);
    } else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
      text += child.value();
    }
  }
  // Text beside elements is kept without the white space around it.
  if (has_elements) text = std::string(absl::StripAsciiWhitespace(text));
  Add(text, texts);
}

bool IsOwn(const google::protobuf::FieldDescriptor& field) {
  static const std::set<std::string> derived = {
      "insurer_number_trimmed", "name_kana_full_width", "file_name",
      "declared_encoding",      "actual_encoding",      "path",
      "drug_history",           "diagnosis_history"};
  return derived.count(field.name()) > 0 ||
         field.full_name() == "madoguchi.v1.EligibilityQuery.day";
}

void WalkRecord(const google::protobuf::Message& record, Texts& texts) {
  const auto& reflection = *record.GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(record, &fields);
  for (const auto* field : fields) {
    if (IsOwn(*field)) continue;
    const bool is_message = field->type() == google::protobuf::FieldDescriptor::TYPE_MESSAGE;
    if (field->is_repeated()) {
      for (int i = 0; field->type() == google::protobuf::FieldDescriptor::TYPE_STRING &&
                      i < reflection.FieldSize(record, field);
           ++i) {
        Add(reflection.GetRepeatedString(record, field, i), texts);
      }
      for (int i = 0; is_message && i < reflection.FieldSize(record, field); ++i) {
        WalkRecord(reflection.GetRepeatedMessage(record, field, i), texts);
      }
    } else if (is_message) {
      WalkRecord(reflection.GetMessage(record, field), texts);
    } else if (field->type() == google::protobuf::FieldDescriptor::TYPE_STRING) {
      Add(reflection.GetString(record, field), texts);
    }
  }
}

}  // namespace

Texts TextsOfXml(absl::string_view utf8) {
  pugi::xml_document document;
  const auto parsed = document.load_buffer(
      utf8.data(), utf8.size(), pugi::parse_default | pugi::parse_ws_pcdata, pugi::encoding_utf8);
  EXPECT_TRUE(parsed) << parsed.description();
  Texts texts;
  WalkXml(document.document_element(), texts);
  return texts;
}

std::string Difference(const google::protobuf::Message& a, const google::protobuf::Message& b) {
  // The full comparison is slow.
  if (a.SerializeAsString() == b.SerializeAsString()) return "";
  std::string text;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&text);
  differencer.Compare(a, b);
  return text.empty() ? "they serialize differently" : text;
}

Texts TextsOfRecord(const google::protobuf::Message& record) {
  Texts texts;
  WalkRecord(record, texts);
  return texts;
}

}  // namespace madoguchi::oqs
