#include <iostream>

#include "tests/hl7/fhir/mapping_page.h"

// Prints docs/en/mapping-fhir.md:
//   ninja -C build fhir_mapping_page && build/bin/fhir_mapping_page > docs/en/mapping-fhir.md
int main() {
  std::cout << madoguchi::hl7::fhir::MappingPage();
  return std::cout.flush() ? 0 : 1;
}
