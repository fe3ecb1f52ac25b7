#ifndef MADOGUCHI_TESTS_SIM_RECORD_ANSWER_H_
#define MADOGUCHI_TESTS_SIM_RECORD_ANSWER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/sim/answer.h"

// Answers to requests for medicines, diagnoses, operations and checkups (YZKsiquc01, TKKsiquc01).
namespace madoguchi::sim {

// Whether a file of this name asks for a medical record.
bool AsksForRecord(absl::string_view name);

// What the person's history (history.h) says for the months and the FileCategory of `request`, XML
// or PDF; a message with ResultCode 2, always XML, when nothing can be given. `request` is nullptr
// for a file that cannot be read. OQS asks nobody for consent here: that is the daemon's to keep.
// When identifiers fit several people (twins without a branch) the first of them is answered.
absl::StatusOr<Answer> AnswerRecordRequest(const Site& site, const Registry& registry,
                                           const std::string& name, const v1::OqsMessage* request,
                                           const AnswerFacts& facts);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_RECORD_ANSWER_H_
