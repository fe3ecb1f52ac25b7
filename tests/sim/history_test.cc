#include "tests/sim/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "agent/base/japan_time.h"
#include "agent/oqs/derive_medical.h"
#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

class HistoryTest : public testing::Test {
 protected:
  Person Load(absl::string_view persona) const {
    return *site_.site().LoadPerson(*site_.site().NumberOfPersona(persona));
  }
  v1::MedicalRecord Derived(const Person& person) const {
    v1::MedicalRecord record = MakeMedicalHistory(person, today_);
    oqs::DeriveLines(record);
    return record;
  }

  TempSite site_;
  absl::CivilDay today_ = base::JapanDay(absl::Now());
};

TEST_F(HistoryTest, TheSameEveryTimeAndAnotherOneForAnother) {
  const Person person = Load("valid-with-consents");
  const std::string once = MakeMedicalHistory(person, today_).SerializeAsString();
  EXPECT_EQ(once, MakeMedicalHistory(person, today_).SerializeAsString());
  EXPECT_EQ(MakeCheckups(person, today_).SerializeAsString(),
            MakeCheckups(person, today_).SerializeAsString());
  EXPECT_NE(once, MakeMedicalHistory(Load("card-expiring"), today_).SerializeAsString());
}

TEST_F(HistoryTest, TomorrowAddsAndChangesNothing) {
  const Person person = Load("valid-with-consents");
  const v1::MedicalRecord now = MakeMedicalHistory(person, today_);
  const v1::MedicalRecord later = MakeMedicalHistory(person, today_ + 1);
  std::set<std::string> later_days;
  for (const v1::MonthBlock& block : later.receipt_months()) {
    for (const v1::DayBlock& day : block.days()) later_days.insert(day.SerializeAsString());
  }
  const std::string first_month = later.receipt_months(0).month().text();
  for (const v1::MonthBlock& block : now.receipt_months()) {
    if (block.month().text() < first_month) continue;
    for (const v1::DayBlock& day : block.days()) {
      // One that was dispensed on the day itself may be fetched a day later, seen from tomorrow.
      EXPECT_TRUE(later_days.contains(day.SerializeAsString()));
    }
  }
}

TEST_F(HistoryTest, TwoInstitutionsThreeFamiliesAndDuplicates) {
  const v1::MedicalRecord record = Derived(Load("valid-with-consents"));
  std::set<std::string> providers;
  std::set<int> sources;
  int duplicates = 0;
  for (const v1::DrugLine& line : record.drug_history().drug_lines()) {
    providers.insert(line.provider().code());
    sources.insert(line.source());
    duplicates += line.duplicate_of() > 0 ? 1 : 0;
  }
  // The pharmacy, the hospital; and the practice, which prescriptions name.
  EXPECT_THAT(providers, SizeIs(3));
  EXPECT_THAT(sources, SizeIs(3));
  EXPECT_GT(duplicates, 3);
  EXPECT_GT(record.drug_history().drug_lines_size(), 100);
}

TEST_F(HistoryTest, TreatmentsAndOperations) {
  const v1::MedicalRecord record = Derived(Load("valid-with-consents"));
  std::set<int> categories;
  for (const v1::TreatmentLine& line : record.diagnosis_history().treatment_lines()) {
    categories.insert(line.category());
  }
  EXPECT_THAT(categories,
              testing::ElementsAre(v1::CONSENT_CATEGORY_DIAGNOSIS, v1::CONSENT_CATEGORY_OPERATION));
}

TEST_F(HistoryTest, NothingBeforeBirthOrFromTodayOn) {
  for (const absl::string_view persona : {"preschool", "valid-with-consents", "many-medicines"}) {
    const Person person = Load(persona);
    const absl::CivilDay born = base::ToCivilDay(person.answer.qualifications(0).birth_date());
    const v1::MedicalRecord record = Derived(person);
    EXPECT_GT(record.drug_history().drug_lines_size(), 0);
    for (const v1::DrugLine& line : record.drug_history().drug_lines()) {
      const absl::CivilDay day =
          base::ToCivilDay(line.has_dispensed_on() ? line.dispensed_on() : line.prescribed_on());
      EXPECT_GE(day, born);
      EXPECT_LT(day, today_);
    }
  }
}

TEST_F(HistoryTest, ManyMedicinesAreHundredsOfLines) {
  EXPECT_GT(Derived(Load("many-medicines")).drug_history().drug_lines_size(), 500);
}

TEST_F(HistoryTest, CheckupsOfSeveralYearsFromFortyOn) {
  const v1::CheckupHistory checkups = MakeCheckups(Load("valid-with-consents"), today_);
  ASSERT_GE(checkups.checkups_size(), 4);
  std::string before = "99999999";
  for (const v1::Checkup& checkup : checkups.checkups()) {
    EXPECT_LT(checkup.examined_on().text(), before);
    before = checkup.examined_on().text();
    EXPECT_EQ(checkup.items_size(), checkups.checkups(0).items_size());
  }
  EXPECT_THAT(MakeCheckups(Load("preschool"), today_).checkups(), IsEmpty());
}

TEST_F(HistoryTest, PeopleWithoutQualificationHaveNone) {
  const Person nobody = Load("not-enrolled");
  EXPECT_THAT(MakeMedicalHistory(nobody, today_).receipt_months(), IsEmpty());
  EXPECT_THAT(MakeCheckups(nobody, today_).checkups(), IsEmpty());
}

}  // namespace
}  // namespace madoguchi::sim
