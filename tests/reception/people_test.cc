#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/reception/assignment.h"
#include "agent/reception/person.h"
#include "tests/reception/desk_fixture.h"

// Who is the same person, and whose chart it is.
namespace madoguchi::reception {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> Keys(const v1::Confirmation& confirmation) {
  static const crypto::KeyedHash* const kHash = new crypto::KeyedHash(std::string(32, 'k'));
  return PersonKeys(confirmation, *kHash);
}

std::vector<std::string> Keys(const Person& person) {
  return Keys(MakeConfirmation(person, Morning()));
}

TEST(People, IdentifiersAndBirthDateMakeThePerson) {
  EXPECT_THAT(Keys(Person{}), SizeIs(1));
  EXPECT_EQ(Keys(Person{}), Keys(Person{.kana = "ﾍﾞﾂﾉ ﾅﾏｴ", .sex = "1"}));
  EXPECT_NE(Keys(Person{}), Keys(Person{.number = "1002"}));
  EXPECT_NE(Keys(Person{}), Keys(Person{.branch = "02"}));
  v1::Confirmation other = MakeConfirmation(Person{}, Morning());
  *other.mutable_qualifications(0)->mutable_birth_date() = base::ParseOqsDate("19700103");
  EXPECT_NE(Keys(Person{}), Keys(other));
}

TEST(People, TwinsWithoutBranchNumberAreTwoPeople) {
  const Person hanako{.branch = ""};
  EXPECT_EQ(Keys(hanako), Keys(Person{.branch = "", .kana = "ﾏﾄﾞｸﾞﾁﾊﾅｺ"}));
  EXPECT_NE(Keys(hanako), Keys(Person{.branch = "", .kana = "ﾏﾄﾞｸﾞﾁ ﾀﾛｳ"}));
  EXPECT_NE(Keys(hanako), Keys(Person{.branch = "", .sex = "1"}));
}

TEST(People, PaddingOfTheInsurersNumberDoesNotCount) {
  for (const char* padded : {"  990012", "00990012", "990012  ", "990012"}) {
    v1::Confirmation confirmation = MakeConfirmation(Person{}, Morning());
    confirmation.mutable_qualifications(0)->mutable_insured()->set_insurer_number(padded);
    EXPECT_EQ(Keys(confirmation), Keys(Person{})) << padded;
  }
}

TEST(People, WidthDoesNotCount) {
  v1::Confirmation confirmation = MakeConfirmation(Person{.number = "１００１"}, Morning());
  confirmation.mutable_qualifications(0)->mutable_insured()->set_symbol("　Ａ１");
  EXPECT_EQ(Keys(confirmation), Keys(Person{}));
  EXPECT_EQ(Keys(Person{.branch = "", .kana = "マドグチ　ハナコ"}), Keys(Person{.branch = ""}));
}

TEST(People, WhoIsNotIdentifiedHasNoKey) {
  EXPECT_THAT(Keys(v1::Confirmation()), IsEmpty());
  EXPECT_THAT(Keys(Person{.number = ""}), IsEmpty());
  EXPECT_THAT(Keys(Person{.branch = "", .kana = ""}), IsEmpty());
  v1::Confirmation confirmation = MakeConfirmation(Person{}, Morning());
  *confirmation.mutable_qualifications(0)->mutable_birth_date() = base::ParseOqsDate("00000000");
  EXPECT_THAT(Keys(confirmation), IsEmpty());
}

TEST(People, PublicAssistanceHasNumbersOfItsOwn) {
  v1::Confirmation confirmation = MakeConfirmation(Person{}, Morning());
  v1::Qualification& qualification = *confirmation.mutable_qualifications(0);
  qualification.clear_insured();
  EXPECT_THAT(Keys(confirmation), IsEmpty());
  qualification.set_public_expense_number("12990011");
  qualification.set_beneficiary_number("0000018");
  EXPECT_THAT(Keys(confirmation), SizeIs(1));
}

TEST(People, TwoQualificationsOfOnePersonAreTwoKeys) {
  v1::Confirmation confirmation = MakeConfirmation(Person{}, Morning());
  *confirmation.add_qualifications() = confirmation.qualifications(0);
  EXPECT_THAT(Keys(confirmation), SizeIs(1));
  confirmation.mutable_qualifications(1)->mutable_insured()->set_number("77");
  EXPECT_THAT(Keys(confirmation), SizeIs(2));
  EXPECT_THAT(Keys(confirmation), testing::Contains(Keys(Person{}).front()));
}

TEST(People, AreFoundByAnyOfTheirKeysUntilForgotten) {
  People people;
  people.Add("r1", {"a", "b"}, Morning());
  people.Add("r2", {"b"}, Morning() + absl::Seconds(1));
  people.Add("r3", {}, Morning());
  EXPECT_THAT(people.Find({"a", "b"}), SizeIs(2));
  EXPECT_THAT(people.Find({"a"}), SizeIs(1));
  EXPECT_FALSE(people.Has("r3"));
  people.Remove("r1");
  EXPECT_THAT(people.Find({"a"}), IsEmpty());
  ASSERT_THAT(people.Find({"b"}), SizeIs(1));
  EXPECT_EQ(people.Find({"b"}).front().reception_id, "r2");
}

class AssignmentTest : public testing::Test {
 protected:
  Expectation Expected(const std::string& id, const std::string& chart,
                       const Person& person = Person{}) {
    Expectation expectation{.id = id, .until = Morning() + absl::Minutes(1), .request = {}};
    v1::ExpectPatientRequest& request = expectation.request;
    request.set_counter("main");
    request.set_patient_id(chart);
    request.mutable_insured()->set_insurer_number("990012");
    request.mutable_insured()->set_symbol("A1 ");
    request.mutable_insured()->set_number(person.number);
    request.mutable_insured()->set_branch(person.branch);
    *request.mutable_birth_date() = base::ParseOqsDate("19700102");
    return expectation;
  }
  Decision Decide(const Person& person, const std::vector<Expectation>& expectations) {
    return DecideAssignment(MakeConfirmation(person, Morning()), "main", expectations, Morning());
  }
};

TEST_F(AssignmentTest, ByTheChartNumberInTheAnswer) {
  Decision decision = Decide(Person{.reference = " 77 "}, {});
  EXPECT_EQ(decision.assignment.state(), v1::ASSIGNMENT_STATE_BY_REFERENCE_NUMBER);
  EXPECT_EQ(decision.assignment.patient_id(), "77");
  decision = Decide(Person{.reference = " "}, {});
  EXPECT_EQ(decision.assignment.state(), v1::ASSIGNMENT_STATE_UNASSIGNED);

  v1::Confirmation two = MakeConfirmation(Person{.reference = "77"}, Morning());
  *two.add_qualifications() = two.qualifications(0);
  decision = DecideAssignment(two, "main", {}, Morning());
  EXPECT_EQ(decision.assignment.state(), v1::ASSIGNMENT_STATE_BY_REFERENCE_NUMBER);
  two.mutable_qualifications(1)->set_reference_number("78");
  decision = DecideAssignment(two, "main", {}, Morning());
  EXPECT_EQ(decision.assignment.state(), v1::ASSIGNMENT_STATE_CONFLICT);
  EXPECT_EQ(decision.assignment.patient_id(), "");
  EXPECT_THAT(decision.assignment.conflicting_patient_ids(), ElementsAre("77", "78"));
}

TEST_F(AssignmentTest, ByAnExpectationOfExactlyThisPerson) {
  const Decision decision =
      Decide(Person{}, {Expected("e0", "8", Person{.number = "1002"}), Expected("e1", "9")});
  EXPECT_EQ(decision.assignment.state(), v1::ASSIGNMENT_STATE_EXPECTED);
  EXPECT_EQ(decision.assignment.patient_id(), "9");
  EXPECT_THAT(decision.used, ElementsAre("e1"));
}

TEST_F(AssignmentTest, NotByOneThatDiffersInAnything) {
  std::vector<Expectation> wrong;
  wrong.push_back(Expected("branch", "1", Person{.branch = "02"}));
  wrong.push_back(Expected("no branch", "1", Person{.branch = ""}));
  wrong.push_back(Expected("insurer", "1"));
  wrong.back().request.mutable_insured()->set_insurer_number("990013");
  wrong.push_back(Expected("symbol", "1"));
  wrong.back().request.mutable_insured()->set_symbol("A2");
  wrong.push_back(Expected("birth", "1"));
  wrong.back().request.mutable_birth_date()->set_day(3);
  wrong.push_back(Expected("no birth", "1"));
  wrong.back().request.clear_birth_date();
  wrong.push_back(Expected("counter", "1"));
  wrong.back().request.set_counter("pharmacy");
  wrong.push_back(Expected("over", "1"));
  wrong.back().until = Morning();
  const Decision decision = Decide(Person{}, wrong);
  EXPECT_EQ(decision.assignment.state(), v1::ASSIGNMENT_STATE_UNASSIGNED);
  EXPECT_THAT(decision.used, IsEmpty());
}

TEST_F(AssignmentTest, SourcesThatDifferAreAConflict) {
  Decision decision = Decide(Person{.reference = "77"}, {Expected("e1", "9")});
  EXPECT_EQ(decision.assignment.state(), v1::ASSIGNMENT_STATE_CONFLICT);
  EXPECT_THAT(decision.assignment.conflicting_patient_ids(), ElementsAre("77", "9"));
  EXPECT_THAT(decision.used, ElementsAre("e1"));
  decision = Decide(Person{}, {Expected("e1", "8"), Expected("e2", "9")});
  EXPECT_EQ(decision.assignment.state(), v1::ASSIGNMENT_STATE_CONFLICT);
  EXPECT_THAT(decision.assignment.conflicting_patient_ids(), ElementsAre("8", "9"));
  EXPECT_THAT(decision.used, ElementsAre("e1", "e2"));
  // Agreeing ones are none.
  decision = Decide(Person{.reference = "9"}, {Expected("e1", "9"), Expected("e2", "9")});
  EXPECT_EQ(decision.assignment.state(), v1::ASSIGNMENT_STATE_BY_REFERENCE_NUMBER);
  EXPECT_EQ(decision.assignment.patient_id(), "9");
}

}  // namespace
}  // namespace madoguchi::reception
