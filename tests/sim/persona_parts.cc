#include "tests/sim/persona_parts.h"

#include <utility>

#include "agent/base/japan_time.h"

namespace madoguchi::sim {

absl::CivilDay Born(absl::CivilDay today, int age, int month, int day) {
  return absl::CivilDay(today.year() - age, month, day);
}

Member Adult(absl::CivilDay today, absl::string_view number, absl::string_view given,
             absl::string_view given_kana, absl::string_view sex) {
  return Member{.family = "架空",
                .family_kana = "ｶｸｳ",
                .given = given,
                .given_kana = given_kana,
                .sex = sex,
                .birth = Born(today, 46, 1, 15),
                .insurer = kMachineKumiai,
                .symbol = "見本・１２",
                .number = std::string(number),
                .branch = "00",
                .reference_number = std::string(number)};
}

v1::Confirmation AnswerWith(v1::Qualification qualification) {
  v1::Confirmation answer = MakeAnswer();
  *answer.add_qualifications() = std::move(qualification);
  return answer;
}

void ConsentToAll(v1::Qualification& qualification) {
  for (const v1::ConsentCategory category : kMedicalConsents) {
    SetConsent(qualification, category, "1");
  }
}

v1::Confirmation AgreeingAnswer(const Member& member, absl::CivilDay today) {
  v1::Qualification qualification = MakeQualification(member, today);
  ConsentToAll(qualification);
  return AnswerWith(std::move(qualification));
}

void SetLimitCertificate(v1::Qualification& qualification, absl::CivilDay today) {
  SetConsent(qualification, v1::CONSENT_CATEGORY_LIMIT_CERTIFICATE, "1");
  v1::LimitCertificate& certificate = *qualification.mutable_limit_certificate();
  certificate.set_classification_code("01");
  certificate.set_category_code("A03");
  const absl::CivilDay start(absl::CivilMonth(today) - 2);
  *certificate.mutable_issued() = base::ToDate(start);
  *certificate.mutable_valid_from() = base::ToDate(start);
  *certificate.mutable_valid_until() =
      base::ToDate(absl::CivilDay(absl::CivilMonth(today) + 4) - 1);
}

void SetLost(v1::Qualification& qualification, absl::CivilDay today) {
  *qualification.mutable_disqualification_date() =
      base::ToDate(absl::CivilDay(today.year(), today.month(), 1));
  qualification.set_reason_of_loss_code("03");
}

void AddTicket(v1::Qualification& qualification) {
  v1::MedicalTicket& ticket = *qualification.add_medical_tickets();
  ticket.set_ticket_type_code("01");
  ticket.set_issue_number("000000123");
  ticket.set_designated_institution_flag_code("0");
  ticket.set_designated_institution_name("まどぐち内科クリニック");
  ticket.set_injury_name1("高血圧症");
  ticket.set_treatment_type_code("02");
  ticket.set_self_pay_amount("0");
  ticket.set_district_contact_name("見本　担当");
  ticket.set_handling_contact_name("例示　取扱");
  ticket.set_single_or_combined_code("02");
  ticket.set_social_insurance_code("01");
  ticket.set_infection_code("02");
  ticket.set_elderly_care_code("02");
  ticket.set_prefectural_expenses_code("02");
}

Member AidMember(absl::CivilDay today) {
  return Member{.family = "例示",
                .family_kana = "ﾚｲｼﾞ",
                .given = "守",
                .given_kana = "ﾏﾓﾙ",
                .sex = "1",
                .birth = Born(today, 55, 9, 9),
                .insurer = kWelfareOffice,
                .number = "0012345",
                .house = 5};
}

}  // namespace madoguchi::sim
