#ifndef MADOGUCHI_AGENT_OQS_MAPPING_H_
#define MADOGUCHI_AGENT_OQS_MAPPING_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "agent/oqs/code_tables.h"

// The element table for people: what docs pages and tests walk over.
namespace madoguchi::oqs {

struct MappingRow {
  // The first of the messages with this layout, as its file's name begins: `OQSsiquc01res`.
  absl::string_view message;
  // `XmlMsg/MessageBody/ResultList/ResultOfQualificationConfirmation/Name`.
  std::string element;
  // From the OqsMessage: `confirmation.qualifications[].insured.symbol`,
  // `confirmation.qualifications[].consents[DRUG].flag_code`. Empty for a mere wrapper.
  std::string field;
  // text, code, date, month, time, percent, group, repeated, texts.
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
// Batches and registrations: requests of all of them, answers with confirmations, with
// registrations, and the answer to one registration.
std::vector<MappingRow> BatchRequestMapping();
std::vector<MappingRow> BatchAnswerMapping();
std::vector<MappingRow> RegistrationBatchMapping();
std::vector<MappingRow> RegistrationAnswerMapping();

// All of these: requests, then answers.
std::vector<std::vector<MappingRow>> AllMappings();

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_MAPPING_H_
