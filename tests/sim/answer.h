#ifndef MADOGUCHI_TESTS_SIM_ANSWER_H_
#define MADOGUCHI_TESTS_SIM_ANSWER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "agent/oqs/message.h"
#include "madoguchi/v1/oqs_message.pb.h"
#include "tests/sim/site.h"

// OQS itself, as far as it answers request files. One handler per family of messages.
namespace madoguchi::sim {

// Who is insured under which identifiers. Read once; the person of an answer is read anew.
class Registry {
 public:
  static absl::StatusOr<Registry> Load(const Site& site);

  // Numbers of the people whose insurer, symbol, number and birth date are those of `query`,
  // whatever the width and padding. The branch counts when asked with one.
  std::vector<int> Find(const v1::EligibilityQuery& query) const;
  // The same without a birth date, as records are asked for.
  std::vector<int> Find(const v1::InsuredId& insured) const;

 private:
  struct Entry {
    std::string branch;
    int person = 0;
  };
  using Entries = std::multimap<std::string, Entry>;
  static std::vector<int> PeopleOf(const Entries& entries, const std::string& key,
                                   const v1::InsuredId& insured);

  // By insurer, symbol, number and birth date.
  Entries entries_;
  // By insurer, symbol and number.
  Entries insured_;
};

// Whom a medical record is about instead, or how its patient is written.
enum class RecordTwist {
  kNone,
  // The next one of the population, history and all.
  kOtherPerson,
  // The same name and birth date, another sex.
  kOtherSex,
  // The same family name, birth date and sex, another given name.
  kTwin,
  // The same, and ● where the given names differ.
  kMaruTwin,
  // The right person; ● for the first character of the name.
  kMaruName,
  // The right person; kana in full width and with small ones.
  kSmallKana,
  // Nobody: no patient block.
  kNoPatient,
};

// What is wrong with an answer on purpose.
struct Tampering {
  // SegmentOfResult 9.
  bool error = false;
  bool other_institution = false;
  // Another identifier and another person.
  bool other_question = false;
  // The right identifier and another person.
  bool other_person = false;
  // Medical records only.
  RecordTwist record = RecordTwist::kNone;
  // OQS refuses to give a medical record.
  bool record_refused = false;
};

struct AnswerFacts {
  absl::Time now;
  oqs::Encoding encoding = oqs::Encoding::kUtf8;
  Tampering tampering = {};
  // As the web API has it, and not a file.
  bool json = false;
};

struct Answer {
  // `req` of the request's name turned into `res`.
  std::string file_name = {};
  std::string bytes = {};
  // Whom it is about; 0: nobody, or several.
  int person = 0;
};

// `OQSsiquc01res_X.xml` for `OQSsiquc01req_X.xml`, whatever the case of its letters.
std::string AnswerName(absl::string_view request_name);

// Bytes of either form; `json` and the encoding decide what is written.
absl::StatusOr<v1::OqsMessage> ReadEitherForm(const std::string& name, absl::string_view bytes);
absl::StatusOr<std::string> WriteForm(const v1::OqsMessage& message, const AnswerFacts& facts);

// The answer to the request `name`, which may hold anything: what cannot be read, or names
// another institution, is answered with SegmentOfResult 9.
absl::StatusOr<Answer> AnswerRequest(const Site& site, const Registry& registry,
                                     const std::string& name, absl::string_view bytes,
                                     const AnswerFacts& facts);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_ANSWER_H_
