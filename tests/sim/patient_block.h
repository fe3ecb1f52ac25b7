#ifndef MADOGUCHI_TESTS_SIM_PATIENT_BLOCK_H_
#define MADOGUCHI_TESTS_SIM_PATIENT_BLOCK_H_

#include <string>
#include <vector>

#include "madoguchi/v1/oqs_message.pb.h"
#include "tests/sim/answer.h"

// Parts of a medical record's answer. Pure functions.
namespace madoguchi::sim {

// The person as the head of an answer names them, written another way or made somebody else by
// `twist` (kOtherPerson and kNoPatient change nothing here).
v1::PatientBlock PatientOf(const v1::Qualification& person, RecordTwist twist);

// A record as a PDF tells it: who, then a line per medicine, treatment or value.
std::vector<std::string> LinesOf(const v1::OqsMessage& message, const v1::PatientBlock& patient);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_PATIENT_BLOCK_H_
