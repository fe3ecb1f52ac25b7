#ifndef MADOGUCHI_HL7_V2_LAW_H_
#define MADOGUCHI_HL7_V2_LAW_H_

#include "absl/strings/string_view.h"

namespace madoguchi::hl7::v2 {

// Kind of insurance in the table JHSD0001: 法別番号, `C0` for 国民健康保険.
struct Law {
  absl::string_view code;
  // Japanese; empty for a code without a name here.
  absl::string_view name;
};

// By a number without padding: the first two of eight digits, `C0` for six digits; empty for
// anything else. Views into `insurer_number` and constants.
Law LawOf(absl::string_view insurer_number);

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_LAW_H_
