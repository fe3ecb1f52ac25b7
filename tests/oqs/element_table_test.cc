#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "agent/oqs/element.h"
#include "agent/oqs/mapping.h"
#include "agent/oqs/message.h"
#include "tests/oqs/generate.h"
#include "tests/oqs/leaves.h"

namespace madoguchi::oqs {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsLeaf(const MappingRow& row) { return row.kind != "group" && row.kind != "repeated"; }

// A message with nothing but the element of `row`.
std::string DocumentWith(const MappingRow& row, absl::string_view value) {
  const std::vector<std::string> steps = absl::StrSplit(row.element, '/');
  std::string xml;
  for (const std::string& step : steps) absl::StrAppend(&xml, "<", step, ">");
  absl::StrAppend(&xml, value);
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    absl::StrAppend(&xml, "</", *step, ">");
  }
  return xml;
}

std::string NameFor(const MappingRow& row) { return absl::StrCat(row.message, "_1.xml"); }

std::vector<MappingRow> AllRows() {
  std::vector<MappingRow> rows;
  for (const std::vector<MappingRow>& more : AllMappings()) {
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

// The message a step of a field path leads to; null when it is not set. `consents[DRUG]` is the
// consent of that category, `qualifications[]` the first qualification.
const Message* Follow(const Message& message, const std::string& step) {
  const std::string name = step.substr(0, step.find('['));
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  EXPECT_NE(field, nullptr) << "no field " << name << " in " << message.GetTypeName();
  if (field == nullptr) return nullptr;
  const auto& reflection = *message.GetReflection();
  if (!field->is_repeated()) {
    return reflection.HasField(message, field) ? &reflection.GetMessage(message, field) : nullptr;
  }
  if (reflection.FieldSize(message, field) != 1) return nullptr;
  const Message* only = &reflection.GetRepeatedMessage(message, field, 0);
  const auto* consent = dynamic_cast<const v1::Consent*>(only);
  if (consent != nullptr &&
      step != absl::StrCat("consents[", v1::ConsentCategory_Name(consent->category()).substr(17),
                           "]")) {
    return nullptr;
  }
  return only;
}

// The text at the field path of `row`, and the message it is in.
std::pair<std::string, const Message*> TextAt(const v1::OqsMessage& message,
                                              const MappingRow& row) {
  const std::vector<std::string> steps = absl::StrSplit(row.field, '.');
  const Message* at = &message;
  for (size_t i = 0; i + 1 < steps.size(); ++i) {
    at = Follow(*at, steps[i]);
    if (at == nullptr) return {"(not set)", nullptr};
  }
  const FieldDescriptor* field =
      at->GetDescriptor()->FindFieldByName(steps.back().substr(0, steps.back().find('[')));
  if (field == nullptr) return {absl::StrCat("(no field ", row.field, ")"), nullptr};
  const auto& reflection = *at->GetReflection();
  if (field->is_repeated()) {
    if (reflection.FieldSize(*at, field) != 1) return {"(not one)", at};
    return {reflection.GetRepeatedString(*at, field, 0), at};
  }
  if (field->type() == FieldDescriptor::TYPE_STRING) return {reflection.GetString(*at, field), at};
  const Message& value = reflection.GetMessage(*at, field);
  return {value.GetReflection()->GetString(value, value.GetDescriptor()->FindFieldByName("text")),
          at};
}

TEST(ElementTable, EveryRowReadsItsElementIntoItsFieldAndNoOther) {
  for (const MappingRow& row : AllRows()) {
    if (!IsLeaf(row)) continue;
    const absl::StatusOr<v1::OqsMessage> message =
        ReadMessage(NameFor(row), DocumentWith(row, "probe"));
    ASSERT_TRUE(message.ok()) << row.element << ": " << message.status();
    EXPECT_EQ(TextAt(*message, row).first, "probe") << row.element << " -> " << row.field;
    EXPECT_EQ(TextsOfRecord(*message), Texts({"probe"})) << row.element;
    const absl::StatusOr<std::string> written = WriteMessage(*message, Encoding::kUtf8);
    ASSERT_TRUE(written.ok()) << written.status();
    EXPECT_EQ(TextsOfXml(*written), Texts({"probe"})) << row.element;
    EXPECT_TRUE(absl::StrContains(*written, "probe</")) << *written;
  }
}

// Where the record may hold what no element says.
const std::map<std::string, std::string>& Exceptions() {
  static const std::map<std::string, std::string> exceptions = {
      {"confirmation_id", "made by the daemon"},
      {"received_at", "made by the daemon"},
      {"is_notice", "derived"},
      {"insurer_number_trimmed", "derived"},
      {"name_kana_full_width", "derived"},
      {"contribution_percent", "derived"},
      {"contains_placeholder_character", "derived"},
      {"day", "derived from the head of a request"},
      {"unknown_elements", "leftovers"},
      {"reference_numbers", "units of batches only"},
      {"drug_history", "derived from month blocks"},
      {"diagnosis_history", "derived from month blocks"},
      {"category of Consent", "which element it was"},
      {"lapse_reason_code", "its element's name is not public"},
      {"lapse_reason", "its element's name is not public"},
      {"LIMIT_CERTIFICATE].available_until", "OQS sends no such element"},
      {"SPECIFIC_DISEASE].available_until", "OQS sends no such element"}};
  return exceptions;
}

bool IsException(const std::string& path, const FieldDescriptor& field) {
  if (Exceptions().count(field.name()) > 0) return true;
  if (field.full_name() == "madoguchi.v1.Consent.category") return true;
  for (const char* until :
       {"LIMIT_CERTIFICATE].available_until", "SPECIFIC_DISEASE].available_until"}) {
    if (absl::EndsWith(path, until)) return true;
  }
  return false;
}

// Every path of the record below `descriptor` that a message can fill; values beside a code are
// left out.
void CollectPaths(const Descriptor& descriptor, const std::string& prefix,
                  std::set<std::string>& paths) {
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    const std::string path = prefix + field.name();
    if (IsException(path, field)) continue;
    if (field.type() == FieldDescriptor::TYPE_ENUM) {
      EXPECT_NE(descriptor.FindFieldByName(field.name() + "_code"), nullptr) << field.full_name();
    } else if (field.type() != FieldDescriptor::TYPE_MESSAGE ||
               field.message_type()->name() == "Date" ||
               field.message_type()->name() == "OqsTime") {
      paths.insert(path);
    } else if (field.message_type()->name() == "Consent") {
      for (int category = 1; category < v1::ConsentCategory_descriptor()->value_count();
           ++category) {
        const std::string name =
            v1::ConsentCategory_descriptor()->value(category)->name().substr(17);
        CollectPaths(*field.message_type(), absl::StrCat(path, "[", name, "]."), paths);
      }
    } else {
      CollectPaths(*field.message_type(), path + (field.is_repeated() ? "[]." : "."), paths);
    }
  }
}

std::multiset<std::string> LeafFields(const std::vector<MappingRow>& rows) {
  std::multiset<std::string> fields;
  for (const MappingRow& row : rows) {
    if (IsLeaf(row)) fields.insert(row.field);
  }
  return fields;
}

TEST(ElementTable, EveryFieldOfAConfirmationHasExactlyOneRow) {
  std::set<std::string> paths;
  CollectPaths(*v1::Confirmation::descriptor(), "confirmation.", paths);
  EXPECT_GT(paths.size(), 100U);
  EXPECT_EQ(LeafFields(ResponseMapping()), std::multiset<std::string>(paths.begin(), paths.end()));
}

TEST(ElementTable, EveryFieldOfAQueryHasExactlyOneRow) {
  std::set<std::string> paths;
  CollectPaths(*v1::EligibilityQuery::descriptor(), "query.", paths);
  CollectPaths(*v1::MessageHeader::descriptor(), "request_header.", paths);
  EXPECT_EQ(LeafFields(RequestMapping()), std::multiset<std::string>(paths.begin(), paths.end()));
}

// Their head has two elements in common with the heads of other families; prescriptions have no day
// of dispensing, and only claims have treatments.
std::set<std::string> MedicalPaths(const Descriptor& descriptor, const std::string& prefix) {
  std::set<std::string> paths;
  CollectPaths(descriptor, prefix, paths);
  for (auto path = paths.begin(); path != paths.end();) {
    const bool absent = (absl::StartsWith(*path, prefix + "header.") &&
                         !absl::EndsWith(*path, ".medical_institution_code") &&
                         !absl::EndsWith(*path, ".arbitrary_file_identifier")) ||
                        *path == "medical_record.prescription_months[].days[].dispensed_on" ||
                        (absl::StrContains(*path, ".treatments[].") &&
                         !absl::StartsWith(*path, "medical_record.receipt_months"));
    path = absent ? paths.erase(path) : std::next(path);
  }
  return paths;
}

TEST(ElementTable, EveryFieldOfMedicalDataHasExactlyOneRow) {
  const auto record = MedicalPaths(*v1::MedicalRecord::descriptor(), "medical_record.");
  EXPECT_GT(record.size(), 60U);
  EXPECT_EQ(LeafFields(MedicalMapping()), std::multiset<std::string>(record.begin(), record.end()));
  const auto checkups = MedicalPaths(*v1::CheckupHistory::descriptor(), "checkup_history.");
  EXPECT_EQ(LeafFields(CheckupMapping()),
            std::multiset<std::string>(checkups.begin(), checkups.end()));
  const auto query = MedicalPaths(*v1::InformationQuery::descriptor(), "information_query.");
  EXPECT_EQ(LeafFields(InformationRequestMapping()),
            std::multiset<std::string>(query.begin(), query.end()));
}

// The paths in any of `tables`.
std::set<std::string> FieldsOf(const std::vector<std::vector<MappingRow>>& tables) {
  std::set<std::string> fields;
  for (const std::vector<MappingRow>& rows : tables) {
    const auto more = LeafFields(rows);
    EXPECT_EQ(std::set<std::string>(more.begin(), more.end()).size(), more.size());
    fields.insert(more.begin(), more.end());
  }
  return fields;
}

TEST(ElementTable, EveryFieldOfBatchesAndRegistrationsHasARow) {
  std::set<std::string> answer;
  CollectPaths(*v1::BatchAnswer::descriptor(), "batch_answer.", answer);
  const std::string confirmation = "batch_answer.units[].confirmation.";
  for (auto path = answer.begin(); path != answer.end();) {
    // Units have no head, and nobody chose a form of prescription.
    const bool absent = absl::StartsWith(*path, confirmation + "header.") ||
                        *path == confirmation + "prescription_issue_select_code";
    path = absent ? answer.erase(path) : std::next(path);
  }
  answer.insert(confirmation + "reference_numbers[]");
  EXPECT_EQ(FieldsOf({BatchAnswerMapping(), RegistrationBatchMapping()}), answer);

  std::set<std::string> registration;
  CollectPaths(*v1::RegistrationAnswer::descriptor(), "registration_answer.", registration);
  EXPECT_EQ(FieldsOf({RegistrationAnswerMapping()}), registration);

  std::set<std::string> request;
  CollectPaths(*v1::MessageHeader::descriptor(), "request_header.", request);
  CollectPaths(*v1::BatchRequest::descriptor(), "batch_request.", request);
  for (auto path = request.begin(); path != request.end();) {
    const bool outcome = absl::StartsWith(*path, "batch_request.registrations[].processing_result");
    path = outcome ? request.erase(path) : std::next(path);
  }
  EXPECT_EQ(FieldsOf({BatchRequestMapping()}), request);
}

TEST(ElementTable, EveryCodeOfTheProtoIsReadAsItsValue) {
  const auto codes_of_proto = CodesOfProto();
  int checked = 0;
  for (const MappingRow& row : AllRows()) {
    if (row.kind != "code") continue;
    const auto probe = ReadMessage(NameFor(row), DocumentWith(row, "probe"));
    ASSERT_TRUE(probe.ok());
    const Message* record = TextAt(*probe, row).second;
    ASSERT_NE(record, nullptr);
    std::string name = row.field.substr(row.field.rfind('.') + 1);
    name = name.substr(0, name.size() - std::string("_code").size());
    const FieldDescriptor* field = record->GetDescriptor()->FindFieldByName(name);
    ASSERT_NE(field, nullptr) << row.field;
    EXPECT_EQ(record->GetReflection()->GetEnumValue(*record, field), 0) << "unknown codes are 0";
    const auto table = codes_of_proto.find(field->enum_type()->full_name());
    ASSERT_NE(table, codes_of_proto.end()) << field->enum_type()->full_name();
    const bool is_limit_consent = row.codes->name == "OQSCD001";
    for (const auto& [value, code] : table->second) {
      if (is_limit_consent && code > "1") continue;
      const auto message = ReadMessage(NameFor(row), DocumentWith(row, code));
      ASSERT_TRUE(message.ok());
      const Message* read = TextAt(*message, row).second;
      EXPECT_EQ(read->GetReflection()->GetEnumValue(*read, field), value)
          << row.element << " " << code;
      ++checked;
    }
    if (!is_limit_consent) {
      EXPECT_EQ(row.codes->rows.size(), table->second.size()) << row.codes->name;
    }
  }
  EXPECT_GT(checked, 120);
}

TEST(ElementTable, IndexFindsEveryRowWithAndWithoutAHint) {
  for (size_t s = 0; s < kScopeCount; ++s) {
    const auto scope = static_cast<Scope>(s);
    const auto elements = ElementsOf(scope);
    ASSERT_LE(elements.size(), 64U) << "the reader counts rows in 64 bits";
    for (size_t i = 0; i < elements.size(); ++i) {
      EXPECT_EQ(FindElement(scope, elements[i].name, i), i);
      EXPECT_EQ(FindElement(scope, elements[i].name, 0), i);
      EXPECT_EQ(FindElement(scope, elements[i].name, 1000), i);
      EXPECT_EQ(FindElement(scope, absl::StrCat(elements[i].name, "x"), i), kNotFound);
    }
    EXPECT_EQ(FindElement(scope, "", 0), kNotFound);
  }
}

TEST(ElementTable, EveryRowIsExplained) {
  for (const MappingRow& row : AllRows()) {
    EXPECT_FALSE(row.meaning_ja.empty()) << row.element;
    EXPECT_FALSE(row.meaning_en.empty()) << row.element;
    EXPECT_EQ(row.kind == "code", row.codes != nullptr) << row.element;
  }
}

}  // namespace
}  // namespace madoguchi::oqs
