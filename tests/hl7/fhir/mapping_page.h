#ifndef MADOGUCHI_TESTS_HL7_FHIR_MAPPING_PAGE_H_
#define MADOGUCHI_TESTS_HL7_FHIR_MAPPING_PAGE_H_

#include <string>

namespace madoguchi::hl7::fhir {

// The page docs/en/mapping-fhir.md, from hl7/fhir/mapping.cc and the element table of OQS.
std::string MappingPage();

}  // namespace madoguchi::hl7::fhir

#endif  // MADOGUCHI_TESTS_HL7_FHIR_MAPPING_PAGE_H_
