#ifndef MADOGUCHI_AGENT_OQS_FAMILY_H_
#define MADOGUCHI_AGENT_OQS_FAMILY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "madoguchi/v1/oqs_message.pb.h"

// Which messages have a known layout.
namespace madoguchi::oqs {

struct Family {
  v1::MessageFamily family = v1::MESSAGE_FAMILY_UNSPECIFIED;
  v1::MessageRole role = v1::MESSAGE_ROLE_UNSPECIFIED;
};

constexpr Family RequestOf(v1::MessageFamily family) { return {family, v1::MESSAGE_ROLE_REQUEST}; }
constexpr Family AnswerOf(v1::MessageFamily family) { return {family, v1::MESSAGE_ROLE_RESPONSE}; }
// The only ones that come unasked.
inline constexpr Family kFacePush = {v1::MESSAGE_FAMILY_OQSSIQUC01_FACE, v1::MESSAGE_ROLE_PUSH};

// True for names built like those of messages (three letters, si or mu, three letters, two digits,
// req or res, `_`) of a family ParseFileName does not know.
bool NamesOtherFamily(absl::string_view name);

// `file_name` without folder, safe to print: what OqsMessage.file_name says.
std::string BareName(absl::string_view file_name);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_FAMILY_H_
