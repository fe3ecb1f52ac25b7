#ifndef MADOGUCHI_TESTS_RPC_RECORD_ANSWERS_H_
#define MADOGUCHI_TESTS_RPC_RECORD_ANSWERS_H_

#include "absl/status/statusor.h"
#include "agent/records/answer_rule.h"

namespace madoguchi::rpc {

// Lines of each answer, so that tests can count.
inline constexpr int kDrugLines = 3;
inline constexpr int kDiagnosisLines = 2;
inline constexpr int kOperationLines = 1;
// Of a document: several pieces.
inline constexpr size_t kDocumentBytes = 1'500'000;

// What OQS would answer to `question`: a file about that patient, or, `wrong`, about a twin.
absl::StatusOr<records::Answer> MakeAnswer(const records::Question& question, bool wrong,
                                           int drug_lines = kDrugLines);

}  // namespace madoguchi::rpc

#endif  // MADOGUCHI_TESTS_RPC_RECORD_ANSWERS_H_
