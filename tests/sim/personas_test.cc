#include "tests/sim/personas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "agent/base/japan_time.h"
#include "agent/oqs/message.h"
#include "tests/sim/expected.h"
#include "tests/sim/people.h"
#include "tests/sim/push.h"
#include "tests/sim/site.h"

namespace madoguchi::sim {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const absl::Time kNow = base::FromProto(base::ParseOqsTime("20260410091512").time());

v1::Confirmation Template(absl::string_view name) {
  for (const Persona& persona : Personas()) {
    if (persona.name == name) return persona.make(base::JapanDay(kNow));
  }
  ADD_FAILURE() << "no persona " << name;
  return {};
}

v1::Confirmation Pushed(absl::string_view name, oqs::Encoding encoding = oqs::Encoding::kUtf8) {
  return FillPush(Template(name), PushFacts{.now = kNow, .token = "00", .encoding = encoding});
}

// Written to a file and read back.
v1::OqsMessage ReadBack(const v1::Confirmation& answer, oqs::Encoding encoding) {
  const std::string name = FaceFileName("0123456789abcdef0123", kNow);
  const absl::StatusOr<std::string> bytes = WritePush(answer, name, encoding);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  const absl::StatusOr<v1::OqsMessage> message = oqs::ReadMessage(name, bytes.value_or(""));
  EXPECT_TRUE(message.ok()) << message.status();
  return message.ok() ? *message : v1::OqsMessage();
}

v1::Confirmation Read(absl::string_view name) {
  return ReadBack(Pushed(name), oqs::Encoding::kUtf8).confirmation();
}

Expected Outcome(absl::string_view name) { return Expect(Pushed(name), kInstitution, kNow); }

class EveryPersona : public testing::TestWithParam<oqs::Encoding> {};

TEST_P(EveryPersona, IsReadBackFromTheFileAsExpected) {
  for (const Persona& persona : Personas()) {
    SCOPED_TRACE(persona.name);
    const v1::Confirmation answer = Pushed(persona.name, GetParam());
    const v1::OqsMessage message = ReadBack(answer, GetParam());
    EXPECT_EQ(message.family(), v1::MESSAGE_FAMILY_OQSSIQUC01_FACE);
    EXPECT_EQ(message.actual_encoding(), GetParam() == oqs::Encoding::kUtf8 ? "UTF-8" : "CP932");
    EXPECT_EQ(Expect(message.confirmation(), kInstitution, kNow).Json().Str(),
              Expect(answer, kInstitution, kNow).Json().Str());
    ASSERT_EQ(message.confirmation().qualifications_size(), answer.qualifications_size());
    for (int i = 0; i < answer.qualifications_size(); ++i) {
      EXPECT_EQ(message.confirmation().qualifications(i).name(), answer.qualifications(i).name());
      EXPECT_EQ(message.confirmation().qualifications(i).address(),
                answer.qualifications(i).address());
    }
    EXPECT_EQ(message.confirmation().unknown_elements_size(), answer.unknown_elements_size());
  }
}

INSTANTIATE_TEST_SUITE_P(Encodings, EveryPersona,
                         testing::Values(oqs::Encoding::kUtf8, oqs::Encoding::kShiftJis));

TEST(Personas, HaveStableNames) {
  std::vector<std::string> names;
  for (const Persona& persona : Personas()) names.emplace_back(persona.name);
  EXPECT_THAT(
      names,
      ElementsAre("valid-with-consents", "valid-without-consents", "valid-no-reference-number",
                  "lost", "lost-with-newer", "not-found", "several-match", "two-qualifications",
                  "maru-name", "kouki-1wari", "elderly-2wari", "preschool", "dependant",
                  "limit-certificate", "limit-refused", "specific-disease", "seiho-ticket",
                  "seiho-unregistered", "twins-no-branch", "twins-no-branch-b", "sex-not-set",
                  "card-expiring", "electronic-prescription", "conflicting-reference-numbers",
                  "not-enrolled", "file-error", "foreign-institution", "unknown-codes",
                  "unknown-elements", "no-end-consent", "many-medicines"));
}

TEST(Personas, ShowEveryValidity) {
  EXPECT_EQ(Read("valid-with-consents").validity(), v1::VALIDITY_VALID);
  EXPECT_EQ(Read("lost").validity(), v1::VALIDITY_INVALID);
  EXPECT_EQ(Read("lost").qualifications(0).reason_of_loss(), v1::REASON_OF_LOSS_OTHER_INSURANCE);
  EXPECT_EQ(Read("lost-with-newer").validity(), v1::VALIDITY_INVALID_NEWER_EXISTS);
  EXPECT_EQ(Read("not-found").validity(), v1::VALIDITY_NOT_FOUND);
  EXPECT_THAT(Read("not-found").qualifications(), IsEmpty());
  EXPECT_EQ(Read("several-match").validity(), v1::VALIDITY_SEVERAL_MATCH);
  EXPECT_EQ(Read("seiho-unregistered").validity(), v1::VALIDITY_VALID_UNREGISTERED);
}

TEST(Personas, ShowEveryWayToAChart) {
  EXPECT_EQ(Outcome("valid-with-consents").assignment, "BY_REFERENCE_NUMBER");
  EXPECT_EQ(Outcome("valid-with-consents").patient_id, "900001");
  EXPECT_EQ(Outcome("valid-no-reference-number").assignment, "UNASSIGNED");
  EXPECT_EQ(Outcome("two-qualifications").assignment, "BY_REFERENCE_NUMBER");
  EXPECT_EQ(Outcome("two-qualifications").qualifications, 2);
  EXPECT_EQ(Outcome("conflicting-reference-numbers").assignment, "CONFLICT");
  EXPECT_EQ(Outcome("conflicting-reference-numbers").patient_id, "");
}

TEST(Personas, ShowEveryRefusal) {
  EXPECT_EQ(Outcome("not-enrolled").state, "REFUSED");
  EXPECT_EQ(Outcome("not-enrolled").error, "MDG-1406");
  EXPECT_EQ(Read("not-enrolled").processing_result().code(), "SYN-E0201");
  EXPECT_EQ(Outcome("file-error").error, "MDG-1406");
  EXPECT_EQ(Read("file-error").header().segment_of_result(), v1::SEGMENT_OF_RESULT_ABNORMAL);
  EXPECT_EQ(Outcome("foreign-institution").state, "REFUSED");
  EXPECT_EQ(Outcome("foreign-institution").error, "MDG-1209");
  EXPECT_EQ(Outcome("foreign-institution").qualifications, 0);
  EXPECT_EQ(Read("foreign-institution").qualifications_size(), 1);
}

TEST(Personas, ShowConsents) {
  EXPECT_THAT(Outcome("valid-with-consents").usable_consents,
              ElementsAre("DRUG", "CHECKUP", "DIAGNOSIS", "OPERATION"));
  EXPECT_THAT(Outcome("valid-without-consents").usable_consents, IsEmpty());
  EXPECT_THAT(Outcome("no-end-consent").usable_consents, ElementsAre("DRUG"));
  EXPECT_TRUE(Read("no-end-consent").qualifications(0).consents(0).available_until().no_end());
  EXPECT_THAT(Outcome("unknown-codes").usable_consents, ElementsAre("CHECKUP"));
}

TEST(Personas, ShowWhatStandsOnCertificates) {
  EXPECT_EQ(Read("kouki-1wari").qualifications(0).contribution_percent(), 10);
  EXPECT_EQ(Read("elderly-2wari").qualifications(0).elderly_certificate().contribution_percent(),
            20);
  EXPECT_EQ(Read("limit-certificate").qualifications(0).limit_certificate().category(),
            v1::LIMIT_CATEGORY_A03);
  EXPECT_FALSE(Read("limit-refused").qualifications(0).has_limit_certificate());
  EXPECT_EQ(Read("specific-disease").qualifications(0).specific_disease_certificates(0).disease(),
            v1::SPECIFIC_DISEASE_DIALYSIS);
  EXPECT_EQ(Read("preschool").qualifications(0).preschool(), v1::PRESCHOOL_YES);
  EXPECT_EQ(Read("dependant").qualifications(0).personal_family(), v1::PERSONAL_FAMILY_DEPENDANT);
  EXPECT_EQ(Read("sex-not-set").qualifications(0).sex1(), v1::SEX_NOT_SET);
  EXPECT_EQ(Read("sex-not-set").qualifications(0).sex2(), v1::SEX_FEMALE);
  EXPECT_TRUE(Read("maru-name").qualifications(0).contains_placeholder_character());
  EXPECT_EQ(Read("electronic-prescription").prescription_issue_select(),
            v1::PRESCRIPTION_ISSUE_ELECTRONIC);
  EXPECT_TRUE(Read("card-expiring").is_notice());
  EXPECT_EQ(Read("card-expiring").validity(), v1::VALIDITY_VALID);
}

TEST(Personas, CarryATicketOfTheMonthOfThePush) {
  const v1::MedicalTicket ticket = Read("seiho-ticket").qualifications(0).medical_tickets(0);
  EXPECT_EQ(ticket.treatment_month().text(), "202604");
  EXPECT_EQ(ticket.valid_from().text(), "20260401");
  EXPECT_EQ(ticket.valid_until().text(), "20260430");
  EXPECT_EQ(ticket.designated_institution_code(), kInstitution);
}

TEST(Personas, TwinsDifferInNothingButTheirNames) {
  v1::Qualification a = Template("twins-no-branch").qualifications(0);
  v1::Qualification b = Template("twins-no-branch-b").qualifications(0);
  EXPECT_NE(a.name(), b.name());
  EXPECT_TRUE(a.insured().branch().empty());
  b.set_name(a.name());
  b.set_name_kana(a.name_kana());
  b.set_insured_name(a.insured_name());
  EXPECT_EQ(a.SerializeAsString(), b.SerializeAsString());
}

TEST(Personas, ShowCodesAndElementsNobodyKnows) {
  const v1::Confirmation codes = Read("unknown-codes");
  EXPECT_EQ(codes.qualifications(0).insured_card_classification(),
            v1::INSURED_CARD_CLASSIFICATION_UNSPECIFIED);
  EXPECT_EQ(codes.qualifications(0).insured_card_classification_code(), "B7");
  std::set<std::string> texts;
  const v1::Confirmation elements = Read("unknown-elements");
  for (const v1::UnknownElement& element : elements.unknown_elements()) {
    texts.insert(element.text());
  }
  EXPECT_THAT(texts, ElementsAre("SYN-FUTURE-1", "SYN-FUTURE-2", "SYN-FUTURE-3"));
}

TEST(Personas, ResultCodesAreSynthetic) {
  for (const Persona& persona : Personas()) {
    const v1::Confirmation answer = persona.make(base::JapanDay(kNow));
    for (const std::string& code :
         {answer.processing_result().code(), answer.header().error().code()}) {
      EXPECT_TRUE(code.empty() || code.starts_with("SYN-")) << code;
    }
  }
}

}  // namespace
}  // namespace madoguchi::sim
