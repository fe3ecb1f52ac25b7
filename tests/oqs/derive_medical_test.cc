#include "agent/oqs/derive_medical.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "agent/oqs/any_form.h"
#include "agent/oqs/message.h"
#include "google/protobuf/arena.h"
#include "tests/oqs/fixtures.h"
#include "tests/oqs/generate.h"
#include "tests/oqs/leaves.h"

namespace madoguchi::oqs {
namespace {

v1::MedicalRecord ReadRecord(absl::string_view ending) {
  const Fixture fixture = FixtureEndingWith(ending);
  const absl::StatusOr<v1::OqsMessage> message = ReadMessage(fixture.name, fixture.bytes);
  EXPECT_TRUE(message.ok()) << message.status();
  return message.ok() ? message->medical_record() : v1::MedicalRecord();
}

TEST(DeriveLines, PutsTheThreeSourcesIntoOneList) {
  const v1::MedicalRecord record = ReadRecord("res_022604100920000101.xml");
  EXPECT_EQ(record.result().code(), "1");
  EXPECT_EQ(record.patient().name(), "架空　太郎");
  const auto& lines = record.drug_history().drug_lines();
  ASSERT_GE(lines.size(), 4);
  EXPECT_EQ(lines[0].source(), v1::DRUG_SOURCE_RECEIPT);
  EXPECT_EQ(lines[0].provider().code(), "9940000012");
  EXPECT_EQ(lines[0].prescriber().code(), "9910000025");
  EXPECT_EQ(lines[0].month().text(), "202602");
  EXPECT_EQ(lines[0].dispensed_on().text(), "20260205");
  EXPECT_EQ(lines[0].drug().drug_code(), "699900002");
  EXPECT_EQ(lines[0].drug().times(), "14");
  const v1::DrugLine& dispensed = lines[lines.size() - 3];
  EXPECT_EQ(dispensed.source(), v1::DRUG_SOURCE_DISPENSING);
  EXPECT_EQ(dispensed.dispensed_on().text(), "20260407");
  const v1::DrugLine& prescribed = lines[lines.size() - 1];
  EXPECT_EQ(prescribed.source(), v1::DRUG_SOURCE_PRESCRIPTION);
  EXPECT_EQ(prescribed.prescriber().code(), "9910000033");
  EXPECT_EQ(prescribed.prescribed_on().text(), "20260409");
  EXPECT_EQ(prescribed.drug().special_instruction(), "食直後");
}

TEST(DeriveLines, TellsOperationsFromOtherTreatments) {
  const v1::MedicalRecord record = ReadRecord("res_042604100940000101.xml");
  const auto& lines = record.diagnosis_history().treatment_lines();
  ASSERT_EQ(lines.size(), 4);
  EXPECT_EQ(lines[0].category(), v1::CONSENT_CATEGORY_DIAGNOSIS);
  EXPECT_EQ(lines[0].day().text(), "20260312");
  EXPECT_EQ(lines[3].category(), v1::CONSENT_CATEGORY_OPERATION);
  EXPECT_EQ(lines[3].treatment().treatment_name(), "架空関節鏡下手術");
  EXPECT_EQ(lines[3].day().text(), "20260320");
  EXPECT_EQ(record.drug_history().drug_lines_size(), 1);
}

TEST(DeriveLines, LeavesWhatItCannotClassifyWithoutCategory) {
  for (const char* odd : {"", "5", "500", "５０", "x0", " 50"}) {
    EXPECT_EQ(CategoryOfTreatment(odd), v1::CONSENT_CATEGORY_UNSPECIFIED) << odd;
  }
  EXPECT_EQ(CategoryOfTreatment("54"), v1::CONSENT_CATEGORY_OPERATION);
  EXPECT_EQ(CategoryOfTreatment("60"), v1::CONSENT_CATEGORY_DIAGNOSIS);
}

TEST(DeriveLines, TakesOnlyInstitutionsThatMayPrescribeAsPrescriber) {
  v1::MedicalRecord record;
  v1::MonthBlock& month = *record.add_receipt_months();
  month.mutable_provider()->set_code("9910000033");
  month.add_days()->add_drugs()->set_drug_code("1");
  for (const auto& [sent, expected] :
       {std::pair("9940000012", "9910000033"), std::pair("9930000012", "9930000012"),
        std::pair("9910000025", "9910000025"), std::pair("", "9910000033"),
        std::pair("99", "9910000033")}) {
    month.mutable_prescriber()->set_code(sent);
    DeriveLines(record);
    ASSERT_EQ(record.drug_history().drug_lines_size(), 1);
    EXPECT_EQ(record.drug_history().drug_lines(0).prescriber().code(), expected) << sent;
  }
}

// Everything but drug_history and diagnosis_history is taken away and made again.
void ExpectRebuilt(const v1::MedicalRecord& record, const std::string& what) {
  v1::MedicalRecord lines;
  *lines.mutable_drug_history() = record.drug_history();
  *lines.mutable_diagnosis_history() = record.diagnosis_history();
  RebuildMonths(lines);
  v1::MedicalRecord derived = lines;
  DeriveLines(derived);
  EXPECT_EQ(Difference(derived.drug_history(), record.drug_history()), "") << what;
  EXPECT_EQ(Difference(derived.diagnosis_history(), record.diagnosis_history()), "") << what;
}

TEST(RebuildMonths, GivesTheSameLinesAgain) {
  int records = 0;
  for (const Fixture& fixture : AllFixtures()) {
    const absl::StatusOr<v1::OqsMessage> message = ReadMessage(fixture.name, fixture.bytes);
    if (!message.ok() || message->medical_record().drug_history().drug_lines().empty()) continue;
    ++records;
    ExpectRebuilt(message->medical_record(), fixture.name);
  }
  EXPECT_GE(records, 2);
}

TEST(RebuildMonths, GivesTheSameLinesOfGeneratedRecordsAgain) {
  int lines = 0;
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    v1::OqsMessage message = GenerateMessage(seed, Encoding::kUtf8);
    if (!message.has_medical_record()) continue;
    v1::MedicalRecord& record = *message.mutable_medical_record();
    DeriveLines(record);
    lines += record.drug_history().drug_lines_size();
    ExpectRebuilt(record, absl::StrCat("seed ", seed));
  }
  EXPECT_GT(lines, 500);
}

TEST(MoveLines, GivesTheLinesThatCopyingGives) {
  int lines = 0;
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    v1::OqsMessage message = GenerateMessage(seed, Encoding::kUtf8);
    if (!message.has_medical_record()) continue;
    v1::MedicalRecord moved = message.medical_record();
    DeriveLines(*message.mutable_medical_record());
    MoveLines(moved);
    const v1::MedicalRecord& copied = message.medical_record();
    ASSERT_EQ(Difference(moved.drug_history(), copied.drug_history()), "") << "seed " << seed;
    ASSERT_EQ(Difference(moved.diagnosis_history(), copied.diagnosis_history()), "");
    lines += copied.drug_history().drug_lines_size();
  }
  EXPECT_GT(lines, 500);
}

TEST(MoveLines, ReadsTheSameOfWhateverFormAndPlace) {
  for (const Fixture& fixture : AllFixtures()) {
    const absl::StatusOr<v1::OqsMessage> whole = ReadAnyForm(fixture.name, fixture.bytes);
    google::protobuf::Arena arena;
    auto& lines = *google::protobuf::Arena::CreateMessage<v1::OqsMessage>(&arena);
    const absl::Status read = ReadAnyForm(fixture.name, fixture.bytes, lines, Wanted::kLines);
    ASSERT_EQ(read, whole.status()) << fixture.name;
    if (!read.ok()) continue;
    EXPECT_EQ(
        Difference(lines.medical_record().drug_history(), whole->medical_record().drug_history()),
        "")
        << fixture.name;
    EXPECT_EQ(Difference(lines.medical_record().diagnosis_history(),
                         whole->medical_record().diagnosis_history()),
              "");
    EXPECT_EQ(Difference(lines.confirmation(), whole->confirmation()), "");
    EXPECT_EQ(Difference(lines.checkup_history(), whole->checkup_history()), "");
  }
}

TEST(RebuildMonths, SharesBlocksAsTheAnswerDid) {
  const v1::MedicalRecord record = ReadRecord("res_022604100920000101.xml");
  v1::MedicalRecord rebuilt;
  *rebuilt.mutable_drug_history() = record.drug_history();
  RebuildMonths(rebuilt);
  EXPECT_EQ(rebuilt.receipt_months_size(), record.receipt_months_size());
  EXPECT_EQ(rebuilt.dispensing_months_size(), record.dispensing_months_size());
  EXPECT_EQ(rebuilt.prescription_months_size(), record.prescription_months_size());
}

}  // namespace
}  // namespace madoguchi::oqs
