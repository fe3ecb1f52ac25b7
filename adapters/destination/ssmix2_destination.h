#ifndef MADOGUCHI_ADAPTERS_DESTINATION_SSMIX2_DESTINATION_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_SSMIX2_DESTINATION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "adapters/destination/bounded_thread.h"
#include "adapters/destination/destination.h"

namespace madoguchi::adapters {

struct Ssmix2Config {
  // The root of the storage, from the root of the file system; it has to exist. One writer only.
  std::string root = {};
  // FacilityID of the index: 1 to 10 of [0-9A-Za-z].
  std::string institution = {};
  // The width patient ids are filled up to with zeros; 7 to 15, the same for the whole storage.
  int patient_digits = 10;
};

// An SS-MIX2 standardized storage (hl7/ssmix2). Made from the record itself, for which a route has
// the format `ssmix2`; pieces are not looked at. Needs a chart. The time of an entry is when OQS
// processed the answer, or when a medical record was fetched: the same record again changes
// nothing.
class Ssmix2Destination final : public Destination {
 public:
  // MDG-1001 with the field of Ssmix2Config.
  static absl::StatusOr<std::unique_ptr<Ssmix2Destination>> Make(Ssmix2Config config);

  Delivered Deliver(const Parcel& parcel, const Patience& patience) override;
  absl::Status Probe(const Patience& patience) override;
  bool NeedsChart() const override { return true; }

 private:
  explicit Ssmix2Destination(Ssmix2Config config) : config_(std::move(config)) {}

  const Ssmix2Config config_;
  BoundedThread share_;
};

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_SSMIX2_DESTINATION_H_
