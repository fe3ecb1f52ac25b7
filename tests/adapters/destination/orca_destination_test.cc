#include "adapters/destination/orca_destination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "tests/adapters/destination/parcels.h"
#include "tests/adapters/destination/peer.h"

namespace madoguchi::adapters {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kInsurance[] =
    "<HealthInsurance_Information_child type=\"record\">"
    "<InsuranceProvider_Number type=\"string\">138057</InsuranceProvider_Number>"
    "<HealthInsuredPerson_Symbol type=\"string\">０１－ア</HealthInsuredPerson_Symbol>"
    "<HealthInsuredPerson_Number type=\"string\">１２３４５６７</HealthInsuredPerson_Number>"
    "<HealthInsuredPerson_Branch_Number type=\"string\">01</HealthInsuredPerson_Branch_Number>"
    "<RelationToInsuredPerson type=\"string\">1</RelationToInsuredPerson>"
    "<Certificate_ExpiredDate type=\"string\">9999-12-31</Certificate_ExpiredDate>"
    "</HealthInsurance_Information_child>";

std::string AnswerWith(const std::string& insurances, const std::string& result = "00") {
  return absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xmlio2><patientlst2res type=\"record\">"
      "<Api_Result type=\"string\">",
      result,
      "</Api_Result><Patient_Information type=\"array\"><Patient_Information_child>"
      "<Patient_ID>00042</Patient_ID><WholeName>テスト　花子</WholeName>"
      "<BirthDate>1980-02-03</BirthDate><Sex>2</Sex><HealthInsurance_Information type=\"array\">",
      insurances,
      "</HealthInsurance_Information></Patient_Information_child>"
      "</Patient_Information></patientlst2res></xmlio2>");
}

Parcel Insured() {
  Parcel parcel = ParcelOf("");
  v1::Confirmation& confirmation = *parcel.record.mutable_confirmation();
  confirmation.set_validity(v1::VALIDITY_VALID);
  v1::Qualification& one = *confirmation.add_qualifications();
  one.mutable_insured()->set_insurer_number("00138057");
  one.mutable_insured()->set_insurer_number_trimmed("138057");
  one.mutable_insured()->set_symbol("01-ｱ");
  one.mutable_insured()->set_number("1234567");
  one.mutable_insured()->set_branch("01");
  one.set_personal_family_code("1");
  one.set_sex1_code("2");
  *one.mutable_birth_date() = base::ParseOqsDate("19800203");
  return parcel;
}

std::string TakeBody(PeerConnection& connection, std::string& head) {
  head = connection.ReadUntil("\r\n\r\n");
  size_t length = 0;
  if (const size_t at = head.find("Content-Length: "); at != std::string::npos) {
    const size_t from = at + sizeof("Content-Length: ") - 1;
    static_cast<void>(absl::SimpleAtoi(head.substr(from, head.find('\r', from) - from), &length));
  }
  return connection.Read(length);
}

// Answers one request after the other; what was asked is kept.
Delivered Against(const std::vector<std::string>& answers, const Parcel& parcel, bool add,
                  std::vector<std::string>* asked = nullptr) {
  Peer peer([&](PeerConnection& connection, int index) {
    std::string head;
    const std::string body = TakeBody(connection, head);
    if (asked != nullptr && !head.empty()) asked->push_back(head + body);
    const std::string& answer = answers[std::min(static_cast<size_t>(index), answers.size() - 1)];
    connection.Write(absl::StrCat("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ",
                                  answer.size(), "\r\n\r\n", answer));
  });
  OrcaConfig config{.url = absl::StrCat("http://127.0.0.1:", peer.port()), .plain = true};
  config.add_insurance = add;
  config.patient_digits = 6;
  return OrcaDestination::Make(config).value()->Deliver(parcel, Within(kLong));
}

TEST(OrcaDestination, IsContentWhenBothSayTheSame) {
  std::vector<std::string> asked;
  const Delivered delivered = Against({AnswerWith(kInsurance)}, Insured(), true, &asked);
  EXPECT_EQ(delivered.kind, Delivered::Kind::kDone) << delivered.why;
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_THAT(asked[0], HasSubstr("POST /api01rv2/patientlst2v2?class=01 HTTP/1.1"));
  EXPECT_THAT(asked[0], HasSubstr("<Patient_ID type=\"string\">000042</Patient_ID>"));
}

TEST(OrcaDestination, TellsWhichFieldsDifferButNoValue) {
  Parcel parcel = Insured();
  parcel.record.mutable_confirmation()->mutable_qualifications(0)->mutable_insured()->set_number(
      "7654321");
  *parcel.record.mutable_confirmation()->mutable_qualifications(0)->mutable_card_valid_until() =
      base::ParseOqsDate("20260331");
  const Delivered delivered = Against({AnswerWith(kInsurance)}, parcel, false);
  EXPECT_EQ(delivered.kind, Delivered::Kind::kRefused);
  EXPECT_TRUE(base::Is(delivered.why, base::ErrorCode::kInsuranceDiffers));
  const std::string what(delivered.why.message());
  EXPECT_THAT(what, HasSubstr("Certificate_ExpiredDate, HealthInsuredPerson_Number"));
  EXPECT_THAT(what, Not(HasSubstr("7654321")));
  EXPECT_THAT(what, Not(HasSubstr("2026")));
}

TEST(OrcaDestination, NeverAddsAnythingToSomebodyElse) {
  Parcel parcel = Insured();
  *parcel.record.mutable_confirmation()->mutable_qualifications(0)->mutable_birth_date() =
      base::ParseOqsDate("19800204");
  std::vector<std::string> asked;
  const Delivered delivered = Against({AnswerWith("")}, parcel, true, &asked);
  EXPECT_THAT(std::string(delivered.why.message()), HasSubstr("BirthDate"));
  EXPECT_EQ(asked.size(), 1u);
}

TEST(OrcaDestination, AddsWhatIsMissingWhereItMay) {
  std::vector<std::string> asked;
  const std::string added =
      "<xmlio2><patientmodres><Api_Result>000</Api_Result></patientmodres></xmlio2>";
  const Delivered delivered =
      Against({AnswerWith(""), added, AnswerWith(kInsurance)}, Insured(), true, &asked);
  EXPECT_EQ(delivered.kind, Delivered::Kind::kDone) << delivered.why;
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_THAT(asked[1], HasSubstr("POST /orca12/patientmodv2?class=04 HTTP/1.1"));
  for (const char* part :
       {"<WholeName type=\"string\">テスト　花子</WholeName>",
        "<InsuranceProvider_Number type=\"string\">138057</InsuranceProvider_Number>",
        "<HealthInsuredPerson_Number type=\"string\">１２３４５６７</HealthInsuredPerson_Number>",
        "<Certificate_ExpiredDate type=\"string\">9999-12-31</Certificate_ExpiredDate>"}) {
    EXPECT_THAT(asked[1], HasSubstr(part));
  }
  asked.clear();
  EXPECT_TRUE(base::Is(Against({AnswerWith("")}, Insured(), false, &asked).why,
                       base::ErrorCode::kInsuranceDiffers));
  EXPECT_EQ(asked.size(), 1u);
}

TEST(OrcaDestination, DoesNotCompareWhatIsNotValid) {
  Parcel parcel = Insured();
  parcel.record.mutable_confirmation()->set_validity(v1::VALIDITY_INVALID);
  std::vector<std::string> asked;
  EXPECT_EQ(Against({AnswerWith("")}, parcel, true, &asked).kind, Delivered::Kind::kDone);
  EXPECT_EQ(asked.size(), 1u);
}

TEST(OrcaDestination, JudgesAnswers) {
  using Kind = Delivered::Kind;
  struct Case {
    std::string answer;
    Kind kind;
    base::ErrorCode code;
  };
  const std::string nobody = absl::StrReplaceAll(
      AnswerWith(""), {{"<BirthDate>1980-02-03</BirthDate>", ""}, {"テスト　花子", "ありません"}});
  const Case cases[] = {
      {nobody, Kind::kRefused, base::ErrorCode::kPatientNotThere},
      {AnswerWith("", "90"), Kind::kTryAgain, base::ErrorCode::kDestinationBusy},
      {AnswerWith("", "99"), Kind::kTryAgain, base::ErrorCode::kDestinationLoginRefused},
      {AnswerWith("", "97"), Kind::kRefused, base::ErrorCode::kDestinationRefused},
      {AnswerWith("", ""), Kind::kTryAgain, base::ErrorCode::kDestinationAnswerUnusable},
      {"<html>", Kind::kTryAgain, base::ErrorCode::kDestinationAnswerUnusable},
      {"<!DOCTYPE a [<!ENTITY b \"c\">]>" + AnswerWith(kInsurance), Kind::kTryAgain,
       base::ErrorCode::kDestinationAnswerUnusable},
      {std::string(100'000, '<'), Kind::kTryAgain, base::ErrorCode::kDestinationAnswerUnusable},
      {AnswerWith("\xFF"), Kind::kTryAgain, base::ErrorCode::kDestinationAnswerUnusable},
  };
  for (const Case& one : cases) {
    const Delivered delivered = Against({one.answer}, Insured(), false);
    EXPECT_EQ(delivered.kind, one.kind) << one.answer.substr(0, 200);
    EXPECT_TRUE(base::Is(delivered.why, one.code)) << delivered.why;
  }
}

TEST(OrcaDestination, NeedsAChart) {
  Parcel parcel = Insured();
  parcel.reception.mutable_assignment()->clear_patient_id();
  EXPECT_TRUE(base::Is(Against({AnswerWith(kInsurance)}, parcel, false).why,
                       base::ErrorCode::kNotAssignedYet));
}

TEST(OrcaMessages, ComparesPublicInsuranceByItsOwnNumbers) {
  v1::Confirmation confirmation;
  confirmation.set_validity(v1::VALIDITY_VALID);
  v1::Qualification& one = *confirmation.add_qualifications();
  one.set_insured_card_classification(v1::INSURED_CARD_CLASSIFICATION_MEDICAL_AID);
  one.set_public_expense_number("12990012");
  one.set_beneficiary_number("1234566");
  OrcaPatient patient;
  EXPECT_THAT(OrcaDifferences(confirmation, patient), ElementsAre("PublicInsurer_Number"));
  EXPECT_THAT(OrcaAddRequest(confirmation, patient),
              HasSubstr("<PublicInsurer_Number type=\"string\">12990012</PublicInsurer_Number>"));
  patient.public_insurances.push_back({.payer_number = "12990012", .recipient_number = "7"});
  EXPECT_THAT(OrcaDifferences(confirmation, patient), ElementsAre("PublicInsuredPerson_Number"));
  patient.public_insurances[0].recipient_number = "1234566";
  EXPECT_THAT(OrcaDifferences(confirmation, patient), IsEmpty());
}

TEST(OrcaConfig, IsChecked) {
  const auto ok = [](const OrcaConfig& config) { return OrcaDestination::Make(config).ok(); };
  EXPECT_TRUE(ok({.url = "http://orca:8000/", .plain = true}));
  EXPECT_FALSE(ok({.url = "http://orca:8000"}));
  EXPECT_FALSE(ok({.url = "http://orca:8000/api", .plain = true}));
  EXPECT_FALSE(ok({.url = "http://orca:8000", .plain = true, .patient_digits = 21}));
}

}  // namespace
}  // namespace madoguchi::adapters
