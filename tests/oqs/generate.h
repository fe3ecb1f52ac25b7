#ifndef MADOGUCHI_TESTS_OQS_GENERATE_H_
#define MADOGUCHI_TESTS_OQS_GENERATE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "agent/oqs/message.h"
#include "madoguchi/v1/oqs_message.pb.h"

namespace madoguchi::oqs {

// Code texts by full name of the enum (`madoguchi.v1.Validity`), by value, as the comments of
// codes.proto give them: a source apart from the code tables. Enums without codes are missing.
std::map<std::string, std::map<int, std::string>> CodesOfProto();

// A message as the reader would make it, derived fields included, with every optional part there or
// not and odd characters (for kShiftJis: only those CP932 has). Knows nothing of the element table:
// it fills the record by reflection. Equal seeds give equal messages.
v1::OqsMessage GenerateMessage(uint32_t seed, Encoding encoding);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_TESTS_OQS_GENERATE_H_
