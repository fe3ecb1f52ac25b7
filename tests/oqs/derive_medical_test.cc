#include "agent/oqs/derive_medical.h"

#include <gtest/gtest.h>

#include "agent/oqs/message.h"
#include "tests/oqs/fixtures.h"

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

}  // namespace
}  // namespace madoguchi::oqs
