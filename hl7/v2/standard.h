#ifndef MADOGUCHI_HL7_V2_STANDARD_H_
#define MADOGUCHI_HL7_V2_STANDARD_H_

#include <cstdint>
#include <span>

#include "absl/strings/string_view.h"

// Which field of a record is which field of HL7 v2: what docs/en/mapping-hl7v2.md prints, what the
// leftovers (ZOQ) go by, and what tests compare messages with.
namespace madoguchi::hl7::v2 {

// What becomes of the value.
enum class Form : uint8_t {
  kAsSent,
  // Its first space divides components 1 and 2.
  kName,
  // In full width, and divided like that.
  kKana,
  // Of days that exist.
  kDay,
  // Of times that exist.
  kTime,
  // 1, 2, 3 as M, F, U.
  kSex,
  // 1 as SEL, 2 as OTH.
  kFamily,
  // Without padding.
  kTrimmed,
  // Goes nowhere.
  kNowhere,
};

// Where else the value goes. A value that does not fit its form, or has no field in a layout, goes
// into ZOQ, too.
enum class When : uint8_t {
  kAlways,
  // Of the first qualification.
  kFirst,
  // Of qualifications that have an IN1.
  kIn1,
  // Likewise, in the layout of SS-MIX2 only.
  kIn1Ssmix2,
  // Likewise, when the field of health insurance is empty.
  kIn1InPlace,
  // When it is the chart number.
  kChart,
};

struct Standard {
  // From the OqsMessage, as in docs/en/oqs-mapping.md.
  absl::string_view record;
  // `IN1-10[2]` is the second repetition, `PID-11.5` a component, `TQ1-3.1.2` a subcomponent;
  // several are divided by `, `. Empty: nowhere.
  absl::string_view target;
  Form form = Form::kAsSent;
  When when = When::kAlways;
  absl::string_view note = {};
};

// Everything that has a field of its own, or none at all. What is not in it and belongs to an
// answer that is converted goes into ZOQ.
std::span<const Standard> StandardFields();

// Null for a field that is not in the table.
const Standard* FindStandard(absl::string_view record);

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_STANDARD_H_
