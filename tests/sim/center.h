#ifndef MADOGUCHI_TESTS_SIM_CENTER_H_
#define MADOGUCHI_TESTS_SIM_CENTER_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/sim/site.h"

// The web API of OQS over HTTPS with mutual TLS, for the population of a site.
namespace madoguchi::sim {

// Where it answers what. The first two are those of a public client, the others are ours.
inline constexpr char kLoginPath[] = "/oqs-api-pro/MSA12020/ILI12020SV01/auth";
inline constexpr char kQueryPath[] = "/oqs-api-pro/MSA01030/ILI01030SV01/search";
inline constexpr char kRenewPath[] = "/assumed/renew";
inline constexpr char kDrugPath[] = "/assumed/drug";
inline constexpr char kCheckupPath[] = "/assumed/checkup";
inline constexpr char kChallengePath[] = "/assumed/challenge";
inline constexpr char kCardPath[] = "/assumed/card";
inline constexpr char kEnrolPath[] = "/assumed/enrol";
// The account; its password is in DIR/pki/center-password.
inline constexpr char kCenterAccount[] = "madoguchi-sim";

struct CenterOptions {
  absl::Duration answer_after = absl::Milliseconds(200);
  absl::Duration consent_for = absl::Hours(24);
  // How long a token counts.
  absl::Duration token_for = absl::Hours(1);
};

// Threads of its own: one that listens, one for each connection. Ignores SIGPIPE from then on.
class Center {
 public:
  // `site` outlives this and has a center. Listens when it returns.
  static absl::StatusOr<std::unique_ptr<Center>> Start(const Site& site,
                                                       const CenterOptions& options);
  // Ends every thread.
  ~Center();

 private:
  class Impl;
  explicit Center(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace madoguchi::sim

#endif  // MADOGUCHI_TESTS_SIM_CENTER_H_
