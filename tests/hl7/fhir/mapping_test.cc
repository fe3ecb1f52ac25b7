#include "hl7/fhir/mapping.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "agent/oqs/mapping.h"
#include "hl7/fhir/bundle_writer.h"
#include "tests/hl7/fhir/full_records.h"
#include "tests/hl7/fhir/mapping_page.h"

namespace madoguchi::hl7::fhir {
namespace {

// The Bundle with every UUID called by its first appearance: what it says, apart from ids.
std::string ContentOf(const v1::OqsMessage& message, JpCore version) {
  BundleWriter writer(version);
  std::string json;
  writer.Write(message, 0, json);
  std::map<std::string, std::string> names;
  std::string content;
  for (size_t at = 0; at < json.size();) {
    constexpr size_t kUuid = 36;
    const std::string word = json.substr(at, kUuid);
    const bool uuid = word.size() == kUuid && word[8] == '-' && word[13] == '-' &&
                      word[18] == '-' && word[23] == '-' &&
                      word.find_first_not_of("0123456789abcdef-") == std::string::npos;
    if (uuid) {
      content += names.try_emplace(word, "#" + std::to_string(names.size())).first->second;
      at += kUuid;
    } else {
      content += json[at++];
    }
  }
  return content;
}

// Fields of answers that hold a value, as rows.
std::vector<oqs::MappingRow> Leaves() {
  std::vector<oqs::MappingRow> leaves;
  for (const auto& rows : {oqs::ResponseMapping(), oqs::BatchAnswerMapping(), oqs::MedicalMapping(),
                           oqs::CheckupMapping()}) {
    for (const oqs::MappingRow& row : rows) {
      if (!row.field.empty() && row.kind != "group" && row.kind != "repeated") {
        leaves.push_back(row);
      }
    }
  }
  return leaves;
}

// As it would be without any qualification: only then the question's identifiers are seen.
bool NeedsNobody(absl::string_view field) {
  return absl::StrContains(field, "query.insured.") || absl::EndsWith(field, "query.birth_date");
}

void LoseQualifications(v1::OqsMessage& message) {
  if (message.has_confirmation()) message.mutable_confirmation()->clear_qualifications();
  if (!message.has_batch_answer()) return;
  for (auto& unit : *message.mutable_batch_answer()->mutable_units()) {
    unit.mutable_confirmation()->clear_qualifications();
  }
}

void CheckRow(const oqs::MappingRow& row, const v1::OqsMessage& base, JpCore version) {
  const MappingRow* mapped = FindMapping(row.field);
  ASSERT_NE(mapped, nullptr) << row.field << " has no row";
  v1::OqsMessage before = base;
  if (NeedsNobody(row.field)) LoseQualifications(before);
  v1::OqsMessage after = before;
  const std::string says = Change(row, after);
  if (says.empty()) return;
  const std::string old_content = ContentOf(before, version);
  const std::string content = ContentOf(after, version);
  switch (mapped->shown) {
    case Shown::kAsSent:
      EXPECT_TRUE(absl::StrContains(content, says)) << row.field << " is not seen: " << says;
      EXPECT_NE(content, old_content) << row.field;
      break;
    case Shown::kTranslated:
      EXPECT_NE(content, old_content) << row.field << " changes nothing";
      break;
    case Shown::kNot:
      EXPECT_EQ(content, old_content) << row.field << " is seen";
      break;
  }
}

class MappingTest : public testing::TestWithParam<JpCore> {};

TEST_P(MappingTest, EveryFieldIsWhereTheTableSays) {
  size_t changed = 0;
  for (const v1::OqsMessage& record : FullRecords()) {
    for (const oqs::MappingRow& row : Leaves()) {
      v1::OqsMessage probe = record;
      if (Change(row, probe).empty()) continue;
      CheckRow(row, record, GetParam());
      ++changed;
    }
  }
  // None was passed over.
  EXPECT_EQ(changed, Leaves().size());
}

INSTANTIATE_TEST_SUITE_P(Dialects, MappingTest, testing::Values(JpCore::k1_2_0, JpCore::k1_1_2));

TEST(MappingTable, HasNoRowForNothing) {
  std::set<absl::string_view> used;
  for (const oqs::MappingRow& leaf : Leaves()) {
    if (const MappingRow* row = FindMapping(leaf.field)) used.insert(row->field);
  }
  for (const MappingRow& row : Mapping()) EXPECT_EQ(used.count(row.field), 1U) << row.field;
}

TEST(MappingTable, ThePageIsUpToDate) {
  std::ifstream file(MADOGUCHI_SOURCE_DIR "/docs/en/mapping-fhir.md", std::ios::binary);
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_TRUE(page.str() == MappingPage())
      << "stale: ninja -C build fhir_mapping_page && "
         "build/bin/fhir_mapping_page > docs/en/mapping-fhir.md";
}

}  // namespace
}  // namespace madoguchi::hl7::fhir
