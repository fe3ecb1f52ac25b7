#ifndef MADOGUCHI_TESTS_HL7_FHIR_FULL_RECORDS_H_
#define MADOGUCHI_TESTS_HL7_FHIR_FULL_RECORDS_H_

#include <string>
#include <vector>

#include "agent/oqs/mapping.h"
#include "madoguchi/v1/oqs_message.pb.h"

// Records in which every field says something, and changes to one field after the other.
namespace madoguchi::hl7::fhir {

// Answers with every field of their kind: about a person, a batch's, with medicines and treatments,
// with checkups.
std::vector<v1::OqsMessage> FullRecords();

// Puts another value into the field a row of oqs::AllMappings() names, and derives anew. What it
// says now, as it would stand in JSON (a date in FHIR's writing). Empty when `message` is of
// another kind.
std::string Change(const oqs::MappingRow& row, v1::OqsMessage& message);

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_TESTS_HL7_FHIR_FULL_RECORDS_H_
