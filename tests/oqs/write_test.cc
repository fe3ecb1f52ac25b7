#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/message.h"

namespace madoguchi::oqs {
namespace {

using base::ErrorCode;

v1::OqsMessage Answer() {
  v1::OqsMessage message;
  message.set_role(v1::MESSAGE_ROLE_RESPONSE);
  message.mutable_confirmation()->add_qualifications()->set_name("架空　太郎");
  return message;
}

void ExpectNotWritable(const v1::OqsMessage& message, Encoding encoding, absl::string_view field) {
  const auto written = WriteMessage(message, encoding);
  ASSERT_FALSE(written.ok()) << *written;
  EXPECT_TRUE(base::Is(written.status(), ErrorCode::kNotWritable)) << written.status();
  EXPECT_EQ(base::DetailOf(written.status())->field(), field);
}

TEST(WriteMessage, WritesARequestAProgramBuilt) {
  v1::OqsMessage message;
  message.set_role(v1::MESSAGE_ROLE_REQUEST);
  message.mutable_request_header()->set_medical_institution_code("9910000017");
  v1::EligibilityQuery& query = *message.mutable_query();
  query.mutable_insured()->set_insurer_number("  990119");
  query.mutable_insured()->set_number("1234");
  // Only numbers and enums, as a caller of the API may give them.
  query.mutable_birth_date()->set_year(1980);
  query.mutable_birth_date()->set_month(1);
  query.mutable_birth_date()->set_day(5);
  query.mutable_day()->set_year(2026);
  query.mutable_day()->set_month(4);
  query.mutable_day()->set_day(10);
  query.set_limit_consent(v1::LIMIT_CONSENT_GRANTED);
  const auto written = WriteMessage(message, Encoding::kUtf8);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(*written, R"(<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<XmlMsg>
  <MessageHeader>
    <QualificationConfirmationDate>20260410</QualificationConfirmationDate>
    <MedicalInstitutionCode>9910000017</MedicalInstitutionCode>
  </MessageHeader>
  <MessageBody>
    <QualificationConfirmSearchInfo>
      <InsurerNumber>  990119</InsurerNumber>
      <InsuredIdentificationNumber>1234</InsuredIdentificationNumber>
      <Birthdate>19800105</Birthdate>
      <LimitApplicationCertificateRelatedConsFlg>1</LimitApplicationCertificateRelatedConsFlg>
    </QualificationConfirmSearchInfo>
  </MessageBody>
</XmlMsg>
)");
}

TEST(WriteMessage, WritesTimesThatOnlyHaveAnInstant) {
  v1::OqsMessage message = Answer();
  v1::Consent& consent = *message.mutable_confirmation()->mutable_qualifications(0)->add_consents();
  consent.set_category(v1::CONSENT_CATEGORY_DRUG);
  consent.set_flag(v1::CONSENT_FLAG_GRANTED);
  *consent.mutable_given_at()->mutable_time() =
      base::ToProto(base::FromProto(base::ParseOqsTime("20260410091508").time()));
  consent.mutable_available_until()->set_no_end(true);
  const auto written = WriteMessage(message, Encoding::kShiftJis);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_TRUE(absl::StrContains(*written, "<PharmacistsInfoConsFlg>1</PharmacistsInfoConsFlg>"));
  EXPECT_TRUE(absl::StrContains(*written, ">20260410091508</PharmacistsInfoConsTime>"));
  EXPECT_TRUE(absl::StrContains(*written, ">99991231235959</PharmacistsInfoAvailableTime>"));
}

TEST(WriteMessage, LeavesDerivedFieldsOut) {
  v1::OqsMessage message = Answer();
  v1::Qualification& qualification = *message.mutable_confirmation()->mutable_qualifications(0);
  const std::string before = WriteMessage(message, Encoding::kUtf8).value();
  message.mutable_confirmation()->set_confirmation_id("id-1");
  message.mutable_confirmation()->set_is_notice(true);
  qualification.set_name_kana_full_width("カナ");
  qualification.set_contribution_percent(30);
  qualification.mutable_insured()->set_insurer_number_trimmed("990119");
  EXPECT_EQ(WriteMessage(message, Encoding::kUtf8).value(), before);
}

TEST(WriteMessage, NamesTheElementAndTheCharacterCp932Lacks) {
  v1::OqsMessage message = Answer();
  v1::Qualification& qualification = *message.mutable_confirmation()->mutable_qualifications(0);
  qualification.set_address("みほん県\U00020BB7町");
  EXPECT_TRUE(WriteMessage(message, Encoding::kUtf8).ok());
  ExpectNotWritable(message, Encoding::kShiftJis, "Address U+20BB7");
  qualification.set_address("1〜2");
  ExpectNotWritable(message, Encoding::kShiftJis, "Address U+301C");
}

TEST(WriteMessage, RefusesTextXmlCannotCarry) {
  v1::OqsMessage message = Answer();
  message.mutable_confirmation()->mutable_qualifications(0)->set_name("a\x01");
  ExpectNotWritable(message, Encoding::kUtf8, "Name");
  message.mutable_confirmation()->mutable_qualifications(0)->set_name("a\xFF");
  ExpectNotWritable(message, Encoding::kUtf8, "Name");
}

TEST(WriteMessage, RefusesPathsThatCannotBe) {
  for (const char* path : {"", "Other/New", "XmlMsg/", "XmlMsg//New", "XmlMsg/a b", "XmlMsg/a><b",
                           "XmlMsg/New[0]", "XmlMsg/New[x]", "XmlMsg/New[99999999]", "XmlMsg/@a/b",
                           "XmlMsg/New[2", "XmlMsg/@a=\"\"", "XmlMsg/1"}) {
    v1::OqsMessage message = Answer();
    message.mutable_confirmation()->add_unknown_elements()->set_path("XmlMsg/Good");
    message.mutable_confirmation()->add_unknown_elements()->set_path(path);
    ExpectNotWritable(message, Encoding::kUtf8, "unknown_elements[1]");
  }
}

TEST(WriteMessage, RefusesAnUnknownElementThatContradictsAField) {
  v1::OqsMessage message = Answer();
  v1::UnknownElement& element = *message.mutable_confirmation()->add_unknown_elements();
  element.set_path("XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation/Name");
  element.set_text("another");
  ExpectNotWritable(message, Encoding::kUtf8, "Name");
}

TEST(WriteMessage, RefusesAMessageWithoutBody) {
  ExpectNotWritable(v1::OqsMessage(), Encoding::kUtf8, "body");
}

TEST(WriteMessage, KeepsWhiteSpaceOfTextWhereAGroupShouldBe) {
  const std::string xml =
      "<XmlMsg><MessageHeader>a </MessageHeader><MessageBody></MessageBody></XmlMsg>";
  const auto message = ReadMessage("TKKsiquc01res_1.xml", xml);
  ASSERT_TRUE(message.ok()) << message.status();
  ASSERT_EQ(message->checkup_history().unknown_elements_size(), 1);
  EXPECT_EQ(message->checkup_history().unknown_elements(0).text(), "a ");
  const auto written = WriteMessage(*message, Encoding::kUtf8);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_TRUE(absl::StrContains(*written, "<MessageHeader>a </MessageHeader>")) << *written;
}

}  // namespace
}  // namespace madoguchi::oqs
