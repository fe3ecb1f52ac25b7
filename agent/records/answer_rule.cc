#include "agent/records/answer_rule.h"

#include <utility>

#include "agent/base/error.h"

namespace madoguchi::records {
namespace {

using base::ErrorCode;

absl::Status Bad(ErrorCode code, const Question& question, std::string what) {
  return base::MakeError(code, {.what = std::move(what), .reception_id = question.reception_id});
}

// Which item differs, without its value.
std::string Difference(PersonMatch match) {
  switch (match) {
    case PersonMatch::kIncomplete:
      return "the patient block is not complete";
    case PersonMatch::kOtherBirthDate:
      return "the birth date differs";
    case PersonMatch::kOtherSex:
      return "the sex differs";
    default:
      return "the name differs";
  }
}

}  // namespace

absl::Status CheckAnswer(const Question& question, const Answer& answer, const Reading& reading) {
  const KindFacts& facts = FactsOf(question.kind);
  if (reading.document) {
    if (!facts.document) return Bad(ErrorCode::kRecordUnusable, question, "it is a PDF");
    return absl::OkStatus();
  }
  if (reading.family != facts.family) {
    return Bad(ErrorCode::kRecordUnusable, question, "it is a message of another family");
  }
  if (reading.medical_institution_code != question.medical_institution_code) {
    return Bad(ErrorCode::kRecordUnusable, question, "it is for another institution");
  }
  if (reading.identifier != answer.identifier) {
    return Bad(ErrorCode::kRecordUnusable, question, "it is the answer to another question");
  }
  // OQS answers a document it cannot give with a message.
  if (!reading.success) {
    return base::MakeError(ErrorCode::kRecordRefused, {.reception_id = question.reception_id,
                                                       .oqs_code = reading.result.code(),
                                                       .oqs_message = reading.result.message()});
  }
  if (facts.document) return Bad(ErrorCode::kRecordUnusable, question, "it is no PDF");
  const PersonMatch match = MatchPerson(question.qualification, reading.patient);
  if (match == PersonMatch::kSame) return absl::OkStatus();
  return Bad(ErrorCode::kWrongPatient, question, Difference(match));
}

}  // namespace madoguchi::records
