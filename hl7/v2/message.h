#ifndef MADOGUCHI_HL7_V2_MESSAGE_H_
#define MADOGUCHI_HL7_V2_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// HL7 v2.5 messages as Japan uses them (output-standards 2; JAHIS データ交換規約, SS-MIX2 1.2).
namespace madoguchi::hl7::v2 {

enum class Charset : uint8_t { kUtf8, kIso2022Jp };

// Where an IN1 has symbol, number and branch. Receivers differ; ask each.
enum class In1Layout : uint8_t {
  // IN1-10 symbol~number~branch (SS-MIX2 1.2h).
  kSsmix2,
  // IN1-10 symbol, IN1-11 number (JAHIS); the branch has no field.
  kJahis,
};

struct Options {
  Charset charset = Charset::kUtf8;
  In1Layout in1 = In1Layout::kSsmix2;
  // For SS-MIX2's standardized storage: MSH-21 names its profile, always ISO-2022-JP, new orders
  // instead of completed ones, and no local segments (ZOQ, ZOL, ZOB), with which goes what no
  // standard field holds.
  bool ssmix2 = false;
  // ADT^A04 (a person came) instead of A08 (what is known of the person).
  bool registers = false;
  // PID-3, the chart number. Empty: the reference number of the answer, or of the qualification a
  // medical record was asked for (OqsMessage.asked_for), when it has one.
  std::string patient_id = {};
  // MSH-7, EVN-2: yyyyMMddHHmmss in Japan. Empty: when OQS processed the answer; for medical
  // records without such a time (OQS sends none) the newest day they are about.
  std::string time = {};
  // MSH-10, up to 20 characters. Empty: made of the content, so that equal messages have equal ids
  // and a receiver can drop what it has. The n-th of several messages appends `-n` from the second
  // on.
  std::string control_id = {};
  // MSH-5 and MSH-6.
  std::string receiving_application = {};
  std::string receiving_facility = {};
};

// A character that the charset does not have.
struct Replaced {
  char32_t character = 0;
  std::string by;
  // `PID-11`, without repetition and component; of a segment's second and later occurrence
  // `ZOQ[2]-3`.
  std::string where;
};

struct Message {
  // `ADT^A08`.
  std::string type;
  // Every segment ends with CR. In the charset of the options.
  std::string bytes;
  // The first text::kMaxJisReplacements of them, and how many there were.
  std::vector<Replaced> replaced;
  size_t replaced_count = 0;
};

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_MESSAGE_H_
