#ifndef MADOGUCHI_HL7_V2_DRUGS_H_
#define MADOGUCHI_HL7_V2_DRUGS_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hl7/v2/message.h"
#include "madoguchi/v1/medical.pb.h"

namespace madoguchi::hl7::v2 {

// Lines of one order: the same source, institutions and days, one behind the other.
struct DrugOrder {
  // Of the history, from 0.
  size_t first = 0;
  size_t count = 0;
  // 15 digits: made of what the order is about, and given once in a history.
  std::string number;
  // yyyyMMdd, of dispensing or else of prescribing; empty when neither is a real day.
  std::string day;
};

// The orders of a history, in its order.
std::vector<DrugOrder> OrdersOf(const v1::DrugHistory& history);

// Lines of one order that are taken together: the same class, usage, instruction and times, one
// behind the other. `line` and the one before it.
bool SharesUsage(const v1::DrugItem& line, const v1::DrugItem& before);

// RDE^O11 with these orders (ConvertDrugHistory has all of them). `orders` is not empty.
absl::StatusOr<Message> WriteRde(const v1::MedicalRecord& record, std::span<const DrugOrder> orders,
                                 const Options& options);

}  // namespace madoguchi::hl7::v2

#endif  // MADOGUCHI_HL7_V2_DRUGS_H_
