#ifndef MADOGUCHI_HL7_V2_CHECKUPS_H_
#define MADOGUCHI_HL7_V2_CHECKUPS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hl7/v2/message.h"
#include "madoguchi/v1/medical.pb.h"

namespace madoguchi::hl7::v2 {

// The material of an item's code (JLAC10: characters 10 to 12 of 17), `023` serum; empty for a code
// that is none, or of an item without a specimen (000).
absl::string_view MaterialOf(absl::string_view item_code);

// True when a checkup among [first, last) has an item with a specimen (or without one).
bool HasItems(const v1::CheckupHistory& history, int first, int last, bool specimen);

// The order number of each checkup: 15 digits, made of its day and place among those of that day.
std::vector<std::string> CheckupNumbers(const v1::CheckupHistory& history);

// OUL^R22 of the items with a specimen of the checkups [first, last), or ORU^R01 of those without;
// there is one. `place`: among several messages, from 1.
absl::StatusOr<Message> WriteResults(const v1::CheckupHistory& history, int first, int last,
                                     bool specimen, int place, const Options& options);

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_CHECKUPS_H_
