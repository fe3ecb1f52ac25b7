#ifndef MADOGUCHI_AGENT_ELIGIBILITY_QUESTION_H_
#define MADOGUCHI_AGENT_ELIGIBILITY_QUESTION_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "agent/oqs/message.h"
#include "madoguchi/kept/v1/exchange.pb.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "madoguchi/v1/error.pb.h"
#include "madoguchi/v1/medical.pb.h"
#include "madoguchi/v1/oqs_message.pb.h"

// One question to OQS about one person, for any family of messages, and which answer is its answer.
// Pure functions.
namespace madoguchi::eligibility {

// The numbers of a day that are ours: other programs count in the same folder, usually from 1.
// Both within 0 to 9999, `first` not above `last`.
struct SuffixRange {
  int first = 5000;
  int last = 9999;
};

// The day and four digits, as other programs name their requests (reference 2.2).
std::string SuffixOf(absl::CivilDay day, int number);

struct Question {
  // OQSsiquc01, YZKsiquc01 or TKKsiquc01.
  v1::MessageFamily family = v1::MESSAGE_FAMILY_OQSSIQUC01;
  // Asked by OQSsiquc01.
  v1::EligibilityQuery query;
  // Asked by YZKsiquc01 and TKKsiquc01; institution and identifier are those below.
  v1::InformationQuery information;
  // Asked about a card, over the web only; its answer is one of OQSsiquc01.
  std::optional<kept::v1::CardQuestion> card;
  // 10 digits.
  std::string institution;
  // Ours alone, echoed by the answer (ArbitraryFileIdentifier).
  std::string identifier;
  // The day asked for; records have none.
  absl::CivilDay day;
};

// What a question is about, as far as ways to OQS differ in what they can be asked.
enum class Topic { kIdentifiers, kRecords, kCards };
Topic TopicOf(const Question& question);

// The request file; never about a card. MDG-1307 when a character has no place in `encoding`, or
// the family has no request.
absl::StatusOr<std::string> RequestBytes(const Question& question, oqs::Encoding encoding);

// The body that asks it over the web. There an insurer's number of 6 digits comes with two zeros
// (reference 4.1). MDG-1307.
absl::StatusOr<std::string> RequestJson(const Question& question);

enum class AnswerMatch {
  kOurs,
  // Another institution's. Nothing of it may be kept.
  kOtherInstitution,
  // Not the answer to this question, although it has the name. Nothing of it may be kept.
  kOtherQuestion,
  // It speaks of a person who was born on another day. Nothing of it may be kept.
  kOtherPerson,
};

// The head of an answer; an empty one for messages without.
const v1::MessageHeader& HeaderOf(const v1::OqsMessage& answer);

// Whether an answer with this head that lies under the question's name can be the question's: only
// then may its patient be looked at.
AnswerMatch MatchHeader(const Question& question, const v1::MessageHeader& header);

// The catalogued reason why a message under the question's name is not its answer: another kind of
// message (MDG-1214), one that is still being made (1207), or one that echoes another identifier
// (1214). What else MatchHeader finds is the desk's to say.
std::optional<v1::ErrorDetail> WhyNotItsAnswer(const Question& question,
                                               const v1::OqsMessage& message);

// The same as MatchHeader for an answer of OQSsiquc01, with the person. Names of people are never
// looked at.
AnswerMatch MatchAnswer(const Question& question, const v1::Confirmation& answer);

}  // namespace madoguchi::eligibility

#endif  // MADOGUCHI_AGENT_ELIGIBILITY_QUESTION_H_
