#include "tests/sim/people.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/match.h"
#include "agent/base/japan_time.h"
#include "tests/sim/expected.h"
#include "tests/sim/personas.h"
#include "tests/sim/push.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {
namespace {

const absl::CivilDay kToday(2026, 4, 10);

std::vector<std::string> Serialized(const std::vector<v1::Confirmation>& people) {
  std::vector<std::string> bytes;
  bytes.reserve(people.size());
  for (const v1::Confirmation& person : people) bytes.push_back(person.SerializeAsString());
  return bytes;
}

// Everybody who can be tapped.
std::vector<v1::Confirmation> Everybody() {
  std::vector<v1::Confirmation> people = MakePatients(7, 500, kToday);
  for (const Persona& persona : Personas()) people.push_back(persona.make(kToday));
  return people;
}

TEST(People, TheSameSeedMakesTheSamePeople) {
  EXPECT_EQ(Serialized(MakePatients(1, 50, kToday)), Serialized(MakePatients(1, 50, kToday)));
  EXPECT_NE(Serialized(MakePatients(1, 50, kToday)), Serialized(MakePatients(2, 50, kToday)));
}

TEST(People, AddingPatientsLeavesTheOthersAsTheyWere) {
  std::vector<std::string> more = Serialized(MakePatients(1, 60, kToday));
  more.resize(50);
  EXPECT_EQ(Serialized(MakePatients(1, 50, kToday)), more);
}

TEST(People, CheckDigitIsThatOfKnownNumbers) {
  EXPECT_TRUE(IsInsurerNumber("06990121"));
  EXPECT_TRUE(IsInsurerNumber("990119"));
  EXPECT_FALSE(IsInsurerNumber("06990122"));
  EXPECT_FALSE(IsInsurerNumber("0699012"));
  EXPECT_FALSE(IsInsurerNumber("0699a121"));
}

TEST(People, InsurersAreOfPrefecture99WithRightCheckDigits) {
  for (const v1::Confirmation& person : Everybody()) {
    for (const v1::Qualification& qualification : person.qualifications()) {
      const std::string& number = qualification.insured().insurer_number();
      EXPECT_TRUE(IsInsurerNumber(number)) << number;
      EXPECT_EQ(number.substr(number.size() == 8 ? 2 : 0, 2), "99") << number;
    }
  }
}

TEST(People, LiveInInventedPlaces) {
  for (const v1::Confirmation& person : Everybody()) {
    for (const v1::Qualification& qualification : person.qualifications()) {
      EXPECT_TRUE(absl::StartsWith(qualification.address(), "みほん県")) << qualification.address();
      EXPECT_TRUE(absl::StartsWith(qualification.post_number(), "000-"))
          << qualification.post_number();
    }
  }
}

TEST(People, PatientsAreValidAndTellablesApart) {
  const absl::Time now = base::JapanDayStart(kToday);
  std::set<std::string> keys;
  std::set<std::string> charts;
  int with_chart = 0;
  for (const v1::Confirmation& person : MakePatients(3, 300, kToday)) {
    const Expected expected =
        Expect(FillPush(person, PushFacts{.now = now, .token = {}}), kInstitution, now);
    EXPECT_EQ(expected.state, "ANSWERED");
    EXPECT_EQ(expected.validity, "VALID");
    keys.insert(person.qualifications(0).insured().SerializeAsString());
    if (expected.patient_id.empty()) continue;
    ++with_chart;
    charts.insert(expected.patient_id);
  }
  EXPECT_EQ(keys.size(), 300u);
  EXPECT_EQ(static_cast<int>(charts.size()), with_chart);
  EXPECT_GT(with_chart, 200);
  EXPECT_LT(with_chart, 300);
}

TEST(People, AgeDecidesTheKindOfInsurance) {
  std::set<std::string> seen;
  for (const v1::Confirmation& person : MakePatients(3, 300, kToday)) {
    const v1::Qualification& qualification = person.qualifications(0);
    const int64_t age = kToday.year() - qualification.birth_date().year();
    const bool kouki = qualification.insured().insurer_number() == kKouki.number;
    if (age > 76) {
      EXPECT_TRUE(kouki);
    }
    if (age < 74) {
      EXPECT_FALSE(kouki);
    }
    EXPECT_EQ(kouki, qualification.insured().branch().empty());
    EXPECT_EQ(kouki, !qualification.contribution_ratio_code().empty());
    if (age > 7) {
      EXPECT_TRUE(qualification.preschool_code().empty());
    }
    seen.insert(kouki ? "kouki" : qualification.has_elderly_certificate() ? "elderly" : "other");
  }
  EXPECT_THAT(seen, testing::ElementsAre("elderly", "kouki", "other"));
}

TEST(People, ConsentsStayInTheOrderOfTheirCategories) {
  v1::Qualification qualification;
  SetConsent(qualification, v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE, "0");
  SetConsent(qualification, v1::CONSENT_CATEGORY_DRUG, "1");
  SetConsent(qualification, v1::CONSENT_CATEGORY_DIAGNOSIS, "0");
  SetConsent(qualification, v1::CONSENT_CATEGORY_DIAGNOSIS, "1");
  ASSERT_EQ(qualification.consents_size(), 3);
  EXPECT_EQ(qualification.consents(0).category(), v1::CONSENT_CATEGORY_DRUG);
  EXPECT_EQ(qualification.consents(1).category(), v1::CONSENT_CATEGORY_DIAGNOSIS);
  EXPECT_EQ(qualification.consents(1).flag_code(), "1");
  EXPECT_EQ(qualification.consents(2).category(), v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE);
}

}  // namespace
}  // namespace madoguchi::sim
