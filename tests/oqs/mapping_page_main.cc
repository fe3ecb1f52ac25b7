#include <iostream>

#include "tests/oqs/mapping_page.h"

// Prints docs/en/oqs-mapping.md:
//   ninja -C build oqs_mapping_page && build/bin/oqs_mapping_page > docs/en/oqs-mapping.md
int main() {
  std::cout << madoguchi::oqs::MappingPage();
  return std::cout.flush() ? 0 : 1;
}
