#ifndef MADOGUCHI_ADAPTERS_DESTINATION_HOOK_DESTINATION_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_HOOK_DESTINATION_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adapters/destination/destination.h"

namespace madoguchi::adapters {

struct HookConfig {
  // From the root; no shell is involved.
  std::string program = {};
  // As they are; at most 64.
  std::vector<std::string> arguments = {};
  // Whom it runs as. Needed when the adapter runs as root, which it should not; otherwise empty or
  // the adapter's own user.
  std::string user = {};
  // From its start to its end; 1 s to 5 min. Then it is killed.
  absl::Duration within = absl::Seconds(60);
};

// A program of the site's own, started once for each piece, in order, with the piece on its
// standard input. It learns from its environment what it has, and nothing about a person:
//   MADOGUCHI_MESSAGE_ID, MADOGUCHI_WHAT (reception, drugs, checkups, diagnoses),
//   MADOGUCHI_MEDIA_TYPE, MADOGUCHI_LABEL, MADOGUCHI_TEST (1 for a fictional patient), PATH, LANG
// Exit code 0: done. 75 (EX_TEMPFAIL): not now (MDG-2304). Any other, a signal, or too long:
// MDG-2310, tried again until the route's limit. What it writes is thrown away. What it has started
// in its process group ends with it. The program around this ignores SIGPIPE.
class HookDestination final : public Destination {
 public:
  // MDG-1001 with the field of HookConfig.
  static absl::StatusOr<std::unique_ptr<HookDestination>> Make(HookConfig config);

  Delivered Deliver(const Parcel& parcel, const Patience& patience) override;
  // Whether the program is there and may be run.
  absl::Status Probe(const Patience& patience) override;

 private:
  // Whom to become; nothing when it is who we are.
  struct Account {
    bool change = false;
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;
  };
  HookDestination(HookConfig config, Account account)
      : config_(std::move(config)), account_(std::move(account)) {}

  Delivered RunOnce(const Parcel& parcel, const Piece& piece, const Patience& patience);
  Delivered Failed(const std::string& what) const;

  const HookConfig config_;
  const Account account_;
};

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_HOOK_DESTINATION_H_
