#include "tests/hl7/v2/leaf_list.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace madoguchi::hl7 {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsMade(const FieldDescriptor& field) {
  static const std::set<std::string> made = {"insurer_number_trimmed", "name_kana_full_width",
                                             "drug_history", "diagnosis_history"};
  return made.count(field.name()) > 0;
}

class Walker {
 public:
  void Walk(const Message& record, const std::string& path) {
    std::vector<const FieldDescriptor*> fields;
    record.GetReflection()->ListFields(record, &fields);
    for (const FieldDescriptor* field : fields) {
      if (!IsMade(*field)) Visit(record, *field, absl::StrCat(path, field->name()));
    }
  }
  std::vector<TestLeaf> leaves;

 private:
  void Visit(const Message& record, const FieldDescriptor& field, const std::string& path) {
    const auto& reflection = *record.GetReflection();
    const bool text = field.type() == FieldDescriptor::TYPE_STRING;
    const bool message = field.type() == FieldDescriptor::TYPE_MESSAGE;
    if (!field.is_repeated()) {
      if (text) Add(path, reflection.GetString(record, &field));
      if (message) Inner(reflection.GetMessage(record, &field), path);
      return;
    }
    for (int i = 0; i < reflection.FieldSize(record, &field); ++i) {
      if (text) Add(path + "[]", reflection.GetRepeatedString(record, &field, i));
      if (message) Inner(reflection.GetRepeatedMessage(record, &field, i), path + "[]");
    }
  }

  void Inner(const Message& message, const std::string& path) {
    const std::string type = message.GetDescriptor()->name();
    if (type == "UnknownElement") {
      const auto& unknown = dynamic_cast<const v1::UnknownElement&>(message);
      if (!unknown.text().empty()) leaves.push_back({path, unknown.path(), unknown.text()});
    } else if (type == "Date") {
      Add(path, dynamic_cast<const v1::Date&>(message).text());
    } else if (type == "OqsTime") {
      Add(path, dynamic_cast<const v1::OqsTime&>(message).text());
    } else {
      Walk(message, path + ".");
    }
  }

  void Add(const std::string& path, const std::string& text) {
    if (text.empty()) return;
    const size_t point = path.rfind('.');
    leaves.push_back({path, absl::StrReplaceAll(path.substr(point + 1), {{"[]", ""}}), text});
    // Lists of texts are numbered at the end.
    if (absl::EndsWith(path, "[]")) leaves.back().ending = "";
  }
};

// Months whose prescriber is none by its code are told by their lines with the provider in its
// place: the rule of drug_lines, of which the table speaks.
bool IsReplacedPrescriber(const std::string& code) {
  return code.size() < 3 || (code[2] != '1' && code[2] != '3');
}

void Drop(google::protobuf::RepeatedPtrField<v1::MonthBlock>& months) {
  for (v1::MonthBlock& month : months) {
    if (IsReplacedPrescriber(month.prescriber().code())) month.clear_prescriber();
    // Days without a medicine, and months without such days, are of no line.
    auto& days = *month.mutable_days();
    for (int i = days.size() - 1; i >= 0; --i) {
      if (days.Get(i).drugs().empty()) days.DeleteSubrange(i, 1);
    }
  }
  for (int i = months.size() - 1; i >= 0; --i) {
    if (months.Get(i).days().empty()) months.DeleteSubrange(i, 1);
  }
}

}  // namespace

std::vector<TestLeaf> LeafList(const v1::OqsMessage& message) {
  Walker walker;
  if (message.has_confirmation()) walker.Walk(message.confirmation(), "confirmation.");
  for (const v1::BatchUnit& unit : message.batch_answer().units()) {
    if (unit.confirmation().qualifications().empty()) continue;
    walker.Walk(unit.confirmation(), "confirmation.");
    walker.Walk(message.batch_answer().header(), "confirmation.header.");
  }
  if (message.has_medical_record()) {
    v1::MedicalRecord record = message.medical_record();
    Drop(*record.mutable_receipt_months());
    Drop(*record.mutable_dispensing_months());
    Drop(*record.mutable_prescription_months());
    walker.Walk(record, "medical_record.");
  }
  if (message.has_checkup_history()) {
    v1::CheckupHistory history = message.checkup_history();
    auto& checkups = *history.mutable_checkups();
    for (int i = checkups.size() - 1; i >= 0; --i) {
      if (checkups.Get(i).items().empty()) checkups.DeleteSubrange(i, 1);
    }
    walker.Walk(history, "checkup_history.");
  }
  for (TestLeaf& leaf : walker.leaves) {
    for (const absl::string_view source : {"receipt", "dispensing", "prescription"}) {
      leaf.record = absl::StrReplaceAll(
          leaf.record,
          {{absl::StrCat("medical_record.", source, "_months"), "medical_record.months"}});
    }
  }
  return walker.leaves;
}

}  // namespace madoguchi::hl7
