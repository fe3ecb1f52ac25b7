#ifndef MADOGUCHI_ADAPTERS_DESTINATION_ORCA_DESTINATION_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_ORCA_DESTINATION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "adapters/destination/destination.h"
#include "adapters/destination/http_destination.h"
#include "adapters/destination/orca_messages.h"

namespace madoguchi::adapters {

struct OrcaConfig {
  // https://HOST[:PORT] or http:// with `plain`, port 8000 by custom; no path.
  std::string url = {};
  bool plain = false;
  web::Keys keys = {};
  // Basic, as a rule.
  HttpLogin login = {};
  // Chart numbers are filled up with zeros to this width, as ORCA knows them; 0: as they are; at
  // most 20.
  int patient_digits = 0;
  // Whether an insurance that is missing there is added. ORCA itself takes that only for patients
  // with no insurance or none but their own money.
  bool add_insurance = false;
  // 1 s to 5 min each.
  absl::Duration connect_within = absl::Seconds(10);
  absl::Duration answer_within = absl::Seconds(30);
};

// Compares the answer of OQS with what the receipt computer ORCA has of the same chart number, and
// tells a person where they differ; nothing there is changed, but with `add_insurance` what is
// missing is added, and looked at again. Answers about insurance only, from the record itself.
//   the same, or no valid insurance      done
//   different                            MDG-2316 with the names of the fields, refused
//   no patient of that number            MDG-2311, refused
//   another screen has the patient       MDG-2304, tried again
class OrcaDestination final : public Destination {
 public:
  // MDG-1001 with the field of OrcaConfig.
  static absl::StatusOr<std::unique_ptr<OrcaDestination>> Make(OrcaConfig config);

  Delivered Deliver(const Parcel& parcel, const Patience& patience) override;
  // Asks for a number nobody has.
  absl::Status Probe(const Patience& patience) override;
  bool NeedsChart() const override { return true; }

 private:
  explicit OrcaDestination(OrcaConfig config);

  // The answer's body; what was made of it otherwise.
  Delivered Post(const std::string& path, std::string body, const Patience& patience,
                 std::string& answer);
  Delivered Find(const std::string& chart, const Patience& patience, OrcaPatient& patient);
  Delivered Add(const Parcel& parcel, const OrcaPatient& patient, const Patience& patience);

  const OrcaConfig config_;
  std::unique_ptr<web::Http> http_;
};

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_ORCA_DESTINATION_H_
