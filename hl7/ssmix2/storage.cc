#include "hl7/ssmix2/storage.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/base/bounded_file.h"
#include "agent/base/error.h"

namespace madoguchi::hl7::ssmix2 {
namespace {

namespace fs = std::filesystem;

constexpr char kIndex[] = "SSMIXIDX.csv";
constexpr mode_t kFileMode = 0640;
// The flag is the last character of a name.
constexpr size_t kFlagSize = 1;
constexpr size_t kMostPartBytes = 32;
constexpr size_t kFewestPatientBytes = 7;

absl::Status Problem(absl::string_view what, const fs::path& below_root) {
  return base::MakeError(base::ErrorCode::kFileProblem,
                         {.what = std::string(what), .field = below_root.string()});
}

// An open descriptor.
class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool Valid() const { return descriptor_ >= 0; }

  // True when all was written and is on disk.
  bool WriteAndSync(absl::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return Sync();
  }
  bool Sync() const { return fsync(descriptor_) == 0; }

 private:
  int descriptor_;
};

bool SyncFolder(const fs::path& folder) {
  const Descriptor descriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return descriptor.Valid() && descriptor.Sync();
}

// Makes the folders of `below` under `root`, and puts them on disk.
bool MakeFolders(const fs::path& root, const fs::path& below) {
  fs::path folder = root;
  for (const fs::path& part : below) {
    const fs::path parent = folder;
    folder /= part;
    std::error_code error;
    const bool made = fs::create_directory(folder, error);
    if (error || (made && !SyncFolder(parent))) return false;
  }
  return true;
}

bool SameContent(const fs::path& path, const std::string& bytes) {
  const base::FileContents file = base::ReadBoundedFile(path.string(), bytes.size());
  return file.fault == base::FileFault::kNone && file.bytes == bytes;
}

// Names of an order's files begin so, whatever their time.
std::string BeginOf(const Entry& entry) {
  return absl::StrCat(entry.patient_id, "_", entry.day, "_", entry.type, "_", entry.order, "_");
}

std::string WithFlag(const std::string& name, char flag) {
  return name.substr(0, name.size() - kFlagSize) + flag;
}

// Letters, digits and hyphens: nothing that leads out of the storage, or that a name is cut at.
absl::Status CheckParts(const Entry& entry) {
  for (const std::string* part :
       {&entry.patient_id, &entry.day, &entry.type, &entry.order, &entry.time, &entry.department}) {
    const bool fits = std::all_of(part->begin(), part->end(),
                                  [](char c) { return absl::ascii_isalnum(c) || c == '-'; });
    if (!fits || part->empty() || part->size() > kMostPartBytes) {
      return base::MakeError(base::ErrorCode::kInvalidField,
                             {.what = "allowed are letters, digits and hyphens", .field = "entry"});
    }
  }
  if (entry.patient_id.size() >= kFewestPatientBytes) return absl::OkStatus();
  return base::MakeError(base::ErrorCode::kInvalidField,
                         {.what = "allowed are 7 characters and more", .field = "patient_id"});
}

}  // namespace

absl::Status Storage::Put(const Entry& entry) {
  MDG_RETURN_IF_ERROR(CheckParts(entry));
  const fs::path folder = FolderOf(entry);
  const std::string name = FileNameOf(entry, '1');
  for (const char flag : {'2', '0'}) {
    if (fs::exists(root_ / folder / FileNameOf(entry, flag))) {
      return Problem("it was superseded or deleted; a change needs a later time", folder / name);
    }
  }
  if (fs::exists(root_ / folder / name)) {
    if (!SameContent(root_ / folder / name, entry.bytes)) {
      return Problem("another content has this name; a change needs a later time", folder / name);
    }
    return Mark(entry, "1", '2', name);
  }
  MDG_RETURN_IF_ERROR(Write(entry, "INS", name));
  return Mark(entry, "1", '2', name);
}

absl::Status Storage::Delete(const Entry& entry) {
  MDG_RETURN_IF_ERROR(CheckParts(entry));
  const fs::path folder = FolderOf(entry);
  const std::string name = FileNameOf(entry, '0');
  if (!fs::exists(root_ / folder / name)) {
    MDG_RETURN_IF_ERROR(Write(entry, "DEL", name));
  }
  return Mark(entry, "12", '0', name);
}

absl::Status Storage::Write(const Entry& entry, absl::string_view processing,
                            const std::string& name) {
  const fs::path folder = FolderOf(entry);
  if (!MakeFolders(root_, folder)) return Problem("the folder cannot be made", folder);
  const fs::path hidden = root_ / folder / ("." + name);
  {
    const Descriptor file(
        open(hidden.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, kFileMode));
    if (!file.Valid() || !file.WriteAndSync(entry.bytes)) {
      unlink(hidden.c_str());
      return Problem("the file cannot be written", folder / name);
    }
  }
  MDG_RETURN_IF_ERROR(Index(entry, processing, name));
  std::error_code error;
  fs::rename(hidden, root_ / folder / name, error);
  if (error || !SyncFolder(root_ / folder)) {
    return Problem("the file cannot be renamed", folder / name);
  }
  return absl::OkStatus();
}

absl::Status Storage::Mark(const Entry& entry, absl::string_view from, char to,
                           const std::string& except) {
  const fs::path folder = FolderOf(entry);
  const std::string begin = BeginOf(entry);
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator each(root_ / folder, error), end; !error && each != end;
       each.increment(error)) {
    std::string name = each->path().filename().string();
    if (name != except && absl::StartsWith(name, begin) && absl::StrContains(from, name.back())) {
      names.push_back(std::move(name));
    }
  }
  if (error) return Problem("the folder cannot be read", folder);
  for (const std::string& name : names) {
    const std::string marked = WithFlag(name, to);
    MDG_RETURN_IF_ERROR(Index(entry, to == '0' ? "DEL" : "UPD", marked));
    fs::rename(root_ / folder / name, root_ / folder / marked, error);
    if (error) return Problem("the file cannot be renamed", folder / name);
  }
  if (!names.empty() && !SyncFolder(root_ / folder)) {
    return Problem("the folder cannot be synced", folder);
  }
  return absl::OkStatus();
}

absl::Status Storage::Index(const Entry& entry, absl::string_view processing,
                            const std::string& name) {
  // VolumeLabel FacilityID PatientID OrderDate DataKind OrderNo ProcessingType EnterOrgCD
  // TransactionDatetime OutRelDirectory FileName UpdateDatetime. No value has a comma.
  const std::string row =
      absl::StrCat(",", institution_, ",", entry.patient_id, ",", entry.day, ",", entry.type, ",",
                   entry.order, ",", processing, ",", entry.department, ",", entry.time, ",",
                   FolderOf(entry), ",", name, ",", entry.time, "\r\n");
  const Descriptor file(open((root_ / kIndex).c_str(),
                             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, kFileMode));
  if (!file.Valid() || !file.WriteAndSync(row)) {
    return Problem("the index cannot be written", kIndex);
  }
  return absl::OkStatus();
}

}  // namespace madoguchi::hl7::ssmix2
