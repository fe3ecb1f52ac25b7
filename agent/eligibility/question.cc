#include "agent/eligibility/question.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "agent/base/error.h"
#include "agent/base/japan_time.h"
#include "agent/oqs/json_form.h"
#include "agent/oqs/web_assumed.h"

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

v1::OqsMessage MessageOf(const Question& question) {
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
  return message;
}

}  // namespace

std::string SuffixOf(absl::CivilDay day, int number) {
  return absl::StrFormat("%04d%02d%02d%04d", day.year(), day.month(), day.day(), number);
}

Topic TopicOf(const Question& question) {
  if (question.card.has_value()) return Topic::kCards;
  return question.family == v1::MESSAGE_FAMILY_OQSSIQUC01 ? Topic::kIdentifiers : Topic::kRecords;
}

absl::StatusOr<std::string> RequestBytes(const Question& question, oqs::Encoding encoding) {
  return oqs::WriteMessage(MessageOf(question), encoding);
}

absl::StatusOr<std::string> RequestJson(const Question& question) {
  if (question.card.has_value()) {
    return oqs::WriteWebCard({.institution = question.institution,
                              .identifier = question.identifier,
                              .day = question.day,
                              .card = *question.card});
  }
  v1::OqsMessage message = MessageOf(question);
  if (message.has_query()) {
    std::string& insurer = *message.mutable_query()->mutable_insured()->mutable_insurer_number();
    absl::StripAsciiWhitespace(&insurer);
    if (insurer.size() == 6) insurer.insert(0, "00");
  }
  return oqs::WriteJson(message);
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

std::optional<v1::ErrorDetail> WhyNotItsAnswer(const Question& question,
                                               const v1::OqsMessage& message) {
  if (message.family() != question.family || message.role() != v1::MESSAGE_ROLE_RESPONSE) {
    return base::MakeDetail(base::ErrorCode::kForeignReply, {.what = "another kind of message"});
  }
  // A document says nothing of whose it is but its name.
  if (message.has_document()) return std::nullopt;
  const v1::MessageHeader& header = HeaderOf(message);
  if (header.segment_of_result() == v1::SEGMENT_OF_RESULT_PROCESSING) {
    return base::MakeDetail(base::ErrorCode::kFileIncomplete, {.what = "still being processed"});
  }
  if (MatchHeader(question, header) == AnswerMatch::kOtherQuestion) {
    return base::MakeDetail(base::ErrorCode::kForeignReply);
  }
  return std::nullopt;
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
