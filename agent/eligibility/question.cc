#include "agent/eligibility/question.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "agent/base/japan_time.h"

namespace madoguchi::eligibility {
namespace {

bool IsComplete(const v1::Date& date) {
  return date.year() != 0 && date.month() != 0 && date.day() != 0;
}

// A day that is not said, or only in part, contradicts nothing.
bool Contradicts(const v1::Date& asked, const v1::Date& answered) {
  if (!IsComplete(asked) || !IsComplete(answered)) return false;
  return asked.year() != answered.year() || asked.month() != answered.month() ||
         asked.day() != answered.day();
}

void PutQuery(const Question& question, v1::OqsMessage& message) {
  *message.mutable_query() = question.query;
  // In the header it has its place.
  message.mutable_query()->clear_day();
  v1::MessageHeader& header = *message.mutable_request_header();
  header.set_medical_institution_code(question.institution);
  header.set_arbitrary_file_identifier(question.identifier);
  *header.mutable_confirmation_date() = base::ParseOqsDate(absl::StrFormat(
      "%04d%02d%02d", question.day.year(), question.day.month(), question.day.day()));
}

}  // namespace

std::string SuffixOf(absl::CivilDay day, int number) {
  return absl::StrFormat("%04d%02d%02d%04d", day.year(), day.month(), day.day(), number);
}

absl::StatusOr<std::string> RequestBytes(const Question& question, oqs::Encoding encoding) {
  v1::OqsMessage message;
  message.set_family(question.family);
  message.set_role(v1::MESSAGE_ROLE_REQUEST);
  if (question.family == v1::MESSAGE_FAMILY_OQSSIQUC01) {
    PutQuery(question, message);
  } else {
    v1::InformationQuery& query = *message.mutable_information_query();
    query = question.information;
    query.set_medical_institution_code(question.institution);
    query.set_arbitrary_file_identifier(question.identifier);
  }
  return oqs::WriteMessage(message, encoding);
}

const v1::MessageHeader& HeaderOf(const v1::OqsMessage& answer) {
  switch (answer.body_case()) {
    case v1::OqsMessage::kConfirmation:
      return answer.confirmation().header();
    case v1::OqsMessage::kMedicalRecord:
      return answer.medical_record().header();
    case v1::OqsMessage::kCheckupHistory:
      return answer.checkup_history().header();
    default:
      return v1::MessageHeader::default_instance();
  }
}

AnswerMatch MatchHeader(const Question& question, const v1::MessageHeader& header) {
  const bool refused = header.segment_of_result() == v1::SEGMENT_OF_RESULT_ABNORMAL;
  const auto echoes = [refused](const std::string& said, const std::string& asked) {
    return said == asked || (refused && said.empty());
  };
  if (!echoes(header.arbitrary_file_identifier(), question.identifier)) {
    return AnswerMatch::kOtherQuestion;
  }
  if (!echoes(header.medical_institution_code(), question.institution)) {
    return AnswerMatch::kOtherInstitution;
  }
  return AnswerMatch::kOurs;
}

AnswerMatch MatchAnswer(const Question& question, const v1::Confirmation& answer) {
  const AnswerMatch head = MatchHeader(question, answer.header());
  if (head != AnswerMatch::kOurs) return head;
  const v1::Date& born = question.query.birth_date();
  const bool other = Contradicts(born, answer.query().birth_date()) ||
                     std::any_of(answer.qualifications().begin(), answer.qualifications().end(),
                                 [&](const v1::Qualification& one) {
                                   return Contradicts(born, one.birth_date());
                                 });
  return other ? AnswerMatch::kOtherPerson : AnswerMatch::kOurs;
}

}  // namespace madoguchi::eligibility
