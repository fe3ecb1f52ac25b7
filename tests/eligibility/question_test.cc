#include "agent/eligibility/question.h"

#include <gtest/gtest.h>

#include <set>

#include "agent/base/japan_time.h"
#include "agent/eligibility/exchange_folder.h"

namespace madoguchi::eligibility {
namespace {

Question Example() {
  Question question;
  question.institution = "9910000017";
  question.identifier = "MDG-000101";
  question.day = absl::CivilDay(2026, 4, 10);
  v1::InsuredId& insured = *question.query.mutable_insured();
  insured.set_insurer_number("06990121");
  insured.set_symbol("見本・１２");
  insured.set_number("3456");
  insured.set_branch("00");
  *question.query.mutable_birth_date() = base::ParseOqsDate("19800115");
  return question;
}

v1::Confirmation AnswerTo(const Question& question) {
  v1::Confirmation answer;
  answer.mutable_header()->set_medical_institution_code(question.institution);
  answer.mutable_header()->set_arbitrary_file_identifier(question.identifier);
  *answer.mutable_query() = question.query;
  *answer.add_qualifications()->mutable_birth_date() = question.query.birth_date();
  return answer;
}

TEST(QuestionTest, TheRequestFileSaysWhatIsAskedAndWho) {
  const Question question = Example();
  for (const oqs::Encoding encoding : {oqs::Encoding::kUtf8, oqs::Encoding::kShiftJis}) {
    const auto bytes = RequestBytes(question, encoding);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const auto read = oqs::ReadMessage(
        NamesOf(v1::MESSAGE_FAMILY_OQSSIQUC01, SuffixOf(question.day, 5000)).request, *bytes);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->role(), v1::MESSAGE_ROLE_REQUEST);
    EXPECT_EQ(read->query().insured().symbol(), "見本・１２");
    EXPECT_EQ(read->query().insured().number(), "3456");
    EXPECT_EQ(read->query().birth_date().text(), "19800115");
    EXPECT_EQ(read->request_header().medical_institution_code(), "9910000017");
    EXPECT_EQ(read->request_header().arbitrary_file_identifier(), "MDG-000101");
    EXPECT_EQ(read->request_header().confirmation_date().text(), "20260410");
  }
}

TEST(QuestionTest, RecordsAreAskedForByTheirOwnFamilies) {
  Question question = Example();
  *question.information.mutable_insured() = question.query.insured();
  question.information.set_file_category_code("2");
  for (const auto& [family, from] : {std::pair(v1::MESSAGE_FAMILY_YZKSIQUC01, "202510"),
                                     std::pair(v1::MESSAGE_FAMILY_TKKSIQUC01, "")}) {
    question.family = family;
    question.information.mutable_from_month()->set_text(from);
    const auto bytes = RequestBytes(question, oqs::Encoding::kShiftJis);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    const std::string name = NamesOf(family, SuffixOf(question.day, 5000)).request;
    const auto read = oqs::ReadMessage(name, *bytes);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->family(), family);
    EXPECT_EQ(read->role(), v1::MESSAGE_ROLE_REQUEST);
    EXPECT_EQ(read->information_query().medical_institution_code(), "9910000017");
    EXPECT_EQ(read->information_query().arbitrary_file_identifier(), "MDG-000101");
    EXPECT_EQ(read->information_query().insured().symbol(), "見本・１２");
    EXPECT_EQ(read->information_query().from_month().text(), from);
    EXPECT_EQ(read->information_query().file_category_code(), "2");
    // What belongs to the other family is not said.
    EXPECT_FALSE(read->has_query());
  }
  question.family = v1::MESSAGE_FAMILY_OQSSIQUC01_FACE;
  EXPECT_FALSE(RequestBytes(question, oqs::Encoding::kUtf8).ok());
}

TEST(QuestionTest, RefusesWhatShiftJisCannotSay) {
  Question question = Example();
  question.query.mutable_insured()->set_symbol("𠮷");
  EXPECT_FALSE(RequestBytes(question, oqs::Encoding::kShiftJis).ok());
  EXPECT_TRUE(RequestBytes(question, oqs::Encoding::kUtf8).ok());
}

TEST(QuestionTest, OnlyItsOwnAnswerMatches) {
  const Question question = Example();
  v1::Confirmation answer = AnswerTo(question);
  EXPECT_EQ(MatchAnswer(question, answer), AnswerMatch::kOurs);
  answer.mutable_header()->set_medical_institution_code("9910000025");
  EXPECT_EQ(MatchAnswer(question, answer), AnswerMatch::kOtherInstitution);
  answer = AnswerTo(question);
  answer.mutable_header()->set_arbitrary_file_identifier("MDG-000102");
  EXPECT_EQ(MatchAnswer(question, answer), AnswerMatch::kOtherQuestion);
  answer.mutable_header()->clear_arbitrary_file_identifier();
  EXPECT_EQ(MatchAnswer(question, answer), AnswerMatch::kOtherQuestion);
}

TEST(QuestionTest, AnAnswerAboutSomebodyBornOnAnotherDayDoesNotMatch) {
  const Question question = Example();
  v1::Confirmation answer = AnswerTo(question);
  *answer.mutable_query()->mutable_birth_date() = base::ParseOqsDate("19800116");
  EXPECT_EQ(MatchAnswer(question, answer), AnswerMatch::kOtherPerson);
  answer = AnswerTo(question);
  *answer.add_qualifications()->mutable_birth_date() = base::ParseOqsDate("19800215");
  EXPECT_EQ(MatchAnswer(question, answer), AnswerMatch::kOtherPerson);
}

TEST(QuestionTest, AnAnswerWithoutAPersonMatches) {
  // That is how OQS says that it does not know the person, or that the file is wrong.
  const Question question = Example();
  v1::Confirmation answer = AnswerTo(question);
  answer.clear_qualifications();
  answer.clear_query();
  EXPECT_EQ(MatchAnswer(question, answer), AnswerMatch::kOurs);
}

}  // namespace
}  // namespace madoguchi::eligibility
