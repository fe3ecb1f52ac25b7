#ifndef MADOGUCHI_TESTS_SIM_PUSH_H_
#define MADOGUCHI_TESTS_SIM_PUSH_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "agent/oqs/message.h"
#include "madoguchi/v1/confirmation.pb.h"
#include "tests/sim/site.h"

// From the template of a person to the bytes of a face push. Pure functions.
namespace madoguchi::sim {

struct PushFacts {
  absl::Time now;
  // Ten random bytes in hexadecimal.
  std::string token;
  oqs::Encoding encoding = oqs::Encoding::kUtf8;
  absl::Duration consent_for = absl::Hours(24);
  // Categories the patient agrees to now, instead of those of the template.
  std::optional<std::vector<v1::ConsentCategory>> consents = std::nullopt;
};

// `drug,checkup,diagnosis,operation`, `all` or `none`.
absl::StatusOr<std::vector<v1::ConsentCategory>> ParseConsents(absl::string_view text);

// The encoding of one file of a site; with kMixed `random` decides.
oqs::Encoding FileEncoding(SiteEncoding encoding, char random);

// `OQSsiquc01res_face_<institution><token>_<yyyyMMddHHmmss>.xml`.
std::string FaceFileName(const std::string& token, absl::Time now);

// Fills what the template leaves to the push; what it has already stays as it is.
v1::Confirmation FillPush(const v1::Confirmation& person, const PushFacts& facts);

// The file.
absl::StatusOr<std::string> WritePush(const v1::Confirmation& answer, const std::string& file_name,
                                      oqs::Encoding encoding);

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_PUSH_H_
