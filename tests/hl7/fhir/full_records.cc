#include "tests/hl7/fhir/full_records.h"

#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/code_tables.h"
#include "agent/oqs/derive.h"

namespace madoguchi::hl7::fhir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Texts that must be of some form for a line to be all it can be.
std::string TextFor(const FieldDescriptor& field) {
  const std::string& name = field.full_name();
  if (name == "madoguchi.v1.DrugItem.amount") return "3";
  if (name == "madoguchi.v1.DrugItem.times") return "14";
  if (name == "madoguchi.v1.DrugItem.treatment_class_code") return "21";
  if (name == "madoguchi.v1.Provider.code") return "9910000025";
  if (name == "madoguchi.v1.CheckupItem.data_type") return "CD";
  if (name == "madoguchi.v1.CheckupItem.oid") return "1.2.392.200119.6.2102";
  if (field.name() == "insurer_number") return "06999999";
  if (field.name() == "medical_institution_code") return "9910000017";
  if (field.name() == "contribution_ratio_code") return "010";
  if (field.name() == "name_kana" || field.name() == "name_of_other_kana") return "ｶｸｳ";
  return "値";
}

bool IsApart(const FieldDescriptor& field) {
  return field.name() == "unknown_elements" || field.name() == "drug_history" ||
         field.name() == "diagnosis_history" || field.name() == "registration" ||
         field.name() == "confirmation_id" || field.name() == "received_at" ||
         field.name() == "insurer_number_trimmed" || field.name() == "duplicate_reason";
}

void Fill(Message& message) {
  if (auto* date = dynamic_cast<v1::Date*>(&message)) {
    base::ParseOqsDate("20260102", *date);
    return;
  }
  if (auto* time = dynamic_cast<v1::OqsTime*>(&message)) {
    *time = base::ParseOqsTime("20260102030405");
    return;
  }
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (IsApart(field)) continue;
    if (field.type() == FieldDescriptor::TYPE_STRING) {
      if (field.is_repeated()) {
        reflection.AddString(&message, &field, TextFor(field));
      } else {
        reflection.SetString(&message, &field, TextFor(field));
      }
    } else if (field.type() == FieldDescriptor::TYPE_MESSAGE) {
      Fill(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                               : *reflection.MutableMessage(&message, &field));
    }
  }
}

void FillConsents(v1::Qualification& qualification) {
  qualification.clear_consents();
  for (int category = 1; category <= 6; ++category) {
    v1::Consent& consent = *qualification.add_consents();
    Fill(consent);
    consent.set_category(static_cast<v1::ConsentCategory>(category));
    consent.set_flag_code("1");
    consent.set_flag(v1::CONSENT_FLAG_GRANTED);
  }
}

// The month blocks' texts, of one kind each: a pharmacy's claim, its dispensing data, and a
// clinic's prescription.
void TellMonthsApart(v1::MedicalRecord& record) {
  record.mutable_receipt_months(0)->mutable_provider()->set_code("9940000012");
  record.mutable_dispensing_months(0)->mutable_provider()->set_code("9940000012");
}

// Sets the enum beside `code`.
void SetCode(Message& message, const FieldDescriptor& code, const oqs::CodeTable& table,
             absl::string_view text) {
  absl::string_view name = code.name();
  absl::ConsumeSuffix(&name, "_code");
  const FieldDescriptor* value = message.GetDescriptor()->FindFieldByName(std::string(name));
  if (value == nullptr) return;
  message.GetReflection()->SetEnumValue(&message, value, table.ValueOf(text));
}

// The message that holds the last part of `path`; nullptr when a part is not there.
Message* HolderOf(absl::string_view path, Message& root) {
  Message* at = &root;
  const std::vector<std::string> parts = absl::StrSplit(path, '.');
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    absl::string_view part = parts[i];
    const size_t bracket = part.find('[');
    const std::string name(part.substr(0, bracket));
    const FieldDescriptor* field = at->GetDescriptor()->FindFieldByName(name);
    if (field == nullptr) return nullptr;
    const auto& reflection = *at->GetReflection();
    if (!field->is_repeated()) {
      if (!reflection.HasField(*at, field)) return nullptr;
      at = reflection.MutableMessage(at, field);
      continue;
    }
    int index = 0;
    if (name == "consents") {
      v1::ConsentCategory category = v1::CONSENT_CATEGORY_UNSPECIFIED;
      const absl::string_view inside = part.substr(bracket + 1, part.size() - bracket - 2);
      v1::ConsentCategory_Parse(absl::StrCat("CONSENT_CATEGORY_", inside), &category);
      index = static_cast<int>(category) - 1;
    }
    if (reflection.FieldSize(*at, field) <= index) return nullptr;
    at = reflection.MutableRepeatedMessage(at, field, index);
  }
  return at;
}

// Another text than the one that is there, of the same form.
std::string Another(const std::string& text) {
  int64_t number = 0;
  if (absl::SimpleAtoi(text, &number) && text.size() <= 3) {
    return text.size() == 3 ? "020" : absl::StrCat(number + 4);
  }
  if (text == "9940000012") return "9940000099";
  if (text == "9910000025") return "9910000099";
  if (text == "9910000017") return "9910000088";
  if (text == "06999999") return "39999999";
  if (text == "1.2.392.200119.6.2102") return "1.2.392.200119.6.2999";
  if (text == "ｶｸｳ") return "ﾐﾎﾝ";
  if (text == "CD") return "ZZ";
  return "別の値";
}

}  // namespace

std::vector<v1::OqsMessage> FullRecords() {
  std::vector<v1::OqsMessage> records(4);
  Fill(*records[0].mutable_confirmation());
  FillConsents(*records[0].mutable_confirmation()->mutable_qualifications(0));
  // As of a person: these are a unit's.
  records[0].mutable_confirmation()->clear_reference_numbers();

  v1::BatchAnswer& batch = *records[1].mutable_batch_answer();
  Fill(batch);
  FillConsents(*batch.mutable_units(0)->mutable_confirmation()->mutable_qualifications(0));
  batch.mutable_units(0)->mutable_confirmation()->clear_header();
  // Then the number beside the qualification counts.
  batch.mutable_units(0)
      ->mutable_confirmation()
      ->mutable_qualifications(0)
      ->clear_reference_number();

  Fill(*records[2].mutable_medical_record());
  TellMonthsApart(*records[2].mutable_medical_record());
  Fill(*records[3].mutable_checkup_history());
  for (v1::OqsMessage& record : records) oqs::Derive(record);
  return records;
}

std::string Change(const oqs::MappingRow& row, v1::OqsMessage& message) {
  Message* holder = HolderOf(row.field, message);
  if (holder == nullptr) return {};
  absl::string_view name = absl::string_view(row.field).substr(row.field.rfind('.') + 1);
  absl::ConsumeSuffix(&name, "[]");
  const FieldDescriptor* field = holder->GetDescriptor()->FindFieldByName(std::string(name));
  if (field == nullptr) return {};
  const auto& reflection = *holder->GetReflection();
  std::string says;
  if (field->type() == FieldDescriptor::TYPE_STRING && field->is_repeated()) {
    says = "別の値";
    reflection.SetRepeatedString(holder, field, 0, says);
  } else if (row.codes != nullptr) {
    says = std::string(row.codes->rows.back().code);
    if (says == reflection.GetString(*holder, field)) {
      says = std::string(row.codes->rows.front().code);
    }
    reflection.SetString(holder, field, says);
    SetCode(*holder, *field, *row.codes, says);
  } else if (field->type() == FieldDescriptor::TYPE_STRING) {
    says = Another(reflection.GetString(*holder, field));
    reflection.SetString(holder, field, says);
  } else if (auto* time = dynamic_cast<v1::OqsTime*>(reflection.MutableMessage(holder, field))) {
    *time = base::ParseOqsTime("20261112131415");
    says = "2026-11-12T13:14:15+09:00";
  } else if (auto* date = dynamic_cast<v1::Date*>(reflection.MutableMessage(holder, field))) {
    base::ParseOqsDate("20261112", *date);
    says = "2026-11-12";
  } else {
    ADD_FAILURE() << "no way to change " << row.field;
  }
  oqs::Derive(message);
  return says;
}

}  // namespace madoguchi::hl7::fhir
