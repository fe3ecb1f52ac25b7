#include "agent/reader/card_certificate.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "agent/base/error.h"
#include "agent/crypto/certificate.h"

namespace madoguchi::reader {
namespace {

using base::ErrorCode;

constexpr int kRsaBits = 2048;

absl::Status Unfit(const char* what) {
  return base::MakeError(ErrorCode::kCertificateUnfit, {.what = what});
}

bool NamesJpki(absl::string_view issuer) {
  const std::vector<absl::string_view> parts = absl::StrSplit(issuer, ',');
  const auto has = [&](absl::string_view part) {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  };
  return has("O=JPKI") && has("OU=JPKI for user authentication");
}

}  // namespace

absl::Status CheckCardCertificate(absl::string_view der, const CardTrust& trust, absl::Time now) {
  const absl::StatusOr<crypto::CertificateFacts> facts = crypto::ReadFacts(der);
  if (!facts.ok()) return base::MakeError(ErrorCode::kNoUserCertificate);
  if (facts->rsa_bits != kRsaBits) return Unfit("its key is not RSA of 2048 bits");
  // The one for signing also says nonRepudiation, and names the person.
  if (!facts->only_signs) return Unfit("its key usage is not digitalSignature alone");
  if (facts->has_alternative_names) return Unfit("it names a person");
  if (!trust.allow_test_hierarchy && !NamesJpki(facts->issuer)) {
    return Unfit("its issuer is not JPKI for user authentication");
  }
  const bool trusted =
      std::any_of(trust.roots.begin(), trust.roots.end(),
                  [&](const std::string& root) { return crypto::IsSignedBy(der, root); });
  if (!trusted) return base::MakeError(ErrorCode::kCertificateUntrusted);
  if (now < facts->not_before) return base::MakeError(ErrorCode::kCertificateNotYetValid);
  if (now > facts->not_after) return base::MakeError(ErrorCode::kCertificateExpired);
  return absl::OkStatus();
}

absl::Status CheckCardSignature(absl::string_view der, absl::string_view data,
                                absl::string_view signature) {
  return crypto::HasSigned(der, data, signature) ? absl::OkStatus()
                                                 : base::MakeError(ErrorCode::kSignatureWrong);
}

}  // namespace madoguchi::reader
