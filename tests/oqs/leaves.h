#ifndef MADOGUCHI_TESTS_OQS_LEAVES_H_
#define MADOGUCHI_TESTS_OQS_LEAVES_H_

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

// Two independent countings of what a message says, to be compared: neither knows the element
// table.
namespace madoguchi::oqs {

using Texts = std::multiset<std::string>;

// The texts of all elements that hold text (white space alone counts as none), and the values of
// all attributes, of an XML text in UTF-8.
Texts TextsOfXml(absl::string_view utf8);

// Every string of the record that is not derived and not about the file: texts of fields, and of
// unknown elements (without the empty ones).
Texts TextsOfRecord(const google::protobuf::Message& record);

// What makes two records differ, for people; empty when they are equal.
std::string Difference(const google::protobuf::Message& a, const google::protobuf::Message& b);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_TESTS_OQS_LEAVES_H_
