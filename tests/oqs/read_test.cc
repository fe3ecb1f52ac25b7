#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/message.h"
#include "tests/oqs/fixtures.h"

namespace madoguchi::oqs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr char kResponse[] = "OQSsiquc01res_1.xml";
constexpr char kRequest[] = "OQSsiquc01req_1.xml";

v1::OqsMessage Read(absl::string_view name, absl::string_view bytes) {
  absl::StatusOr<v1::OqsMessage> message = ReadMessage(name, bytes);
  EXPECT_TRUE(message.ok()) << message.status() << "\n" << bytes;
  return message.value_or(v1::OqsMessage());
}

v1::OqsMessage ReadFixture(absl::string_view ending) {
  const Fixture fixture = FixtureEndingWith(ending);
  return Read(fixture.name, fixture.bytes);
}

v1::Confirmation ReadBody(absl::string_view body) {
  return Read(kResponse, absl::StrCat("<XmlMsg><MessageBody>", body, "</MessageBody></XmlMsg>"))
      .confirmation();
}

v1::Qualification ReadQualification(absl::string_view inside) {
  const v1::Confirmation confirmation =
      ReadBody(absl::StrCat("<ResultList><ResultOfQualificationConfirmation>", inside,
                            "</ResultOfQualificationConfirmation></ResultList>"));
  EXPECT_EQ(confirmation.qualifications_size(), 1) << inside;
  return confirmation.qualifications_size() == 1 ? confirmation.qualifications(0)
                                                 : v1::Qualification();
}

std::vector<std::pair<std::string, std::string>> Unknown(const v1::Confirmation& confirmation) {
  std::vector<std::pair<std::string, std::string>> unknown;
  for (const v1::UnknownElement& element : confirmation.unknown_elements()) {
    unknown.emplace_back(element.path(), element.text());
  }
  return unknown;
}

TEST(ReadMessage, ReadsAFacePush) {
  const v1::OqsMessage message = ReadFixture("091512.xml");
  EXPECT_EQ(message.family(), v1::MESSAGE_FAMILY_OQSSIQUC01_FACE);
  EXPECT_EQ(message.role(), v1::MESSAGE_ROLE_PUSH);
  EXPECT_EQ(message.declared_encoding(), "UTF-8");
  EXPECT_EQ(message.actual_encoding(), "UTF-8");
  const v1::Confirmation& confirmation = message.confirmation();
  EXPECT_TRUE(confirmation.confirmation_id().empty());
  EXPECT_EQ(confirmation.header().medical_institution_code(), "9910000017");
  EXPECT_EQ(
      base::FormatOqsTime(base::FromProto(confirmation.header().process_execution_time().time())),
      "20260410091512");
  EXPECT_EQ(confirmation.header().segment_of_result(), v1::SEGMENT_OF_RESULT_NORMAL);
  EXPECT_EQ(confirmation.validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(confirmation.prescription_issue_select(), v1::PRESCRIPTION_ISSUE_ELECTRONIC);
  EXPECT_FALSE(confirmation.is_notice());
  ASSERT_EQ(confirmation.qualifications_size(), 1);
  const v1::Qualification& qualification = confirmation.qualifications(0);
  EXPECT_EQ(qualification.name(), "架空　太郎");
  EXPECT_EQ(qualification.name_kana_full_width(), "カクウ　タロウ");
  EXPECT_EQ(qualification.birth_date().year(), 1980);
  EXPECT_EQ(qualification.insured().symbol(), "見本・１２");
  EXPECT_EQ(qualification.limit_certificate().category(), v1::LIMIT_CATEGORY_A03);
  EXPECT_EQ(qualification.reference_number(), "000101");
  EXPECT_FALSE(qualification.contains_placeholder_character());
}

TEST(ReadMessage, ReadsTwoQualificationsInTheOrderOfTheAnswer) {
  const v1::Confirmation confirmation = ReadFixture("094503.xml").confirmation();
  ASSERT_EQ(confirmation.qualifications_size(), 2);
  EXPECT_EQ(confirmation.qualifications(0).insured_card_classification(),
            v1::INSURED_CARD_CLASSIFICATION_GENERAL);
  EXPECT_EQ(confirmation.qualifications(1).insured_card_classification(),
            v1::INSURED_CARD_CLASSIFICATION_MEDICAL_AID);
  ASSERT_EQ(confirmation.qualifications(1).medical_tickets_size(), 1);
  const v1::MedicalTicket& ticket = confirmation.qualifications(1).medical_tickets(0);
  EXPECT_EQ(ticket.treatment_month().year(), 2026);
  EXPECT_EQ(ticket.treatment_month().month(), 4);
  EXPECT_EQ(ticket.treatment_month().day(), 0);
  EXPECT_EQ(ticket.infection(), v1::PRESENCE_NO);
}

TEST(ReadMessage, ReadsARequest) {
  const v1::OqsMessage message = ReadFixture("req_202604100005.xml");
  EXPECT_EQ(message.role(), v1::MESSAGE_ROLE_REQUEST);
  EXPECT_EQ(message.query().insured().insurer_number(), "06990121");
  EXPECT_EQ(message.query().limit_consent(), v1::LIMIT_CONSENT_REFUSED);
  EXPECT_EQ(message.request_header().confirmation_date().text(), "20260410");
  EXPECT_EQ(message.query().day().day(), 10) << "the day asked for is in the head";
}

TEST(ReadMessage, TellsANoticeFromAnError) {
  EXPECT_TRUE(ReadFixture("101015.xml").confirmation().is_notice());
  const v1::Confirmation error = ReadFixture("res_202604100007.xml").confirmation();
  EXPECT_FALSE(error.is_notice());
  EXPECT_FALSE(error.processing_result().code().empty());
  EXPECT_FALSE(ReadBody("<ProcessingResultStatus>1</ProcessingResultStatus>").is_notice());
  EXPECT_TRUE(ReadBody("<ProcessingResultStatus>1</ProcessingResultStatus>"
                       "<ProcessingResultMessage>m</ProcessingResultMessage>")
                  .is_notice());
}

TEST(ReadMessage, MarksPlaceholders) {
  const v1::Confirmation push = ReadFixture("093001.xml").confirmation();
  EXPECT_TRUE(push.qualifications(0).contains_placeholder_character());
  for (const char* element : {"Name", "NameOfOther", "NameKana", "InsuredName", "Address"}) {
    const std::string inside = absl::StrCat("<", element, ">髙●橋</", element, ">");
    EXPECT_TRUE(ReadQualification(inside).contains_placeholder_character()) << element;
  }
  EXPECT_FALSE(ReadQualification("<InsurerName>●</InsurerName>").contains_placeholder_character());
}

TEST(ReadMessage, KeepsPaddingAndTrimsBeside) {
  struct Case {
    const char* sent;
    const char* trimmed;
  };
  for (const Case& c :
       {Case{"  990119", "990119"}, Case{"00990119", "990119"}, Case{"990119", "990119"},
        Case{"06990121", "06990121"}, Case{"000119", "000119"}, Case{"00123456 ", "123456"}}) {
    const v1::Qualification qualification =
        ReadQualification(absl::StrCat("<InsurerNumber>", c.sent, "</InsurerNumber>"));
    EXPECT_EQ(qualification.insured().insurer_number(), c.sent);
    EXPECT_EQ(qualification.insured().insurer_number_trimmed(), c.trimmed);
  }
}

TEST(ReadMessage, ReadsPercent) {
  EXPECT_EQ(
      ReadFixture("res_202604100010.xml").confirmation().qualifications(0).contribution_percent(),
      10);
  EXPECT_EQ(ReadFixture("res_202604100009.xml")
                .confirmation()
                .qualifications(0)
                .elderly_certificate()
                .contribution_percent(),
            20);
}

TEST(ReadMessage, MakesOneConsentPerCategoryInTheirOrder) {
  const v1::Qualification all = ReadFixture("091512.xml").confirmation().qualifications(0);
  std::vector<v1::ConsentCategory> categories;
  for (const v1::Consent& consent : all.consents()) categories.push_back(consent.category());
  EXPECT_THAT(
      categories,
      ElementsAre(v1::CONSENT_CATEGORY_DRUG, v1::CONSENT_CATEGORY_CHECKUP,
                  v1::CONSENT_CATEGORY_DIAGNOSIS, v1::CONSENT_CATEGORY_OPERATION,
                  v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE, v1::CONSENT_CATEGORY_SPECIFIC_DISEASE));
  EXPECT_EQ(all.consents(0).flag(), v1::CONSENT_FLAG_GRANTED);
  EXPECT_TRUE(all.consents(0).given_at().has_time());
  EXPECT_TRUE(all.consents(0).available_until().has_time());
  EXPECT_EQ(all.consents(4).flag(), v1::CONSENT_FLAG_GRANTED) << "by OQSCD001";

  const v1::Qualification one = ReadQualification(
      "<PharmacistsInfoAvailableTime>99991231235959</PharmacistsInfoAvailableTime>");
  ASSERT_EQ(one.consents_size(), 1);
  EXPECT_EQ(one.consents(0).category(), v1::CONSENT_CATEGORY_DRUG);
  EXPECT_EQ(one.consents(0).flag(), v1::CONSENT_FLAG_UNSPECIFIED);
  EXPECT_TRUE(one.consents(0).available_until().no_end());

  const v1::Qualification limit = ReadQualification(
      "<LimitApplicationCertificateRelatedConsFlg>2</LimitApplicationCertificateRelatedConsFlg>"
      "<PharmacistsInfoConsFlg>2</PharmacistsInfoConsFlg>");
  ASSERT_EQ(limit.consents_size(), 2);
  EXPECT_EQ(limit.consents(0).flag(), v1::CONSENT_FLAG_EXPIRED);
  EXPECT_EQ(limit.consents(1).flag(), v1::CONSENT_FLAG_UNSPECIFIED) << "2 is not in OQSCD001";
  EXPECT_EQ(limit.consents(1).flag_code(), "2");
}

TEST(ReadMessage, KeepsUnknownCodesAndOddDatesAsText) {
  const v1::Qualification qualification = ReadQualification(
      "<Sex1>9</Sex1><Birthdate>00000000</Birthdate><QualificationDate>昭和</QualificationDate>");
  EXPECT_EQ(qualification.sex1_code(), "9");
  EXPECT_EQ(qualification.sex1(), v1::SEX_UNSPECIFIED);
  EXPECT_EQ(qualification.birth_date().text(), "00000000");
  EXPECT_EQ(qualification.birth_date().year(), 0);
  EXPECT_EQ(qualification.qualification_date().text(), "昭和");
}

TEST(ReadMessage, TakesEmptyElementsAsAbsent) {
  const v1::Confirmation confirmation = ReadBody(
      "<ProcessingResultStatus></ProcessingResultStatus><QualificationValidity/>"
      "<ResultList>\n <ResultOfQualificationConfirmation>\n  <Name> \r\n </Name><Birthdate/>"
      "<ElderlyRecipientCertificateInfo/><PublicExpenseResultList><MedicalTicketInfo/>"
      "</PublicExpenseResultList></ResultOfQualificationConfirmation></ResultList>");
  EXPECT_EQ(confirmation.ByteSizeLong(), 0U) << confirmation.qualifications_size();
  // An empty first one does not make the second a duplicate.
  EXPECT_EQ(ReadQualification("<Name/><Name>x</Name>").name(), "x");
}

TEST(ReadMessage, ReadsElementsInAnyOrder) {
  const v1::Confirmation confirmation =
      Read(kResponse,
           "<XmlMsg><MessageBody><ResultList><ResultOfQualificationConfirmation><ReferenceNumber>1"
           "</ReferenceNumber><Name>x</Name></ResultOfQualificationConfirmation></ResultList>"
           "<ProcessingResultStatus>1</ProcessingResultStatus></MessageBody><MessageHeader>"
           "<SegmentOfResult>1</SegmentOfResult></MessageHeader></XmlMsg>")
          .confirmation();
  EXPECT_EQ(confirmation.qualifications(0).reference_number(), "1");
  EXPECT_EQ(confirmation.qualifications(0).name(), "x");
  EXPECT_EQ(confirmation.header().segment_of_result(), v1::SEGMENT_OF_RESULT_NORMAL);
  EXPECT_THAT(Unknown(confirmation), IsEmpty());
}

TEST(ReadMessage, KeepsWhatItDoesNotKnowByPath) {
  const v1::Confirmation confirmation = ReadBody(
      "<ResultList><ResultOfQualificationConfirmation><Name>a</Name></"
      "ResultOfQualificationConfirmation>"
      "<ResultOfQualificationConfirmation><Name "
      "lang=\"ja\">b</Name><Name>c</Name><New>1</New><New>2</New>"
      "<Group><In>3</In><In/>  text "
      "</Group></ResultOfQualificationConfirmation></ResultList>stray");
  const std::string second = "XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation[2]/";
  EXPECT_THAT(Unknown(confirmation),
              ElementsAre(Pair("XmlMsg/MessageBody", "stray"), Pair(second + "Group", "text"),
                          Pair(second + "Group/In", "3"), Pair(second + "Group/In[2]", ""),
                          Pair(second + "Name/@lang", "ja"), Pair(second + "Name[2]", "c"),
                          Pair(second + "New", "1"), Pair(second + "New[2]", "2")));
  EXPECT_EQ(confirmation.qualifications(1).name(), "b");
}

TEST(ReadMessage, KeepsASecondHeadAndAttributesOfTheRoot) {
  const v1::Confirmation confirmation =
      Read(kResponse,
           "<XmlMsg "
           "xmlns='urn:x'><MessageHeader><ReceptionNumber>1</ReceptionNumber></MessageHeader>"
           "<MessageHeader><ReceptionNumber>2</ReceptionNumber></MessageHeader></XmlMsg>")
          .confirmation();
  EXPECT_EQ(confirmation.header().reception_number(), "1");
  EXPECT_THAT(Unknown(confirmation),
              ElementsAre(Pair("XmlMsg/@xmlns", "urn:x"),
                          Pair("XmlMsg/MessageHeader[2]/ReceptionNumber", "2")));
}

TEST(ReadMessage, ReadsTextHoweverItIsWritten) {
  EXPECT_EQ(ReadQualification("<Name>a&amp;b&#x3042;&#12354;</Name>").name(), "a&bああ");
  EXPECT_EQ(ReadQualification("<Name><![CDATA[<a>&]]></Name>").name(), "<a>&");
  EXPECT_EQ(ReadQualification("<Name>a <!-- c -->b<?p?> c</Name>").name(), "a b c");
  EXPECT_EQ(ReadQualification("<Name> <![CDATA[x]]> </Name>").name(), " x ");
  EXPECT_EQ(ReadQualification("<Address>a\r\nb\rc</Address>").address(), "a\nb\nc");
  EXPECT_EQ(ReadQualification("<Address>a&#13;b</Address>").address(), "a\rb");
  EXPECT_EQ(ReadQualification("<Name >x</Name\n>").name(), "x");
}

TEST(ReadMessage, TellsTheFamilyFromTheContentWhenTheNameDoesNot) {
  const Fixture push = FixtureEndingWith("091512.xml");
  EXPECT_EQ(Read("copy.xml", push.bytes).role(), v1::MESSAGE_ROLE_PUSH);
  EXPECT_EQ(Read("", FixtureEndingWith("res_202604100001.xml").bytes).role(),
            v1::MESSAGE_ROLE_RESPONSE);
  EXPECT_EQ(Read("x", FixtureEndingWith("res_202604100006.xml").bytes).role(),
            v1::MESSAGE_ROLE_RESPONSE);
  EXPECT_EQ(Read("x", FixtureEndingWith("req_202604100001.xml").bytes).role(),
            v1::MESSAGE_ROLE_REQUEST);
  // The name wins.
  EXPECT_EQ(Read(kResponse, push.bytes).family(), v1::MESSAGE_FAMILY_OQSSIQUC01);
  EXPECT_EQ(Read("some/folder/OQSsiquc01req_1.xml", push.bytes).file_name(), kRequest);
}

// An element that says nothing is as good as absent, so it must not decide either: the same record
// has to come back from the file that is written of it.
TEST(ReadMessage, EmptyElementsDoNotDecideTheFamily) {
  for (const char* sign :
       {"<MessageHeader><QuaInf></QuaInf></MessageHeader>",
        "<MessageHeader><QuaInf><Name> </Name></QuaInf></MessageHeader>",
        "<MessageHeader><QualificationsInfo/></MessageHeader>",
        "<MessageHeader><ReceptionNumber/></MessageHeader>",
        "<MessageHeader><SegmentOfResult></SegmentOfResult></MessageHeader>",
        "<MessageBody><MeTrMonthInf/></MessageBody>", "<MessageBody><CzDiInf/></MessageBody>",
        "<MessageBody><SpecificHealthCheckupInfos/></MessageBody>",
        "<MessageBody><BulkConfirmUnit/></MessageBody>",
        "<MessageBody><ResultList>\n</ResultList></MessageBody>",
        "<MessageBody><QualificationConfirmSearchInfo/></MessageBody>"}) {
    const auto message = ReadMessage("copy.xml", absl::StrCat("<XmlMsg>", sign, "</XmlMsg>"));
    EXPECT_TRUE(base::Is(message.status(), base::ErrorCode::kNotAnOqsMessage)) << sign;
  }
  constexpr absl::string_view kStatus = "<ProcessingResultStatus>1</ProcessingResultStatus>";
  constexpr absl::string_view kPerson =
      "<ReferenceNumberRegistrationInfo><ReferenceNumber>7</ReferenceNumber>"
      "</ReferenceNumberRegistrationInfo>";
  const struct {
    std::string inside;
    v1::MessageFamily family;
  } cases[] = {
      {absl::StrCat("<MessageHeader><QuaInf/></MessageHeader><MessageBody>", kStatus,
                    "</MessageBody>"),
       v1::MESSAGE_FAMILY_OQSSIQUC01},
      // The first head is as good as absent.
      {absl::StrCat("<MessageHeader/><MessageHeader><QuaInf><Name>x</Name></QuaInf>"
                    "</MessageHeader><MessageBody>",
                    kStatus, "</MessageBody>"),
       v1::MESSAGE_FAMILY_YZKSIQUC01},
      {absl::StrCat("<MessageBody><ReferenceNumberRegistrationInfo/>", kPerson, "</MessageBody>"),
       v1::MESSAGE_FAMILY_OQSSIIMM01},
      {absl::StrCat("<MessageBody>", kPerson, kPerson, "</MessageBody>"),
       v1::MESSAGE_FAMILY_OQSMUIMM01},
      {absl::StrCat(
           "<MessageHeader><ReferenceClassification/><ReferenceClassification>"
           "<![CDATA[1]]><!-- -->\n</ReferenceClassification></MessageHeader><MessageBody>",
           kStatus, "</MessageBody>"),
       v1::MESSAGE_FAMILY_OQSSIQUC01_FACE},
      {absl::StrCat("<MessageHeader><ReferenceClassification>1<!-- -->2</ReferenceClassification>"
                    "</MessageHeader><MessageBody>",
                    kStatus, "</MessageBody>"),
       v1::MESSAGE_FAMILY_OQSSIQUC01},
  };
  for (const auto& [inside, family] : cases) {
    const auto message = ReadMessage("copy.xml", absl::StrCat("<XmlMsg>", inside, "</XmlMsg>"));
    ASSERT_TRUE(message.ok()) << inside << ": " << message.status();
    EXPECT_EQ(message->family(), family) << inside;
    const auto written = WriteMessage(*message, Encoding::kUtf8);
    ASSERT_TRUE(written.ok()) << inside << ": " << written.status();
    auto again = ReadMessage("copy.xml", *written);
    ASSERT_TRUE(again.ok()) << *written << ": " << again.status();
    again->set_declared_encoding(message->declared_encoding());
    EXPECT_EQ(again->SerializeAsString(), message->SerializeAsString()) << *written;
  }
}

TEST(ReadMessage, RefusesWhatIsNoKnownMessage) {
  const std::string answer = FixtureEndingWith("res_202604100001.xml").bytes;
  struct Case {
    const char* name;
    std::string bytes;
  };
  for (const Case& c :
       {Case{kResponse, "<Message><MessageBody/></Message>"}, Case{kResponse, "<XmlMsg></XmlMsg>"},
        Case{kResponse, "<XmlMsg><xmlmsg/></XmlMsg>"}, Case{"x", "<XmlMsg><MessageBody/></XmlMsg>"},
        Case{"x", "<html><body/></html>"}, Case{"CIPsiquc01res_1.xml", answer},
        Case{"OQSmuquc03req_1.xml", answer}}) {
    const auto message = ReadMessage(c.name, c.bytes);
    EXPECT_TRUE(base::Is(message.status(), base::ErrorCode::kNotAnOqsMessage))
        << c.name << " " << c.bytes << message.status();
  }
}

TEST(ReadMessage, KeepsThePlacesOfOddOnesAmongSeveral) {
  for (const char* odd : {">text</", " a='1'></"}) {
    const std::string name = "ResultOfQualificationConfirmation";
    const auto message =
        ReadMessage(kResponse, absl::StrCat("<XmlMsg><MessageBody><ResultList><", name, odd, name,
                                            "><", name, " b='2'><Name>甲</Name></", name,
                                            "></ResultList></MessageBody></XmlMsg>"));
    ASSERT_TRUE(message.ok()) << message.status();
    const v1::Confirmation& confirmation = message->confirmation();
    ASSERT_EQ(confirmation.qualifications_size(), 2);
    EXPECT_EQ(confirmation.qualifications(1).name(), "甲");
    ASSERT_EQ(confirmation.unknown_elements_size(), 2);
    EXPECT_EQ(confirmation.unknown_elements(1).path(),
              absl::StrCat("XmlMsg/MessageBody/ResultList/", name, "[2]/@b"));
  }
}

}  // namespace
}  // namespace madoguchi::oqs
