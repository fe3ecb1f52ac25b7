#ifndef MADOGUCHI_AGENT_RECORDS_READING_H_
#define MADOGUCHI_AGENT_RECORDS_READING_H_

#include "absl/status/statusor.h"
#include "agent/records/answer_rule.h"

namespace madoguchi::records {

// Reads an answer for CheckAnswer. `body` becomes what is kept: the bytes of a PDF, a serialised
// v1::MedicalRecord (views.h: Slim) or v1::CheckupHistory. Errors of oqs::ReadMessage; MDG-2010 for
// any other message. Pure.
absl::StatusOr<Reading> ReadAnswer(const Question& question, const Answer& answer);

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_READING_H_
