#include <iostream>
#include <string>

#include "tests/hl7/v2/mapping_page.h"

// Prints docs/en/mapping-hl7v2.md or, with `jahis`, docs/en/mapping-jahis.md:
//   ninja -C build hl7_mapping_page && build/bin/hl7_mapping_page > docs/en/mapping-hl7v2.md
//   build/bin/hl7_mapping_page jahis > docs/en/mapping-jahis.md
int main(int argc, char** argv) {
  const bool jahis = argc > 1 && std::string(argv[1]) == "jahis";
  std::cout << (jahis ? madoguchi::hl7::MappingPageOfJahis() : madoguchi::hl7::MappingPageOfV2());
  return std::cout.flush() ? 0 : 1;
}
