#ifndef MADOGUCHI_TESTS_OQS_MAPPING_PAGE_H_
#define MADOGUCHI_TESTS_OQS_MAPPING_PAGE_H_

#include <string>

namespace madoguchi::oqs {

// The page docs/en/oqs-mapping.md, from the element table and the list of assumptions.
std::string MappingPage();

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_TESTS_OQS_MAPPING_PAGE_H_
