#ifndef MADOGUCHI_HL7_V2_ASSEMBLY_H_
#define MADOGUCHI_HL7_V2_ASSEMBLY_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hl7/v2/message.h"
#include "hl7/v2/segments.h"
#include "madoguchi/v1/confirmation.pb.h"

// What all messages share: MSH, PID, ids, the charset.
namespace madoguchi::hl7::v2 {

// yyyyMMdd; empty for what is no real day. Never on the heap.
std::string DayText(const v1::Date& date);

struct NameParts {
  absl::string_view family;
  absl::string_view given;
};
// Divided at the first space, of whatever width; a name without one, or with nothing beside it, is
// all family.
NameParts SplitName(absl::string_view name);

// `M`, `F`, `U` (HL70001) for OQS's 1, 2, 3; empty for any other code.
absl::string_view SexOf(absl::string_view code);

// Up to 15 digits, filled up with zeros, that depend on the texts only: an order number that is the
// same in the next answer.
class OrderNumber {
 public:
  void Add(absl::string_view text);
  std::string Finish() const;

 private:
  size_t state_ = 0x9E3779B97F4A7C15;
};

// When OQS processed the answer, yyyyMMddHHmmss; empty when it does not say. Lives as long as
// `header`.
absl::string_view ProcessTime(const v1::MessageHeader& header);

struct MessageType {
  absl::string_view code;
  absl::string_view trigger;
  absl::string_view structure;
};

struct Person {
  absl::string_view patient_id = {};
  absl::string_view name = {};
  // Of any width.
  absl::string_view kana = {};
  absl::string_view other_name = {};
  absl::string_view other_kana = {};
  const v1::Date* birth_date = nullptr;
  absl::string_view sex_code = {};
  absl::string_view address = {};
  absl::string_view post_number = {};
  // PID-33.
  absl::string_view updated = {};
};

// One message while it is written.
class Assembly {
 public:
  // `options` must outlive the assembly. `institution`: MSH-4. `time`: MSH-7 unless the options
  // have one. `place`: the how manieth message of a record, from 1. `room`: bytes to expect.
  Assembly(const MessageType& type, const Options& options, absl::string_view institution,
           absl::string_view time, int place, size_t room);

  SegmentWriter& writer() { return writer_; }
  const Options& options() const { return options_; }
  // Local segments are wanted.
  bool local() const { return !options_.ssmix2; }
  // Of MSH-7.
  const std::string& time() const { return time_; }

  void Pid(const Person& person);

  // Ends the message. Nothing of the assembly is of use after it.
  absl::StatusOr<Message> Finish();

 private:
  const Options& options_;
  std::string type_;
  std::string time_;
  std::string text_;
  SegmentWriter writer_;
  // Where the made control id has its place; npos when the caller gave one.
  size_t id_at_ = std::string::npos;
};

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_ASSEMBLY_H_
