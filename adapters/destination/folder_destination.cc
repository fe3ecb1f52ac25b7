#include "adapters/destination/folder_destination.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "adapters/destination/outcome.h"
#include "adapters/destination/safe_folder.h"

namespace madoguchi::adapters {
namespace {

constexpr absl::string_view kBegin = "madoguchi_";
constexpr absl::string_view kEnd = ".tmp";
// How often a folder is looked through for what a crash left, and what is surely left: no delivery
// lasts as long.
constexpr absl::Duration kSweepEvery = absl::Hours(1);
constexpr absl::Duration kLeftAfter = absl::Hours(1);

struct File {
  std::string name;
  std::string temporary;
  std::string bytes;
};

Delivered Put(const FolderConfig& config, const std::vector<File>& files, bool sweep) {
  SafeFolder folder;
  if (const int error = folder.Open(config.path); error != 0) {
    return {.kind = Delivered::Kind::kTryAgain, .why = FolderTrouble(error, config.path)};
  }
  if (sweep) folder.RemoveOld(kLeftAfter, TemporaryName("clock", "0"), IsTemporaryName);
  for (const File& file : files) {
    const PublishOutcome outcome =
        folder.Publish(file.name, file.temporary, file.bytes, config.replace);
    if (outcome.published == Published::kNameTaken) {
      return Refused(base::ErrorCode::kDestinationNameTaken, {.field = config.path});
    }
    if (outcome.published == Published::kFailed) {
      return {.kind = Delivered::Kind::kTryAgain, .why = FolderTrouble(outcome.error, config.path)};
    }
  }
  return Done();
}

}  // namespace

std::string TemporaryName(absl::string_view message_id, absl::string_view part) {
  return absl::StrCat(kBegin, message_id, "_", part, kEnd);
}

bool IsTemporaryName(absl::string_view name) {
  return absl::StartsWith(name, kBegin) && absl::EndsWith(name, kEnd);
}

absl::StatusOr<std::unique_ptr<FolderDestination>> FolderDestination::Make(FolderConfig config) {
  if (!absl::StartsWith(config.path, "/")) {
    return base::MakeError(base::ErrorCode::kInvalidField,
                           {.what = "allowed is a path from the root", .field = "path"});
  }
  absl::StatusOr<NamePattern> pattern = NamePattern::Parse(config.name);
  if (!pattern.ok()) return pattern.status();
  return std::unique_ptr<FolderDestination>(
      new FolderDestination(std::move(config), *std::move(pattern)));
}

Delivered FolderDestination::Deliver(const Parcel& parcel, const Patience& patience) {
  std::vector<File> files;
  for (const Piece& piece : parcel.pieces) {
    absl::StatusOr<std::string> name = pattern_.NameOf(parcel, piece);
    if (!name.ok()) {
      const bool later = base::Is(name.status(), base::ErrorCode::kNotAssignedYet);
      return {.kind = later ? Delivered::Kind::kTryAgain : Delivered::Kind::kRefused,
              .why = name.status()};
    }
    files.push_back({.name = *std::move(name),
                     .temporary = TemporaryName(parcel.message_id, piece.label),
                     .bytes = piece.bytes});
  }
  const absl::Time now = absl::Now();
  const bool sweep = now - swept_ > kSweepEvery;
  if (sweep) swept_ = now;
  const auto delivered = std::make_shared<Delivered>();
  const Waited waited = share_.Run([config = config_, files = std::move(files), sweep,
                                    delivered] { *delivered = Put(config, files, sweep); },
                                   patience);
  if (waited == Waited::kReady) return *delivered;
  return TryAgain(base::ErrorCode::kDestinationSilent, {.field = config_.path});
}

absl::Status FolderDestination::Probe(const Patience& patience) {
  const auto status = std::make_shared<absl::Status>();
  const Waited waited = share_.Run(
      [path = config_.path, status] {
        SafeFolder folder;
        int error = folder.Open(path);
        if (error == 0) {
          error = folder.Try(TemporaryName("try", "1"), TemporaryName("try", "2"));
        }
        *status = error == 0 ? absl::OkStatus() : FolderTrouble(error, path);
      },
      patience);
  if (waited == Waited::kReady) return *status;
  return base::MakeError(base::ErrorCode::kDestinationSilent, {.field = config_.path});
}

}  // namespace madoguchi::adapters
