#ifndef MADOGUCHI_TESTS_HL7_V2_LEAF_LIST_H_
#define MADOGUCHI_TESTS_HL7_V2_LEAF_LIST_H_

#include <string>
#include <vector>

#include "madoguchi/v1/oqs_message.pb.h"

namespace madoguchi::hl7 {

// A text that was sent in an answer.
struct TestLeaf {
  // From the OqsMessage, without numbers; units of batches as confirmations, months of all three
  // sources as `months`.
  std::string record;
  // The last part of its name: `symbol`, `flag_code`; the path of an unknown element.
  std::string ending;
  std::string text;
};

// Every text of an answer that is not derived: found by reflection, apart from the converters.
// Texts of batches that are not about one of its people are left out.
std::vector<TestLeaf> LeafList(const v1::OqsMessage& message);

}  // namespace madoguchi::hl7

#endif  // MADOGUCHI_TESTS_HL7_V2_LEAF_LIST_H_
