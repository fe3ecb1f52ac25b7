#ifndef MADOGUCHI_TESTS_SIM_PERSONA_PARTS_H_
#define MADOGUCHI_TESTS_SIM_PERSONA_PARTS_H_

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "tests/sim/people.h"

// What several personas are made of. `today` is the day the site is made.
namespace madoguchi::sim {

// A birthday in the year in which somebody turns `age`.
absl::CivilDay Born(absl::CivilDay today, int age, int month, int day);

// Somebody of working age. The number on the card is the chart number as well.
Member Adult(absl::CivilDay today, absl::string_view number, absl::string_view given,
             absl::string_view given_kana, absl::string_view sex);
// Somebody on 医療扶助, without a chart number.
Member AidMember(absl::CivilDay today);

// A normal answer with one qualification; the second form agrees to all medical consents.
v1::Confirmation AnswerWith(v1::Qualification qualification);
v1::Confirmation AgreeingAnswer(const Member& member, absl::CivilDay today);
void ConsentToAll(v1::Qualification& qualification);

// 限度額適用認定証 of category ウ with consent.
void SetLimitCertificate(v1::Qualification& qualification, absl::CivilDay today);
// Ended with this month because of another insurance.
void SetLost(v1::Qualification& qualification, absl::CivilDay today);
// 医療券. Its month and its institution are those of the push.
void AddTicket(v1::Qualification& qualification);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_PERSONA_PARTS_H_
