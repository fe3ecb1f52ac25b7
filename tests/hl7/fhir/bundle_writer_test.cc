#include "hl7/fhir/bundle_writer.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/oqs/any_form.h"
#include "agent/oqs/message.h"
#include "google/protobuf/arena.h"
#include "tests/hl7/fhir/full_records.h"
#include "tests/oqs/fixtures.h"
#include "tests/oqs/generate.h"

namespace madoguchi::hl7::fhir {
namespace {

std::vector<std::string> Bundles(const v1::OqsMessage& message, JpCore version) {
  BundleWriter writer(version);
  std::vector<std::string> all;
  for (int i = 0; i < BundleWriter::CountOf(message); ++i) {
    all.emplace_back();
    writer.Write(message, i, all.back());
  }
  return all;
}

// What any Bundle must be: JSON in UTF-8, with ids that lead somewhere and none twice, and no empty
// object, array or text, which FHIR forbids.
class Inspector {
 public:
  explicit Inspector(const std::string& json) {
    document_.Parse<rapidjson::kParseValidateEncodingFlag>(json.c_str(), json.size());
    if (document_.HasParseError() || !document_.IsObject()) {
      wrong_ = "no JSON";
      return;
    }
    for (const auto& entry : document_["entry"].GetArray()) {
      const std::string url = entry["fullUrl"].GetString();
      if (!urls_.insert(url).second) Tell("twice: " + url);
      if (url != std::string("urn:uuid:") + entry["resource"]["id"].GetString()) Tell("id: " + url);
    }
    Walk(document_, "");
  }
  const std::string& wrong() const { return wrong_; }
  // How many resources of a type.
  int Count(absl::string_view type) const {
    int count = 0;
    for (const auto& entry : document_["entry"].GetArray()) {
      if (entry["resource"]["resourceType"].GetString() == type) ++count;
    }
    return count;
  }

 private:
  void Tell(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  void WalkMembers(const rapidjson::Value& value, const std::string& where) {
    if (value.ObjectEmpty()) Tell("empty object: " + where);
    std::set<std::string> names;
    for (const auto& member : value.GetObject()) {
      const std::string name = member.name.GetString();
      const std::string place = absl::StrCat(where, ".", name);
      if (!names.insert(name).second) Tell("member twice: " + place);
      if (name == "reference" && urls_.count(member.value.GetString()) == 0) {
        Tell("leads nowhere: " + where);
      }
      Walk(member.value, place);
    }
  }

  void Walk(const rapidjson::Value& value, const std::string& where) {
    if (value.IsObject()) {
      WalkMembers(value, where);
    } else if (value.IsArray()) {
      if (value.Empty()) Tell("empty array: " + where);
      for (const auto& each : value.GetArray()) Walk(each, where + "[]");
    } else if (value.IsString()) {
      if (IsBlankText(value.GetString())) Tell("blank text: " + where);
    } else if (value.IsNull()) {
      Tell("null: " + where);
    }
  }

  static bool IsBlankText(absl::string_view text) {
    return text.find_first_not_of(" \t\r\n") == absl::string_view::npos;
  }

  rapidjson::Document document_;
  std::set<std::string> urls_;
  std::string wrong_;
};

// By name of the file: is it one about a person, as far as this test knows.
TEST(BundleWriter, EveryFixtureThatIsAboutAPersonIsABundle) {
  size_t bundles = 0;
  size_t files = 0;
  for (const oqs::Fixture& fixture : oqs::AllFixtures()) {
    const auto message = oqs::ReadAnyForm(fixture.name, fixture.bytes);
    ASSERT_TRUE(message.ok()) << fixture.path;
    for (const JpCore version : {JpCore::k1_2_0, JpCore::k1_1_2}) {
      const auto all = Bundles(*message, version);
      for (const std::string& json : all) EXPECT_EQ(Inspector(json).wrong(), "") << fixture.path;
      bundles += all.size();
      files += all.empty() ? 0 : 1;
    }
    const bool is_question = absl::StrContains(fixture.name, "req_");
    if (is_question) {
      EXPECT_EQ(BundleWriter::CountOf(*message), 0) << fixture.path;
    }
  }
  EXPECT_GT(files, 50U);
  EXPECT_GT(bundles, 60U);
}

TEST(BundleWriter, AnyRecordGivesAWellFormedBundleAndTheSameBytesAgain) {
  size_t bundles = 0;
  std::string reused = "left over";
  BundleWriter kept(JpCore::k1_2_0);
  for (uint32_t seed = 0; seed < 1500; ++seed) {
    const v1::OqsMessage message =
        oqs::GenerateMessage(seed, seed % 2 == 0 ? oqs::Encoding::kUtf8 : oqs::Encoding::kShiftJis);
    // As it is read: with the lines that are derived.
    const auto bytes = oqs::WriteMessage(message, oqs::Encoding::kUtf8);
    ASSERT_TRUE(bytes.ok()) << seed;
    google::protobuf::Arena arena;
    auto& read = *google::protobuf::Arena::CreateMessage<v1::OqsMessage>(&arena);
    ASSERT_TRUE(oqs::ReadMessage(message.file_name(), *bytes, read).ok()) << seed;
    const auto all = Bundles(read, JpCore::k1_2_0);
    for (size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(Inspector(all[i]).wrong(), "") << seed;
      // A writer that has written others, and a copy of the record that is not on an arena.
      const v1::OqsMessage copy = read;
      kept.Write(copy, static_cast<int>(i), reused);
      EXPECT_EQ(reused, all[i]) << seed;
    }
    for (const std::string& json : Bundles(read, JpCore::k1_1_2)) {
      EXPECT_EQ(Inspector(json).wrong(), "") << seed;
    }
    bundles += all.size();
  }
  EXPECT_GT(bundles, 500U);
}

TEST(BundleWriter, EveryLineAndItemIsAResource) {
  const auto records = FullRecords();
  const std::string medical = Bundles(records[2], JpCore::k1_2_0).front();
  EXPECT_EQ(Inspector(medical).Count("MedicationDispense"), 2);
  EXPECT_EQ(Inspector(medical).Count("MedicationStatement"), 1);
  EXPECT_EQ(Inspector(medical).Count("Procedure"),
            records[2].medical_record().diagnosis_history().treatment_lines_size());
  const std::string checkups = Bundles(records[3], JpCore::k1_2_0).front();
  EXPECT_EQ(Inspector(checkups).Count("Observation"), 1);
  EXPECT_EQ(Inspector(checkups).Count("DiagnosticReport"), 1);
  const std::string person = Bundles(records[0], JpCore::k1_2_0).front();
  EXPECT_EQ(Inspector(person).Count("Consent"), 6);
}

v1::OqsMessage OneMedicine() {
  v1::OqsMessage message = FullRecords()[2];
  v1::MedicalRecord& record = *message.mutable_medical_record();
  record.clear_dispensing_months();
  record.clear_prescription_months();
  record.mutable_drug_history()->mutable_drug_lines()->DeleteSubrange(1, 2);
  record.clear_diagnosis_history();
  return message;
}

std::string BundleOf(const v1::OqsMessage& message) {
  return Bundles(message, JpCore::k1_2_0).front();
}

// What was handed over is said only where day, amount and times tell it.
TEST(BundleWriter, ALineWithoutDayOrAmountIsNoDispense) {
  const v1::OqsMessage whole = OneMedicine();
  EXPECT_TRUE(absl::StrContains(BundleOf(whole), R"("quantity":{"value":42,)"));
  for (const auto& spoil : std::vector<void (*)(v1::DrugLine&)>{
           [](v1::DrugLine& line) { line.clear_dispensed_on(); },
           [](v1::DrugLine& line) { line.mutable_dispensed_on()->set_month(13); },
           [](v1::DrugLine& line) { line.mutable_drug()->set_amount("適量"); },
           [](v1::DrugLine& line) { line.mutable_drug()->clear_unit(); },
           [](v1::DrugLine& line) { line.mutable_drug()->set_times("2週"); },
           [](v1::DrugLine& line) { line.set_source(v1::DRUG_SOURCE_PRESCRIPTION); },
           [](v1::DrugLine& line) { line.mutable_provider()->set_code("9910000033"); }}) {
    v1::OqsMessage message = whole;
    spoil(*message.mutable_medical_record()->mutable_drug_history()->mutable_drug_lines(0));
    const std::string json = BundleOf(message);
    EXPECT_EQ(Inspector(json).wrong(), "");
    EXPECT_EQ(Inspector(json).Count("MedicationStatement"), 1) << json;
    EXPECT_EQ(Inspector(json).Count("MedicationDispense"), 0);
  }
}

TEST(BundleWriter, TheSameMedicineHasTheSameIdInALongerAnswer) {
  v1::OqsMessage message = OneMedicine();
  const auto id_of = [](const std::string& json) {
    const size_t at = json.find(R"("MedicationDispense","id":")");
    return json.substr(at + 27, 36);
  };
  const std::string id = id_of(BundleOf(message));
  auto& lines = *message.mutable_medical_record()->mutable_drug_history()->mutable_drug_lines();
  v1::DrugLine& other = *lines.Add();
  other = lines[0];
  other.mutable_drug()->set_drug_code("other");
  lines.SwapElements(0, 1);
  EXPECT_TRUE(absl::StrContains(BundleOf(message), absl::StrCat("urn:uuid:", id)));
  // Two lines that say the same are two all the same.
  lines[0] = lines[1];
  const std::string json = BundleOf(message);
  EXPECT_EQ(Inspector(json).wrong(), "");
  EXPECT_EQ(Inspector(json).Count("MedicationDispense"), 2);
}

// Each value type of a checkup, and what is none.
TEST(BundleWriter, ValuesOfCheckupsAreOfTheirType) {
  struct Case {
    absl::string_view type, value, unit, name, expected;
  };
  for (const Case& each : {
           Case{"PQ", "88.0", "cm", "", R"("valueQuantity":{"value":88.0,"unit":"cm","system":)"},
           Case{"PQ", "5", "歩", "", R"("valueQuantity":{"value":5,"unit":"歩"})"},
           Case{"PQ", "<5", "mg/dL", "", R"({"value":5,"comparator":"<","unit":"mg/dL")"},
           Case{"PQ", "１００以上", "", "", R"({"value":100,"comparator":">="})"},
           Case{"PQ", "測定不能", "cm", "", R"("valueString":"測定不能")"},
           Case{"PQ", "", "cm", "", R"("dataAbsentReason")"},
           Case{"CO", "1", "", "－", R"("code":"1","display":"－"}],"text":"－"})"},
           Case{"CD", "", "", "なし", R"("valueCodeableConcept":{"text":"なし"})"},
           Case{"ST", "特になし", "", "", R"("valueString":"特になし")"},
           Case{"XX", "5", "", "", R"("valueString":"5")"},
       }) {
    v1::OqsMessage message;
    v1::CheckupItem& item = *message.mutable_checkup_history()->add_checkups()->add_items();
    item.set_item_code("9N501000000000011");
    item.set_data_type(std::string(each.type));
    item.set_data_value(std::string(each.value));
    item.set_unit(std::string(each.unit));
    item.set_data_value_name(std::string(each.name));
    const std::string json = BundleOf(message);
    EXPECT_TRUE(absl::StrContains(json, each.expected)) << json;
    EXPECT_EQ(Inspector(json).wrong(), "") << json;
  }
}

// The parts of an answer that JP Core writes in two ways.
TEST(BundleWriter, TheDialectsDifferInSystemsAndWidths) {
  v1::OqsMessage message = FullRecords()[0];
  v1::InsuredId& insured =
      *message.mutable_confirmation()->mutable_qualifications(0)->mutable_insured();
  insured.set_insurer_number_trimmed("123456");
  insured.set_symbol("見本　１２");
  insured.set_number("3456");
  insured.set_branch("01");
  const std::string now = Bundles(message, JpCore::k1_2_0).front();
  EXPECT_TRUE(absl::StrContains(now, R"("value":"00123456:見本１２:３４５６:01")"));
  EXPECT_TRUE(absl::StrContains(now, R"("dependent":"01")"));
  EXPECT_TRUE(absl::StrContains(now, "http://jpfhir.jp/fhir/core/mhlw/IdSystem/InsurerNumber"));
  const std::string before = Bundles(message, JpCore::k1_1_2).front();
  EXPECT_TRUE(absl::StrContains(before, R"("value":"\"見本　１２\",\"３４５６\",\"０１\"")"));
  EXPECT_TRUE(absl::StrContains(before, R"("dependent":"０１")"));
  EXPECT_TRUE(absl::StrContains(before, "urn:oid:1.2.392.100495.20.3.61"));
}

}  // namespace
}  // namespace madoguchi::hl7::fhir
