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

inline constexpr Family kQueryRequest = {v1::MESSAGE_FAMILY_OQSSIQUC01, v1::MESSAGE_ROLE_REQUEST};
inline constexpr Family kQueryResponse = {v1::MESSAGE_FAMILY_OQSSIQUC01, v1::MESSAGE_ROLE_RESPONSE};
inline constexpr Family kFacePush = {v1::MESSAGE_FAMILY_OQSSIQUC01_FACE, v1::MESSAGE_ROLE_PUSH};

// Medicine and diagnoses; checkups. Their requests have one layout.
inline constexpr Family kMedicalRequest = {v1::MESSAGE_FAMILY_YZKSIQUC01, v1::MESSAGE_ROLE_REQUEST};
inline constexpr Family kMedicalResponse = {v1::MESSAGE_FAMILY_YZKSIQUC01,
                                            v1::MESSAGE_ROLE_RESPONSE};
inline constexpr Family kCheckupRequest = {v1::MESSAGE_FAMILY_TKKSIQUC01, v1::MESSAGE_ROLE_REQUEST};
inline constexpr Family kCheckupResponse = {v1::MESSAGE_FAMILY_TKKSIQUC01,
                                            v1::MESSAGE_ROLE_RESPONSE};

// The families of batches and registrations in which content without a name is read: those of one
// kind have one layout.
inline constexpr Family kBatchStartRequest = {v1::MESSAGE_FAMILY_OQSMUQUC01,
                                              v1::MESSAGE_ROLE_REQUEST};
inline constexpr Family kBatchStartResponse = {v1::MESSAGE_FAMILY_OQSMUQUC01,
                                               v1::MESSAGE_ROLE_RESPONSE};
inline constexpr Family kBatchResultRequest = {v1::MESSAGE_FAMILY_OQSMUQUC02,
                                               v1::MESSAGE_ROLE_REQUEST};
inline constexpr Family kBatchResultResponse = {v1::MESSAGE_FAMILY_OQSMUQUC02,
                                                v1::MESSAGE_ROLE_RESPONSE};
inline constexpr Family kRegistrationRequest = {v1::MESSAGE_FAMILY_OQSSIIMM01,
                                                v1::MESSAGE_ROLE_REQUEST};
inline constexpr Family kRegistrationResponse = {v1::MESSAGE_FAMILY_OQSSIIMM01,
                                                 v1::MESSAGE_ROLE_RESPONSE};
inline constexpr Family kRegistrationBatchRequest = {v1::MESSAGE_FAMILY_OQSMUIMM01,
                                                     v1::MESSAGE_ROLE_REQUEST};
inline constexpr Family kRegistrationResultResponse = {v1::MESSAGE_FAMILY_OQSMUIMM02,
                                                       v1::MESSAGE_ROLE_RESPONSE};

// True for names built like those of messages (three letters, si or mu, three letters, two digits,
// req or res, `_`) of a family ParseFileName does not know.
bool NamesOtherFamily(absl::string_view name);

// `file_name` without folder, safe to print: what OqsMessage.file_name says.
std::string BareName(absl::string_view file_name);

}  // namespace madoguchi::oqs

#endif  // MADOGUCHI_AGENT_OQS_FAMILY_H_
