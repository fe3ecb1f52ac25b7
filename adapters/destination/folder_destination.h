#ifndef MADOGUCHI_ADAPTERS_DESTINATION_FOLDER_DESTINATION_H_
#define MADOGUCHI_ADAPTERS_DESTINATION_FOLDER_DESTINATION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "adapters/destination/bounded_thread.h"
#include "adapters/destination/destination.h"
#include "adapters/destination/name_pattern.h"

namespace madoguchi::adapters {

struct FolderConfig {
  // Absolute; it has to exist: a share that is not mounted must not become a folder of this
  // machine.
  std::string path = {};
  // See NamePattern.
  std::string name = "{message_id}.{extension}";
  // What to do with a file of that name and other content: false leaves it and parks the record
  // (MDG-2309), true replaces it, for programs that always read the same file.
  bool replace = false;
};

// Files in a folder, of this machine or of a share. The reader never sees half a file: it is
// written as `madoguchi_...tmp`, synced, and renamed. A share that hangs holds up nobody beyond the
// deadline.
class FolderDestination final : public Destination {
 public:
  // MDG-1001 with the field of FolderConfig.
  static absl::StatusOr<std::unique_ptr<FolderDestination>> Make(FolderConfig config);

  Delivered Deliver(const Parcel& parcel, const Patience& patience) override;
  absl::Status Probe(const Patience& patience) override;
  bool NeedsChart() const override { return pattern_.Has("chart"); }

 private:
  FolderDestination(FolderConfig config, NamePattern pattern)
      : config_(std::move(config)), pattern_(std::move(pattern)) {}

  const FolderConfig config_;
  const NamePattern pattern_;
  absl::Time swept_ = absl::InfinitePast();
  BoundedThread share_;
};

// `madoguchi_` and so on: the name of a file of ours that is not complete. `part` tells the pieces
// of one message from each other.
std::string TemporaryName(absl::string_view message_id, absl::string_view part);
bool IsTemporaryName(absl::string_view name);

}  // namespace madoguchi::adapters

#endif  // MADOGUCHI_ADAPTERS_DESTINATION_FOLDER_DESTINATION_H_
