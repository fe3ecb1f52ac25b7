#include "hl7/v2/local.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "madoguchi/v1/types.pb.h"

namespace madoguchi::hl7::v2 {
namespace {

using google::protobuf::FieldDescriptor;
using Record = google::protobuf::Message;
using google::protobuf::Reflection;

// Made by us, or what a text beside it tells (enums, numbers, marks).
bool IsDerived(const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING &&
      field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return true;
  }
  const absl::string_view name = field.name();
  return name == "insurer_number_trimmed" || name == "name_kana_full_width" ||
         name == "confirmation_id" || name == "received_at" ||
         field.full_name() == "madoguchi.v1.EligibilityQuery.day";
}

// `DRUG` of a consent's category.
std::string CategoryOf(const v1::Consent& consent) {
  const std::string& name = v1::ConsentCategory_Name(consent.category());
  return std::string(absl::StripPrefix(name, "CONSENT_CATEGORY_"));
}

}  // namespace

void Leftovers::Add(const Record& record, absl::string_view place,
                    const std::function<bool(const Leaf&)>& carried) {
  carried_ = &carried;
  path_ = std::string(place);
  pattern_ = path_;
  root_ = path_.find('.') + 1;
  index_ = -1;
  Walk(record);
}

void Leftovers::Walk(const Record& record) {
  const Reflection& reflection = *record.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(record, &fields);
  for (const FieldDescriptor* field : fields) {
    if (IsDerived(*field)) continue;
    const int count = field->is_repeated() ? reflection.FieldSize(record, field) : 0;
    for (int i = 0; i < count; ++i) Visit(record, *field, i);
    if (!field->is_repeated()) Visit(record, *field, -1);
  }
}

void Leftovers::Visit(const Record& record, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *record.GetReflection();
  const size_t path = path_.size();
  const size_t pattern = pattern_.size();
  const int outer = index_;
  absl::StrAppend(&path_, field.name());
  absl::StrAppend(&pattern_, field.name(), index < 0 ? "" : "[]");
  if (index >= 0 && index_ < 0) index_ = index;
  if (field.type() == FieldDescriptor::TYPE_STRING) {
    if (index >= 0) absl::StrAppend(&path_, "[", index + 1, "]");
    std::string scratch;
    Write(index < 0 ? reflection.GetStringReference(record, &field, &scratch)
                    : reflection.GetRepeatedStringReference(record, &field, index, &scratch),
          nullptr);
  } else {
    const Record& message = index < 0 ? reflection.GetMessage(record, &field)
                                      : reflection.GetRepeatedMessage(record, &field, index);
    if (const auto* consent = dynamic_cast<const v1::Consent*>(&message)) {
      absl::StrAppend(&path_, "[", CategoryOf(*consent), "]");
    } else if (index >= 0) {
      absl::StrAppend(&path_, "[", index + 1, "]");
    }
    VisitMessage(message);
  }
  path_.resize(path);
  pattern_.resize(pattern);
  index_ = outer;
}

void Leftovers::VisitMessage(const Record& message) {
  if (const auto* date = dynamic_cast<const v1::Date*>(&message)) {
    Write(date->text(), &message);
  } else if (const auto* time = dynamic_cast<const v1::OqsTime*>(&message)) {
    Write(time->text(), &message);
  } else if (const auto* unknown = dynamic_cast<const v1::UnknownElement*>(&message)) {
    AddUnknown(*unknown);
  } else {
    path_ += '.';
    pattern_ += '.';
    Walk(message);
  }
}

void Leftovers::Write(absl::string_view text, const Record* message) {
  if (text.empty() || (*carried_)({pattern_, text, message, index_})) return;
  WriteSegment(absl::string_view(path_).substr(root_), text);
}

void Leftovers::AddUnknown(const v1::UnknownElement& element) {
  if (!element.text().empty()) WriteSegment(element.path(), element.text());
}

void Leftovers::WriteSegment(absl::string_view name, absl::string_view text) {
  writer_.Segment("ZOQ");
  writer_.Field(1, std::to_string(++count_));
  writer_.Field(2, name);
  writer_.Field(3, text);
}

}  // namespace madoguchi::hl7::v2
