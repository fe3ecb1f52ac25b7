#include "tests/sim/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/request_file.h"
#include "tests/sim/test_site.h"

namespace madoguchi::sim {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Not;

constexpr char kName[] = "OQSsiquc01req_202604100001.xml";

class AnswerTest : public testing::Test {
 protected:
  AnswerTest() : registry_(*Registry::Load(site_.site())) {}

  v1::Confirmation Template(absl::string_view persona) const {
    return site_.site().LoadPerson(*site_.site().NumberOfPersona(persona))->answer;
  }

  v1::Confirmation Ask(const v1::OqsMessage& request, Tampering tampering = {}) const {
    return AskBytes(RequestBytes(request), tampering);
  }

  v1::Confirmation AskBytes(const std::string& bytes, Tampering tampering = {}) const {
    const absl::StatusOr<Answer> answer = AnswerRequest(
        site_.site(), registry_, kName, bytes, {.now = absl::Now(), .tampering = tampering});
    EXPECT_TRUE(answer.ok()) << answer.status();
    if (!answer.ok()) return {};
    EXPECT_EQ(answer->file_name, "OQSsiquc01res_202604100001.xml");
    const absl::StatusOr<v1::OqsMessage> read = oqs::ReadMessage(answer->file_name, answer->bytes);
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? read->confirmation() : v1::Confirmation();
  }

  TempSite site_;
  Registry registry_;
};

TEST_F(AnswerTest, FindsThePersonAndEchoesTheQuestion) {
  const v1::Confirmation person = Template("valid-with-consents");
  const v1::Confirmation answer = Ask(MakeRequest(QueryFor(person), "MDG-1"));
  EXPECT_EQ(answer.validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(answer.header().arbitrary_file_identifier(), "MDG-1");
  EXPECT_EQ(answer.header().medical_institution_code(), kInstitution);
  EXPECT_EQ(answer.header().reference_classification_code(), "2");
  EXPECT_EQ(answer.header().segment_of_result_code(), "1");
  EXPECT_EQ(answer.header().confirmation_date().text(), "20260410");
  EXPECT_EQ(answer.query().insured().number(), person.qualifications(0).insured().number());
  EXPECT_EQ(answer.qualifications(0).name(), person.qualifications(0).name());
}

TEST_F(AnswerTest, IdentifiersOpenNoRecords) {
  const v1::Confirmation answer =
      Ask(MakeRequest(QueryFor(Template("valid-with-consents")), "MDG-1"));
  ASSERT_GT(answer.qualifications(0).consents_size(), 0);
  for (const v1::Consent& consent : answer.qualifications(0).consents()) {
    if (consent.category() == v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE) continue;
    EXPECT_EQ(consent.flag_code(), "0");
    EXPECT_FALSE(consent.has_available_until());
  }
}

TEST_F(AnswerTest, WidthPaddingAndMissingBranchDoNotMatter) {
  v1::EligibilityQuery query = QueryFor(site_.site().LoadPerson(1)->answer);
  const std::vector<int> found = registry_.Find(query);
  ASSERT_THAT(found, ElementsAre(1));
  std::string wide;
  for (const char digit : query.insured().number()) {
    wide += digit >= '0' && digit <= '9' ? std::string("\xEF\xBC") + static_cast<char>(digit + 0x60)
                                         : std::string(1, digit);
  }
  query.mutable_insured()->set_number(wide);
  query.mutable_insured()->clear_branch();
  if (query.insured().insurer_number().size() == 6) {
    query.mutable_insured()->set_insurer_number("  " + query.insured().insurer_number());
  }
  EXPECT_THAT(registry_.Find(query), ElementsAre(1));
}

TEST_F(AnswerTest, NobodyAndSeveral) {
  v1::EligibilityQuery query = QueryFor(Template("valid-with-consents"));
  query.mutable_insured()->set_number("7777777");
  v1::Confirmation answer = Ask(MakeRequest(query, "MDG-1"));
  EXPECT_EQ(answer.validity(), v1::VALIDITY_NOT_FOUND);
  EXPECT_EQ(answer.qualifications_size(), 0);
  query = QueryFor(Template("twins-no-branch"));
  query.mutable_insured()->clear_branch();
  answer = Ask(MakeRequest(query, "MDG-2"));
  EXPECT_EQ(answer.validity(), v1::VALIDITY_SEVERAL_MATCH);
}

TEST_F(AnswerTest, LimitCertificateOnlyWithConsent) {
  v1::EligibilityQuery query = QueryFor(Template("limit-certificate"));
  query.set_limit_consent_code("0");
  EXPECT_FALSE(Ask(MakeRequest(query, "MDG-1")).qualifications(0).has_limit_certificate());
  query.set_limit_consent_code("1");
  EXPECT_TRUE(Ask(MakeRequest(query, "MDG-1")).qualifications(0).has_limit_certificate());
}

TEST_F(AnswerTest, WhatCannotBeAnsweredIsAnError) {
  v1::OqsMessage request = MakeRequest(QueryFor(Template("lost")), "MDG-1");
  request.mutable_request_header()->set_medical_institution_code("9910000025");
  EXPECT_EQ(Ask(request).header().segment_of_result_code(), "9");
  EXPECT_EQ(AskBytes("<XmlMsg>").header().error().code(), "SYN-E0002");
}

TEST_F(AnswerTest, Tampering) {
  const v1::OqsMessage request = MakeRequest(QueryFor(Template("valid-with-consents")), "MDG-1");
  const v1::Confirmation error = Ask(request, {.error = true});
  EXPECT_EQ(error.header().segment_of_result_code(), "9");
  EXPECT_EQ(error.header().error().code(), "SYN-E0001");
  EXPECT_EQ(error.header().arbitrary_file_identifier(), "MDG-1");
  EXPECT_NE(Ask(request, {.other_institution = true}).header().medical_institution_code(),
            kInstitution);
  const v1::Confirmation foreign = Ask(request, {.other_question = true});
  EXPECT_THAT(foreign.header().arbitrary_file_identifier(), AllOf(Not(""), Not("MDG-1")));
  EXPECT_NE(foreign.qualifications(0).insured().number(), request.query().insured().number());
}

}  // namespace
}  // namespace madoguchi::sim
