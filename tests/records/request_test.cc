#include "agent/records/request.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/oqs/message.h"
#include "tests/oqs/fixtures.h"
#include "tests/records/receptions.h"

namespace madoguchi::records {
namespace {

// The question that a fixture's request asks.
void ExpectAsInFixture(Kind kind, const std::string& ending, oqs::Encoding encoding) {
  SCOPED_TRACE(ending);
  const oqs::Fixture fixture = oqs::FixtureEndingWith(ending);
  const auto read = oqs::ReadMessage(fixture.name, fixture.bytes);
  ASSERT_TRUE(read.ok()) << read.status();
  const v1::InformationQuery& asked = read->information_query();
  Question question;
  question.kind = kind;
  question.medical_institution_code = asked.medical_institution_code();
  *question.qualification.mutable_insured() = asked.insured();
  if (FactsOf(kind).months) {
    question.months =
        Months{absl::CivilMonth(asked.from_month().year(), asked.from_month().month()),
               absl::CivilMonth(asked.to_month().year(), asked.to_month().month())};
  }
  const auto bytes =
      oqs::WriteMessage(MakeRequest(question, asked.arbitrary_file_identifier()), encoding);
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(*bytes, fixture.bytes);
}

TEST(RequestTest, EveryKindAsTheInterfaceShowsIt) {
  ExpectAsInFixture(Kind::kDrug, "YZKsiquc01req_022604100920000101.xml", oqs::Encoding::kShiftJis);
  ExpectAsInFixture(Kind::kDiagnosis, "YZKsiquc01req_042604100940000101.xml",
                    oqs::Encoding::kShiftJis);
  ExpectAsInFixture(Kind::kDrugDocument, "YZKsiquc01req_012604100921000101.xml",
                    oqs::Encoding::kShiftJis);
  ExpectAsInFixture(Kind::kCheckup, "TKKsiquc01req_022604100950000101.xml",
                    oqs::Encoding::kShiftJis);
}

TEST(RequestTest, AddressesTheQualificationThatWasLookedAt) {
  Question question;
  question.kind = Kind::kCheckup;
  question.medical_institution_code = "9910000017";
  question.qualification = MakeReception().confirmation().qualifications(0);
  const v1::OqsMessage message = MakeRequest(question, "abc");
  EXPECT_EQ(message.information_query().insured().number(), "3456");
  EXPECT_EQ(message.information_query().arbitrary_file_identifier(), "abc");
  EXPECT_FALSE(message.information_query().has_from_month());
}

}  // namespace
}  // namespace madoguchi::records
