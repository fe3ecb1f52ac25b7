#ifndef MADOGUCHI_ADAPTERS_DESTINATION_MIRROR_DESTINATION_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_MIRROR_DESTINATION_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/destination/bounded_thread.h"
#include "adapters/destination/destination.h"

namespace madoguchi::adapters {

struct MirrorConfig {
  // From the root; it has to exist. `face`, `res` and `req` are made in it.
  std::string folder = {};
  // Files of OQS in `face` and `res` that are older are removed; 1 h to 30 days.
  absl::Duration keep = absl::Hours(24);
  // The terminal's own `req` and `res`. Empty, both: requests are not passed.
  std::string oqs_req = {};
  std::string oqs_res = {};
  // Which requests are passed: `EPS*` is every family that begins so, `YZKsiquc01` one family.
  // Three letters and more, at most 32.
  std::vector<std::string> families = {"EPS*", "PMH*", "CIP*"};
};

// Folders like those of a terminal, for a program that knows nothing else. Answers about insurance
// come into `face` under the name the terminal gave them, or one made like it for those that came
// another way; medical records into `res`. The format of the route is OQS XML. The program may
// read, move and delete there what it likes. With `oqs_req`, a thread passes its requests on (see
// MirrorRequests): those of the families only.
class MirrorDestination final : public Destination {
 public:
  // MDG-1001 with the field of MirrorConfig.
  static absl::StatusOr<std::unique_ptr<MirrorDestination>> Make(MirrorConfig config);
  // Ends the thread; one that hangs in a share is left behind.
  ~MirrorDestination() override;

  Delivered Deliver(const Parcel& parcel, const Patience& patience) override;
  absl::Status Probe(const Patience& patience) override;
  // Begins to pass requests.
  void Start() override;

 private:
  struct Passing;
  explicit MirrorDestination(MirrorConfig config) : config_(std::move(config)) {}

  const MirrorConfig config_;
  absl::Time swept_ = absl::InfinitePast();
  BoundedThread share_;
  std::shared_ptr<Passing> passing_;
  std::thread thread_;
};

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_MIRROR_DESTINATION_H_
