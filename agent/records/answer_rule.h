#ifndef MADOGUCHI_AGENT_RECORDS_ANSWER_RULE_H_
#define MADOGUCHI_AGENT_RECORDS_ANSWER_RULE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "agent/records/kind.h"
#include "agent/records/months.h"
#include "agent/records/person_match.h"
#include "madoguchi/v1/confirmation.pb.h"

// Whether what came back is the record that was asked for, about the person it was asked for.
namespace madoguchi::records {

// A question to OQS.
struct Question {
  std::string reception_id;
  Kind kind = Kind::kDrug;
  // Where the card was read: that counter's terminal is asked first.
  std::string counter;
  std::string terminal;
  std::string medical_institution_code;
  // The qualification it addresses, and its index in the reception's answer.
  v1::Qualification qualification;
  int qualification_index = 0;
  // For kinds that have months.
  std::optional<Months> months;
};

// A file that came back under the name of the request.
struct Answer {
  std::string file_name;
  // What the request carried as ArbitraryFileIdentifier.
  std::string identifier;
  std::string bytes;
  // Keeps the file where it lies: let go of when what is in it is durable or of no use. May be
  // empty.
  std::shared_ptr<void> hold = nullptr;
};

// What a file says, as the codec reads it.
struct Reading {
  // A PDF: `body` is the file, and everything else is empty.
  bool document = false;
  // Which family the content is: `YZK` or `TKK`.
  std::string family;
  std::string medical_institution_code;
  std::string identifier;
  v1::OqsResult result;
  // ResultCode is 1.
  bool success = false;
  PatientFacts patient;
  // What is kept.
  std::string body;
};

// OK when `reading`, of `answer`, may be kept for `question`. Otherwise nothing of it is kept:
// MDG-2010 another family, another institution, another identifier than was sent, a record for a
// document or the other way; 2007 OQS says no (with its words; an empty result is no success); 2006
// the patient block is not this patient's. A document has no patient block and is bound by its file
// name only. Pure.
absl::Status CheckAnswer(const Question& question, const Answer& answer, const Reading& reading);

}  // namespace madoguchi::records

#endif  // MADOGUCHI_AGENT_RECORDS_ANSWER_RULE_H_
