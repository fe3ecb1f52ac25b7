#ifndef MADOGUCHI_TESTS_SIM_HISTORY_H_
#define MADOGUCHI_TESTS_SIM_HISTORY_H_

#include "absl/time/civil_time.h"
#include "madoguchi/v1/medical.pb.h"
#include "tests/sim/site.h"

// What OQS knows of a person's health: made out of who the person is and the day, so the same
// person has the same history every time, and tomorrow the same with what tomorrow adds. Pure.
namespace madoguchi::sim {

// Three years before `today` (claims, section 9.5 of the interface), without header and patient:
//  * a doctor's practice and a pharmacy outside, every four weeks (under forty: every nine);
//  * a hospital every twelve weeks that dispenses itself, with treatments and now and then an
//    operation.
// Claims (receipt_months) end two months ago, as they arrive with the monthly claim; electronic
// prescriptions and their dispensing reach back 100 days. What lies in both is told three times.
v1::MedicalRecord MakeMedicalHistory(const Person& person, absl::CivilDay today);

// One checkup a year of age from forty on, five years back, newest first; empty for the young.
v1::CheckupHistory MakeCheckups(const Person& person, absl::CivilDay today);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_HISTORY_H_
