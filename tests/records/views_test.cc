#include "agent/records/views.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/base/error.h"
#include "agent/records/reading.h"
#include "tests/oqs/fixtures.h"
#include "tests/records/receptions.h"

namespace madoguchi::records {
namespace {

using base::ErrorCode;

v1::Date Month(int year, int month) {
  v1::Date date;
  date.set_year(year);
  date.set_month(month);
  return date;
}

void AddTreatment(v1::MedicalRecord& record, v1::ConsentCategory category, int month) {
  v1::TreatmentLine& line = *record.mutable_diagnosis_history()->add_treatment_lines();
  line.set_category(category);
  *line.mutable_month() = Month(2026, month);
}

Coverage Covering(std::vector<v1::ConsentCategory> categories) {
  return {.qualification_index = 0, .categories = std::move(categories)};
}

TEST(ViewsTest, DrugsOfTheMonthsAskedFor) {
  v1::MedicalRecord record;
  for (const int month : {1, 2, 3, 4}) {
    *record.mutable_drug_history()->add_drug_lines()->mutable_month() = Month(2026, month);
  }
  record.mutable_drug_history()->add_drug_lines()->mutable_month()->set_text("2026-??");
  record.add_receipt_months();
  record.mutable_patient()->set_name("架空　太郎");
  const Months months{absl::CivilMonth(2026, 2), absl::CivilMonth(2026, 3)};
  EXPECT_EQ(ViewDrugs(record, months, false).history.drug_lines_size(), 3);
  EXPECT_EQ(ViewDrugs(record, std::nullopt, false).history.drug_lines_size(), 5);
}

TEST(ViewsTest, RepeatedMedicinesAreCountedAndLeftOutUnlessWanted) {
  v1::MedicalRecord record;
  for (const v1::DrugSource source : {v1::DRUG_SOURCE_DISPENSING, v1::DRUG_SOURCE_RECEIPT}) {
    v1::DrugLine& line = *record.mutable_drug_history()->add_drug_lines();
    line.set_source(source);
    line.mutable_prescriber()->set_code("9910000025");
    *line.mutable_month() = Month(2026, 2);
    *line.mutable_prescribed_on() = base::ParseOqsDate("20260205");
    line.mutable_drug()->set_drug_code("699900001");
  }
  const DrugView once = ViewDrugs(record, std::nullopt, false);
  EXPECT_EQ(once.duplicates, 1);
  ASSERT_EQ(once.history.drug_lines_size(), 1);
  EXPECT_EQ(once.history.drug_lines(0).source(), v1::DRUG_SOURCE_RECEIPT);
  const DrugView all = ViewDrugs(record, std::nullopt, true);
  EXPECT_EQ(all.duplicates, 1);
  ASSERT_EQ(all.history.drug_lines_size(), 2);
  EXPECT_EQ(all.history.drug_lines(0).duplicate_of(), 2);
}

TEST(ViewsTest, EachTreatmentNeedsTheConsentOfItsOwnCategory) {
  constexpr v1::ConsentCategory kDiagnosis = v1::CONSENT_CATEGORY_DIAGNOSIS;
  constexpr v1::ConsentCategory kOperation = v1::CONSENT_CATEGORY_OPERATION;
  v1::MedicalRecord record;
  for (const v1::ConsentCategory category : {kDiagnosis, kDiagnosis, kDiagnosis, kOperation,
                                             kOperation, v1::CONSENT_CATEGORY_UNSPECIFIED}) {
    AddTreatment(record, category, 3);
  }
  const auto count = [&record](const Coverage& coverage) {
    const DiagnosisView view = ViewDiagnoses(record, coverage, std::nullopt);
    EXPECT_EQ(view.history.treatment_lines_size() + view.withheld_lines, 6);
    for (const v1::TreatmentLine& line : view.history.treatment_lines()) {
      EXPECT_TRUE(line.category() == v1::CONSENT_CATEGORY_UNSPECIFIED ||
                  coverage.Covers(line.category()));
    }
    return view.history.treatment_lines_size();
  };
  EXPECT_EQ(count(Covering({})), 0);
  EXPECT_EQ(count(Covering({kDiagnosis})), 3);
  EXPECT_EQ(count(Covering({kOperation})), 2);
  EXPECT_EQ(count(Covering({kDiagnosis, kOperation})), 6);
  EXPECT_EQ(count(Covering({v1::CONSENT_CATEGORY_DRUG, v1::CONSENT_CATEGORY_CHECKUP})), 0);
}

TEST(ViewsTest, WithheldLinesOfOtherMonthsAreNotCounted) {
  v1::MedicalRecord record;
  AddTreatment(record, v1::CONSENT_CATEGORY_OPERATION, 1);
  AddTreatment(record, v1::CONSENT_CATEGORY_OPERATION, 2);
  const Months february{absl::CivilMonth(2026, 2), absl::CivilMonth(2026, 2)};
  EXPECT_EQ(ViewDiagnoses(record, Covering({}), february).withheld_lines, 1);
}

Question Asked(Kind kind) {
  return {.reception_id = "r1",
          .kind = kind,
          .counter = "main",
          .terminal = "t1",
          .medical_institution_code = "9910000017",
          .qualification = {},
          .qualification_index = 0,
          .months = {}};
}

absl::StatusOr<Reading> ReadFixture(Kind kind, const std::string& ending) {
  const oqs::Fixture fixture = oqs::FixtureEndingWith(ending);
  return ReadAnswer(Asked(kind),
                    {.file_name = fixture.name, .identifier = "", .bytes = fixture.bytes});
}

TEST(ReadingTest, AMedicineAnswerKeepsItsLinesOnly) {
  const auto reading = ReadFixture(Kind::kDrug, "YZKsiquc01res_022604100920000101.xml");
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_EQ(reading->family, "YZK");
  EXPECT_TRUE(reading->success);
  EXPECT_EQ(reading->medical_institution_code, "9910000017");
  EXPECT_FALSE(reading->patient.name.empty());
  EXPECT_EQ(base::ToCivilDay(reading->patient.birth_date), absl::CivilDay(1980, 1, 15));
  v1::MedicalRecord kept;
  ASSERT_TRUE(kept.ParseFromString(reading->body));
  EXPECT_GT(kept.drug_history().drug_lines_size(), 10);
  // Neither the patient nor what surrounds the lines is in what is kept.
  EXPECT_EQ(reading->body.find(reading->patient.name), std::string::npos);
  EXPECT_EQ(kept.receipt_months_size(), 0);
  EXPECT_FALSE(kept.has_patient());
}

TEST(ReadingTest, ADiagnosisAnswerKeepsNoMedicines) {
  const auto reading = ReadFixture(Kind::kDiagnosis, "YZKsiquc01res_042604100940000101.xml");
  ASSERT_TRUE(reading.ok()) << reading.status();
  v1::MedicalRecord kept;
  ASSERT_TRUE(kept.ParseFromString(reading->body));
  EXPECT_EQ(kept.drug_history().drug_lines_size(), 0);
  EXPECT_GT(kept.diagnosis_history().treatment_lines_size(), 1);
  const DiagnosisView view =
      ViewDiagnoses(kept, Covering({v1::CONSENT_CATEGORY_DIAGNOSIS}), std::nullopt);
  EXPECT_GT(view.history.treatment_lines_size(), 0);
  EXPECT_GT(view.withheld_lines, 0);
}

TEST(ReadingTest, CheckupsDocumentsAndRefusals) {
  const auto checkups = ReadFixture(Kind::kCheckup, "TKKsiquc01res_022604100950000101.xml");
  ASSERT_TRUE(checkups.ok()) << checkups.status();
  EXPECT_EQ(checkups->family, "TKK");
  EXPECT_TRUE(checkups->success);
  v1::CheckupHistory kept;
  ASSERT_TRUE(kept.ParseFromString(checkups->body));
  EXPECT_EQ(kept.checkups_size(), 2);
  EXPECT_FALSE(kept.has_patient());
  const auto refused = ReadFixture(Kind::kCheckup, "TKKsiquc01res_022604100952000412.xml");
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_FALSE(refused->success);
  const auto document =
      ReadAnswer(Asked(Kind::kDrugDocument),
                 {.file_name = "YZKsiquc01res_1.pdf", .identifier = "", .bytes = "%PDF-1.4 x"});
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_TRUE(document->document);
  EXPECT_EQ(document->body.substr(0, 5), "%PDF-");
}

TEST(ReadingTest, AnyOtherMessageIsNoRecord) {
  const auto other = ReadAnswer(Asked(Kind::kDrug),
                                {.file_name = "YZKsiquc01res_1.xml",
                                 .identifier = "",
                                 .bytes = oqs::FixtureEndingWith("_20260410091512.xml").bytes});
  // Read by its name, it says nothing of what a medical record says.
  EXPECT_FALSE(other.ok() && CheckAnswer(Asked(Kind::kDrug), {}, *other).ok());
  EXPECT_FALSE(
      ReadAnswer(Asked(Kind::kDrug), {.file_name = "x", .identifier = "", .bytes = "garbage"})
          .ok());
}

}  // namespace
}  // namespace madoguchi::records
