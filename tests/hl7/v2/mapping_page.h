#ifndef MADOGUCHI_TESTS_HL7_V2_MAPPING_PAGE_H_
#define MADOGUCHI_TESTS_HL7_V2_MAPPING_PAGE_H_

#include <string>

namespace madoguchi::hl7 {

// The pages docs/en/mapping-hl7v2.md and docs/en/mapping-jahis.md, from the element table of OQS
// and the tables of the formats.
std::string MappingPageOfV2();
std::string MappingPageOfJahis();

}  // namespace madoguchi::hl7

#endif  // MADOGUCHI_TESTS_HL7_V2_MAPPING_PAGE_H_
