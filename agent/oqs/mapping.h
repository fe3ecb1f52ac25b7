#ifndef MADOGUCHI_AGENT_OQS_MAPPING_H_
#define MADOGUCHI_AGENT_OQS_MAPPING_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "agent/oqs/code_tables.h"

// The element table for people: what docs pages and tests walk over.
namespace madoguchi::oqs {

struct MappingRow {
  // `XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation/Name`.
  std::string element;
  // From the OqsMessage: `confirmation.qualifications[].insured.symbol`,
  // `confirmation.qualifications[].consents[DRUG].flag_code`. Empty for a mere wrapper.
  std::string field;
  // text, code, date, month, time, percent, group, repeated.
  absl::string_view kind;
  // For `code`; else null. Lives for ever.
  const CodeTable* codes = nullptr;
  std::string meaning_ja;
  std::string meaning_en;
  // `2+`, `1`, `inferred`, `assumption`.
  absl::string_view confidence;
};

// Every element of answers and pushes, in layout order.
std::vector<MappingRow> ResponseMapping();
// Every element of answers with medicine and diagnoses, with checkups, and of requests for either.
std::vector<MappingRow> MedicalMapping();
std::vector<MappingRow> CheckupMapping();
std::vector<MappingRow> InformationRequestMapping();
// Every element of requests.
std::vector<MappingRow> RequestMapping();

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_MAPPING_H_
